"""Ratings: a distributor's grade and its history, a new rating, the supervisor's decision, the re-rating list."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import FIELD, SIGNED_IN, SUPERVISORS, wants_fragment
from fieldapp.core.concern import Concern
from fieldapp.core.db import begin_reading, uuid7
from fieldapp.core.page import page, see_other
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory.patches import names as region_names

from . import actions, consents, exports, forms, prefill, privacy_policy, queries, wording
from .actions import Decision
from .chart import chart
from .consents import Person
from .forms import Draft
from .models import Assessment, AssessmentState
from .prefill import Known
from .queries import Due
from .scoring import SENSITIVE, Cap, GradingPolicy, Indicator, Option, Result, assess, kept_of

concern = Concern("grading", __name__, section="distributors")


# One distributor ------------------------------------------------------------------------------------------------


@concern.route("/distributors/<uuid:distributor_id>/grade", allow=SIGNED_IN)
def show(distributor_id: UUID) -> Response:
    """The grade, what waits, and how it came about."""
    return grade_page(_distributor(distributor_id))


def grade_page(distributor: Distributor, *, status: int = 200, **more: Any) -> Response:
    """The grade page of a distributor found through the viewer."""
    today = clock.today()
    proposal, history = queries.open_of(distributor.id), queries.history(distributor.id)
    confirmed = [one for one in history if one.state is AssessmentState.CONFIRMED]
    latest = confirmed[0] if confirmed else None
    last = history[0] if history else None
    policy = queries.policy_of(latest) if latest else None
    lines = [(one.on, one.score, one.grade.value) for one in confirmed if one.score is not None and one.grade]
    kept = consents.kept(distributor.id, today)
    return page(
        "standing/grading/show.html",
        status=status,
        distributor=distributor,
        place=_place(distributor),
        today=today,
        credit=queries.credit_of(distributor.id),
        ledger=queries.ledger_on(distributor.id, today),
        proposal=proposal,
        returned=last if last and last.state is AssessmentState.RETURNED and not proposal else None,
        latest=latest,
        answers=wording.shown_answers(latest, policy, {one.id for one in kept}) if latest and policy else [],
        caps=_caps(latest, policy) if latest and policy else [],
        history=history,
        people=queries.people(proposal, *history),
        chart=chart(lines, [(float(policy.cut(grade)), grade) for grade in "ABC"]) if policy else None,
        rates=current_user.role != "admin",
        kept=kept,
        wording=wording,
        **more,
    )


@concern.route("/distributors/<uuid:distributor_id>/grade/new", allow=FIELD)
def new(distributor_id: UUID) -> Response:
    """The questions, with what is known filled in and what was tapped so far."""
    distributor = _distributor(distributor_id)
    return _questions(distributor, _address())


@concern.route("/distributors/<uuid:distributor_id>/grade/new", allow=FIELD, methods=("POST",))
def preview(distributor_id: UUID) -> Response:
    """The grade of what is tapped so far. It changes nothing; it is a POST because some answers are personal, and an
    address is written down in too many places."""
    begin_reading()
    distributor = _distributor(distributor_id)
    return _questions(distributor, request.form)


@concern.route("/distributors/<uuid:distributor_id>/ratings", allow=FIELD, methods=("POST",))
def propose(distributor_id: UUID) -> Response:
    """Propose the grade that was shown."""
    distributor = _distributor(distributor_id)
    version, policy, known, _people, draft = _draft(distributor, request.form)
    result = assess(draft.options, known.facts, policy)
    form = forms.NoteForm()
    if not form.validate() or draft.problem or result.grade is None:
        return _questions(distributor, request.form, status=422, form=form, came_back=True)
    key = forms.read_key(request.form.get("id"))
    # The same form sent twice is the same proposal, whatever was counted anew since.
    if request.form.get("seen") != _seen(version, result) and (key is None or queries.by_key(key) is None):
        return _questions(distributor, request.form, status=409, form=form, changed=True)
    try:
        made = actions.propose(
            current_user,
            distributor,
            draft.answers,
            known.facts,
            (version, policy),
            form.note.data,
            clock.now(),
            key,
            draft.agreed,
        )
    except actions.ProposedBeforeError as error:
        return _questions(distributor, request.form, status=409, form=form, before=error.assessment)
    flash(_("Proposed. A supervisor confirms it."), "ok")
    return see_other(url_for(".rating", assessment_id=made.id))


def _questions(
    distributor: Distributor,
    given: Mapping[str, str],
    *,
    status: int = 200,
    before: Assessment | None = None,
    **more: Any,
) -> Response:
    """The form; while somebody taps, the result alone."""
    version, policy, known, people, draft = _draft(distributor, given)
    tapping = wants_fragment() and status == 200
    before = before or (None if tapping else queries.open_of(distributor.id))
    result = assess(draft.options, known.facts, policy)
    query: dict[str, Any] = dict(draft.query())
    headers = {"HX-Replace-Url": url_for(".new", distributor_id=distributor.id, **query)} if tapping else None
    questions = _cards(draft, known, policy, people)
    return page(
        "standing/grading/new.html",
        "result" if tapping else None,
        status=status,
        headers=headers,
        distributor=distributor,
        place=_place(distributor),
        questions=questions,
        draft=draft,
        known=known,
        policy=policy,
        version=version,
        result=result,
        answered=sum(question["name"] in draft.answers for question in questions),
        caps=[wording.cap(cap, policy) for cap in result.caps],
        seen=_seen(version, result),
        key=forms.read_key(given.get("id")) or uuid7(),
        swapped=tapping,
        before=before,
        before_by=queries.people(before) if before else {},
        **more,
    )


def _draft(distributor: Distributor, given: Mapping[str, str]) -> tuple[int, GradingPolicy, Known, list[Person], Draft]:
    today = clock.today()
    version, policy = queries.policy_on(today)
    known = prefill.known(distributor, today, policy)
    people = consents.people(distributor.id)
    return version, policy, known, people, forms.read(given, known, policy, current_user.name, today, people)


def _address() -> dict[str, str]:
    """What was tapped, from the address; what no address may carry is not taken from one either."""
    return {key: value for key, value in request.args.items() if key.partition("_")[0] not in SENSITIVE}


def _cards(draft: Draft, known: Known, policy: GradingPolicy, people: list[Person]) -> list[dict[str, Any]]:
    """What each question's card shows."""
    return [_card(indicator, draft, known, policy, people) for indicator in policy.asked if policy.weight(indicator)]


