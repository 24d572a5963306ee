"""How cross-area cases read in the user's language: states, verbs, measures, and why a move was refused."""

from fieldapp.core.i18n import gettext as _

from .rules import OPEN, CaseState, CaseVerb, Into, MeasureKind, Origin, Refusal, Verdict


def number(given: int) -> str:
    """As people say it."""
    return _("C-%(number)s", number=f"{given:06d}")


def state_name(state: CaseState) -> str:
    """Where a case stands."""
    return {
        CaseState.REPORTED: _("Reported"),
        CaseState.SUSPECTED: _("Suspected"),
        CaseState.INVESTIGATING: _("Being investigated"),
        CaseState.HEARD: _("Both sides heard"),
        CaseState.CONFIRMED: _("Case confirmed"),
        CaseState.DISMISSED: _("Dismissed"),
        CaseState.AGREED: _("Measure agreed"),
        CaseState.SETTLED: _("Settled"),
        CaseState.APPEALED: _("Appealed"),
        CaseState.OVERTURNED: _("Overturned on appeal"),
    }[state]


def state_tone(state: CaseState) -> str:
    """The tone of its badge: warn where somebody of ours has to act."""
    if state in OPEN or state is CaseState.APPEALED:
        return "warn"
    return {CaseState.CONFIRMED: "accent", CaseState.AGREED: "info", CaseState.SETTLED: "ok"}.get(state, "neutral")


def verdict_name(verdict: Verdict) -> str:
    """What a confirmed case is."""
    return {Verdict.BENIGN: _("Benign"), Verdict.MALICIOUS: _("Malicious")}[verdict]


def origin_name(origin: Origin) -> str:
    """Who began it."""
    return {Origin.REPORT: _("Report by one of us"), Origin.SUSPICION: _("Suspicion from invoices")}[origin]


def into_name(into: Into) -> str:
    """Whose area the goods went to."""
    return {
        Into.FOREIGN: _("into another's area"),
        Into.WHITE: _("into a white spot"),
        Into.UNKNOWN: _("area not known"),
    }[into]


def measure_name(kind: MeasureKind) -> str:
    """What was agreed."""
    return {
        MeasureKind.WARNING: _("Warning in writing"),
        MeasureKind.BUY_BACK: _("Goods bought back"),
        MeasureKind.COMPENSATION: _("Compensation to the other distributor"),
        MeasureKind.DEPOSIT: _("Deposit kept"),
        MeasureKind.REBATE: _("Rebate withheld"),
        MeasureKind.OTHER: _("Another measure"),
    }[kind]


def verb_name(verb: CaseVerb | None) -> str:
    """What was done, as the thread says it; None: the case was opened."""
    if verb is None:
        return _("Opened")
    return {
        CaseVerb.INVESTIGATE: _("Investigation begun"),
        CaseVerb.NAME: _("Seller named"),
        CaseVerb.HEAR_SELLER: _("The seller was heard"),
        CaseVerb.HEAR_HARMED: _("The other side was heard"),
        CaseVerb.EXCUSE_SELLER: _("The seller cannot be heard"),
        CaseVerb.EXCUSE_HARMED: _("The other side cannot be heard"),
        CaseVerb.BENIGN: _("Confirmed: benign"),
        CaseVerb.MALICIOUS: _("Confirmed: malicious"),
        CaseVerb.DISMISS: _("Dismissed"),
        CaseVerb.AGREE: _("Measure agreed"),
        CaseVerb.SETTLE: _("Measure done"),
        CaseVerb.APPEAL: _("Appealed"),
        CaseVerb.UPHOLD: _("Appeal: the decision stands"),
        CaseVerb.CHANGE: _("Appeal: the decision is changed"),
        CaseVerb.OVERTURN: _("Appeal: the decision is overturned"),
        CaseVerb.COMMENT: _("Comment"),
        CaseVerb.GATHER: _("More invoice lines"),
        CaseVerb.REOPEN: _("New invoice lines: suspected again"),
        CaseVerb.CORRECT: _("The invoices were corrected: nothing left"),
    }[verb]


def refusal_text(reason: Refusal, state: CaseState) -> str:
    """Why a move was refused; `state`: how the case stands now."""
    return {
        Refusal.STATE: _(
            "The case stands at “%(state)s” now: this cannot be done from there. Look at it as it is below.",
            state=state_name(state),
        ),
        Refusal.ROLE: _("Your role does not do this. Ask the supervisor of the area."),
        Refusal.PATCH: _("This side of the case lies outside your patch."),
        Refusal.OWN: _("You reported it yourself: another supervisor or an administrator decides."),
        Refusal.BOTH: _(
            "The two sides lie in different patches: a supervisor over both, or an administrator, decides it."
        ),
        Refusal.SELLER: _("Nobody is named as the seller yet. Name the distributor first, or dismiss the case."),
        Refusal.FIXED: _("The invoices say who bought the goods: that cannot be changed here."),
        Refusal.UNHEARD: _(
            "Malicious needs both sides heard. Note what each of them says, or why one of them cannot be heard."
        ),
        Refusal.LATE: _("The time for an appeal is over, or it was appealed already."),
        Refusal.TWICE: _("You decided it first, or appealed it yourself: somebody else decides about the appeal."),
        Refusal.MOVED: _(
            "Somebody else was first: the case stands at “%(state)s” now. Nothing of yours was saved.",
            state=state_name(state),
        ),
        Refusal.ANEW: _("Something was added to the case meanwhile. Look at it below, then decide."),
    }[reason]