def _card(
    indicator: Indicator, draft: Draft, known: Known, policy: GradingPolicy, people: list[Person]
) -> dict[str, Any]:
    filled = known.answers.get(indicator)
    options = [(option.value, wording.option(indicator, option, policy)) for option in Option]
    source = ""
    if filled is not None:
        behind = wording.value(indicator, filled)
        source = _(
            "Filled in: %(what)s", what=f"{behind} · {wording.source(filled)}" if behind else wording.source(filled)
        )
    elif indicator in known.gaps:
        source = wording.gap(known.gaps[indicator])
    return {
        "name": indicator.value,
        "title": wording.title(indicator),
        "question": wording.question(indicator),
        "weight": policy.weight(indicator),
        "options": [*options, *_unanswered(indicator)],
        "chosen": draft.chosen[indicator],
        "source": source,
        "overruled": filled is not None and draft.chosen[indicator] != filled.option.value,
        "consent": _consent(indicator, draft, people) if indicator in SENSITIVE else None,
    }


def _unanswered(indicator: Indicator) -> list[tuple[str, str]]:
    refused = [(forms.REFUSED, _("Does not want to say"))] if indicator in SENSITIVE else []
    return [*refused, (forms.UNKNOWN, _("Not known"))]


def _consent(indicator: Indicator, draft: Draft, people: list[Person]) -> dict[str, Any]:
    """What the tick under a sensitive question shows, and why it is asked."""
    terms = privacy_policy.policy_on(clock.today())
    option = draft.chosen[indicator]
    return {
        **draft.ticked[indicator],
        "purpose": privacy_policy.purpose(terms, indicator),
        "months": terms.months,
        "people": [(str(one.id), one.name or one.phone or "—") for one in people],
        "lacking": option in set(Option) and indicator not in draft.agreed,
    }


def _seen(version: int, result: Result) -> str:
    """What the page showed: proposed is that, or nothing."""
    return f"{version}:{result.score}:{result.grade}:{result.limit}:{','.join(result.caps)}"


def _distributor(distributor_id: UUID) -> Distributor:
    found = queries.distributor(current_user, distributor_id)
    if found is None:
        abort(404)
    return found


def _place(distributor: Distributor) -> Callable[[str | None], str]:
    known = region_names([distributor.region_code] if distributor.region_code else [])
    return lambda code: known.get(code or "", "")


def _caps(assessment: Assessment, policy: GradingPolicy) -> list[tuple[str, str]]:
    """The caps that bit, in words, as they stood in its policy."""
    return [wording.cap(Cap(cap), policy) for cap in assessment.caps if cap in set(Cap)]


# One rating -----------------------------------------------------------------------------------------------------


@concern.route("/ratings/<uuid:assessment_id>", allow=SIGNED_IN, section="approvals")
def rating(assessment_id: UUID) -> Response:
    """A rating on one screen: to decide, or as it was decided."""
    return _rating(*_find(assessment_id))


@concern.route("/ratings/<uuid:assessment_id>/decision", allow=SUPERVISORS, methods=("POST",), section="approvals")
def decide(assessment_id: UUID) -> Response:
    """Confirm or return."""
    assessment, distributor = _find(assessment_id)
    decision = forms.read_decision(request.form)
    form = forms.ReturnForm() if decision is Decision.RETURN else forms.ConfirmForm()
    if not form.validate() or decision is None:
        return _rating(assessment, distributor, status=422, form=form, choose=decision is None)
    try:
        actions.decide(current_user, assessment, decision, form.reason.data, clock.now())
    except actions.NotYoursError:
        abort(403)
    except actions.DecidedError:
        return _rating(assessment, distributor, status=409, form=form, refused=True)
    flash(_("Confirmed. It holds from now on.") if decision is Decision.CONFIRM else _("Returned."), "ok")
    return see_other(url_for(".index"))


@concern.route("/ratings/<uuid:assessment_id>/withdrawal", allow=FIELD, methods=("POST",), section="approvals")
def withdraw(assessment_id: UUID) -> Response:
    """Take one's own open proposal back."""
    assessment, distributor = _find(assessment_id)
    try:
        actions.withdraw(current_user, assessment, clock.now())
    except actions.NotYoursError:
        abort(403)
    except actions.DecidedError:
        return _rating(assessment, distributor, status=409, refused=True)
    flash(_("Withdrawn. Nothing is proposed any more."), "ok")
    return see_other(url_for(".show", distributor_id=distributor.id))


def _find(assessment_id: UUID) -> tuple[Assessment, Distributor]:
    found = queries.find(current_user, assessment_id)
    if found is None:
        abort(404)
    return found


def _rating(assessment: Assessment, distributor: Distributor, *, status: int = 200, **more: Any) -> Response:
    policy = queries.policy_of(assessment)
    kept = consents.kept(distributor.id, clock.today())
    mine = assessment.proposed_by_id == current_user.id
    return page(
        "standing/grading/rating.html",
        status=status,
        assessment=assessment,
        distributor=distributor,
        place=_place(distributor),
        policy=policy,
        answers=wording.shown_answers(assessment, policy, {one.id for one in kept}),
        kept=[one for one in kept if one.id in set(kept_of(assessment.answers).values())],
        wording=wording,
        caps=_caps(assessment, policy),
        credit=queries.credit_of(distributor.id),
        ledger=queries.ledger_on(distributor.id, clock.today()),
        until=assessment.valid_until or prefill.valid_until(assessment.on, policy),
        people=queries.people(assessment),
        mine=mine,
        decides=current_user.role == "supervisor" and not mine,
        **more,
    )


# The lists ------------------------------------------------------------------------------------------------------


@concern.route("/ratings", allow=SIGNED_IN, section="approvals")
def index() -> Response:
    """What waits, one's own proposals, and whose rating is due."""
    asked, today = forms.read_list(request.args), clock.today()
    found = queries.listed(current_user, asked, today)
    return page(
        "standing/grading/index.html",
        decides=current_user.role != "rep",
        waiting_rows=queries.waiting(current_user) if current_user.role != "rep" else [],
        own=queries.own(current_user, clock.now()) if current_user.role != "admin" else [],
        found=found,
        asked=asked,
        chips=[(url_for(".index", part=part.value), text, asked.part is part) for part, text in _parts()],
        how_many=_how_many(found.count),
        next_url=url_for(".index", part=asked.part.value, after=found.next) if found.next else None,
        first_url=url_for(".index", part=asked.part.value) if asked.after else None,
        sheet=lambda kind: url_for(".export", kind=kind, part=asked.part.value),
    )


def _parts() -> list[tuple[Due, str]]:
    return [
        (Due.DUE, _("All due")),
        (Due.OVERDUE, _("Overdue")),
        (Due.SOON, _("Within %(days)s days", days=queries.SOON_DAYS)),
        (Due.NEVER, _("Never graded")),
    ]


def _how_many(count: int) -> str:
    if count > queries.COUNTED:
        return _("%(count)s+ distributors", count=f"{queries.COUNTED:,}")
    return ngettext("%(num)d distributor", "%(num)d distributors", count)


@concern.route("/ratings/export.<any(csv, xlsx):kind>", allow=SIGNED_IN, section="approvals")
def export(kind: str) -> Response:
    """The re-rating list as CSV or XLSX."""
    part, today = forms.read_list(request.args).part, clock.today()
    name = f"ratings-{part.value}-{today.isoformat()}.{kind}"
    viewer = current_user._get_current_object()
    if kind == "xlsx":
        return send_file(exports.xlsx(viewer, part, today), XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(exports.csv(viewer, part, today))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})
