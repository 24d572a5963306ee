"""A finding as a person reads it: the sentence with the next step, and the numbers the viewer may see."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from fieldapp.core.findings import Finding, Level
from fieldapp.core.i18n import LOCALES, language, ngettext
from fieldapp.core.i18n import gettext as _
from fieldapp.core.money import format_yuan, show_yuan
from fieldapp.people.accounts.viewer import Viewer

from . import reference
from .models import DealCheck
from .queries import Evaluation, Owner


@dataclass(frozen=True, slots=True)
class Seeing:
    """What decides how much of a finding is shown: the viewer, whether he may see floors, and the owners' regions."""

    viewer: Viewer
    floor: bool
    owners: Mapping[str, Owner]

    def split_owners(self, keys: Iterable[str]) -> tuple[list[Owner], int]:
        """(owners within the viewer's patch, how many others)."""
        known = [self.owners[key] for key in keys if key in self.owners]
        seen = [owner for owner in known if self.viewer.covers(owner.region_code)]
        return seen, len(list(keys)) - len(seen)


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding ready for a template: `facts` are (label, value); `set_price` is fen per tonne for one tap, or None."""

    code: str
    level: Level
    line: int | None
    title: str
    message: str
    facts: list[tuple[str, str]]
    set_price: int | None = None


@dataclass(frozen=True, slots=True)
class ShownFindings:
    """What a check found: `wrong`, the worst first, and what is `in_order`; of the same level in the check's order."""

    wrong: list[Shown]
    in_order: list[Shown]

    @property
    def because(self) -> str:
        """What the verdict rests on, in a few words: the worst finding and how many more of them."""
        bad = [finding for finding in self.wrong if finding.level is not Level.INFO]
        if not bad:
            return _("All in order")
        more = len(bad) - 1
        return bad[0].title + (" · " + ngettext("%(num)d more", "%(num)d more", more) if more else "")


def restore(stored: Mapping[str, Any]) -> Finding:
    """A finding from its stored JSON; dates stay ISO text."""
    return Finding(stored["code"], Level(stored["level"]), stored["line"], stored["facts"])


def title(code: str) -> str:
    """What a finding is about, in a few words."""
    return _titles(language())[code]


def codes() -> tuple[str, ...]:
    """Every code that a finding may have."""
    return tuple(_TITLES)


def labels() -> Mapping[str, str]:
    """What the numbers of a finding are called."""
    return _labels(language())


@lru_cache(maxsize=len(LOCALES))
def _titles(_language: str) -> dict[str, str]:
    return {code: said() for code, said in _TITLES.items()}


_TITLES: dict[str, Callable[[], str]] = {
    "territory.own": lambda: _("Own area"),
    "territory.unassigned": lambda: _("Nobody's area"),
    "territory.foreign": lambda: _("Another's area"),
    "territory.foreign_undercut": lambda: _("Undercut in another's area"),
    "price.none": lambda: _("No price"),
    "price.no_floor": lambda: _("No floor set"),
    "price.ok": lambda: _("Price holds"),
    "price.below_floor": lambda: _("Price too low"),
    "price.far_below_floor": lambda: _("Price far too low"),
    "price.above_retail": lambda: _("Above suggested retail"),
    "credit.overdue_stop": lambda: _("Long overdue"),
    "credit.overdue_frozen": lambda: _("Overdue, credit closed"),
    "credit.overdue": lambda: _("Overdue"),
    "credit.paid_up": lambda: _("Nothing overdue"),
    "credit.cash": lambda: _("Cash"),
    "credit.frozen": lambda: _("Credit frozen"),
    "credit.ungraded": lambda: _("Not graded"),
    "credit.cash_only": lambda: _("Prepay only"),
    "credit.expired": lambda: _("Grade expired"),
    "credit.ok": lambda: _("Within the limit"),
    "credit.over_limit": lambda: _("Over the limit"),
    "credit.far_over_limit": lambda: _("Far over the limit"),
    "distributor.ended": lambda: _("Distributor ended"),
    "distributor.prospect": lambda: _("Still a prospect"),
    "distributor.watch": lambda: _("On watch"),
}


def message(finding: Finding, seeing: Seeing) -> str:
    """The sentence: what is so, and what to do next; of a group's credit, with whom it is counted."""
    said = _SENTENCES[finding.code](finding.facts, seeing)
    if not finding.facts.get("together") or finding.code in _WITHOUT_GROUP:
        return said
    whom = _("Counted as one with %(accounts)s.", accounts=_names(finding.facts["together"], seeing))
    return _in_turn(said, whom)


def present(findings: Iterable[Finding], seeing: Seeing) -> ShownFindings:
    """All findings, the worst first."""
    titles, labels = _titles(language()), _labels(language())
    shown = [
        Shown(
            finding.code,
            finding.level,
            finding.line,
            titles[finding.code],
            message(finding, seeing),
            _numbers(finding, seeing, labels),
            finding.facts.get("lowest_ok_price") if finding.code in _WITH_SET_PRICE else None,
        )
        for finding in findings
    ]
    wrong = [finding for finding in shown if finding.level is not Level.OK]
    wrong.sort(key=lambda finding: _WEIGHT[finding.level])
    return ShownFindings(wrong, [finding for finding in shown if finding.level is Level.OK])


def seeing_now(viewer: Viewer, evaluation: Evaluation) -> Seeing:
    """How much of a fresh check the viewer may see."""
    known = evaluation.known
    return Seeing(viewer, viewer.role in known.policy.floor_roles, known.owners)


def seeing_stored(viewer: Viewer, check: DealCheck, today: date) -> Seeing:
    """How much of a stored check the viewer may see; whether floors show, says the policy of today."""
    floor = viewer.role in reference.read()[0].policy_on(today).floor_roles
    return Seeing(viewer, floor, {key: Owner(**owner) for key, owner in check.facts["owners"].items()})


def stored_findings(viewer: Viewer, check: DealCheck, today: date) -> ShownFindings:
    """The findings of a stored check."""
    return present(map(restore, check.findings), seeing_stored(viewer, check, today))


_WITHOUT_GROUP = {"credit.paid_up", "credit.cash"}
_WEIGHT = {Level.STOP: 0, Level.APPROVAL: 1, Level.INFO: 2}
_WITH_SET_PRICE = {"price.below_floor", "price.far_below_floor"}


def _per_tonne(fen: int) -> str:
    return _("%(price)s/t", price=show_yuan(fen))


def _lowest(facts: Mapping[str, Any]) -> str:
    if facts["lowest_ok_price"] is None:
        return _("The rebates eat the whole price: ask the office to correct them.")
    return _("Lowest price that goes: %(price)s.", price=_per_tonne(facts["lowest_ok_price"]))


def _names(keys: Iterable[str], seeing: Seeing) -> str:
    seen, others = seeing.split_owners(list(keys))
    parts = [owner.name for owner in seen]
    if others:
        parts.append(
            ngettext("%(num)d distributor outside your patch", "%(num)d distributors outside your patch", others)
        )
    return _(", ").join(parts)


def _undercut(facts: Mapping[str, Any], seeing: Seeing) -> str:
    whose = _("The goods go to the area of %(owners)s", owners=_names(facts["owners"], seeing))
    if facts["floor_kept"] is None:
        return _(
            "%(whose)s, where this product has no price. Sell in an own area, or ask the office for a price.",
            whose=whose,
        )
    if facts["lowest_ok_price"] is None:
        return _("%(whose)s, and the price does not hold there. Sell in an own area.", whose=whose)
    return _(
        "%(whose)s, and the price does not hold there. From %(price)s a supervisor can approve it.",
        whose=whose,
        price=_per_tonne(facts["lowest_ok_price"]),
    )


def _far_below(facts: Mapping[str, Any], _seeing: Seeing) -> str:
    said = _("Net %(net)s cannot be approved.", net=_per_tonne(facts["net"]))
    if facts["lowest_approvable_price"] not in (None, facts["lowest_ok_price"]):
        return _(
            "%(said)s %(lowest)s With approval from %(price)s.",
            said=said,
            lowest=_lowest(facts),
            price=_per_tonne(facts["lowest_approvable_price"]),
        )
    return _in_turn(said, _lowest(facts))


def _overdue(facts: Mapping[str, Any], remedy: str) -> str:
    said = ngettext(
        "%(amount)s is overdue, the oldest for %(num)d day.",
        "%(amount)s is overdue, the oldest for %(num)d days.",
        facts["overdue_days"],
        amount=show_yuan(facts["overdue"]),
    )
    return _in_turn(said, remedy)


def _in_turn(first: str, then: str) -> str:
    """Two sentences; some languages put no space between them."""
    return _("%(first)s %(then)s", first=first, then=then)


def _day(value: date | str | None) -> str:
    return str(value) if value else "—"


def _of_the_limit(said: str, facts: Mapping[str, Any]) -> str:
    """The sentence, and how much of the limit is temporary, where any is."""
    if not facts.get("temporary"):
        return said
    until = _day(facts["temporary_until"])
    temporary = _(
        "%(amount)s of the limit is temporary, until %(day)s.", amount=show_yuan(facts["temporary"]), day=until
    )
    return _in_turn(said, temporary)


_SENTENCES: dict[str, Callable[[Mapping[str, Any], Seeing], str]] = {
    "territory.own": lambda _f, _s: _("The goods stay in the distributor's own area."),
    "territory.unassigned": lambda _f, _s: _("Nobody is assigned there. A supervisor may approve it."),
    "territory.foreign": lambda f, s: _(
        "The goods go to the area of %(owners)s. Agree with a supervisor first, or ship to an own area.",
        owners=_names(f["owners"], s),
    ),
    "territory.foreign_undercut": _undercut,
    "price.none": lambda _f, _s: _("There is no price for this product here today. Ask the office to set one."),
    "price.no_floor": lambda f, _s: _(
        "Net %(net)s, but no floor is set here: a supervisor decides.", net=_per_tonne(f["net"])
    ),
    "price.ok": lambda f, _s: _("Net %(net)s holds.", net=_per_tonne(f["net"])),
    "price.below_floor": lambda f, _s: _(
        "Net %(net)s needs approval. %(lowest)s", net=_per_tonne(f["net"]), lowest=_lowest(f)
    ),
    "price.far_below_floor": _far_below,
    "price.above_retail": lambda f, _s: _(
        "The price is above the suggested retail price %(retail)s: the distributor may not be able to sell on.",
        retail=_per_tonne(f["retail"]),
    ),
    "credit.overdue_stop": lambda f, _s: _overdue(f, _("No deal before it is paid.")),
    "credit.overdue_frozen": lambda f, _s: _overdue(f, _("Collect it first, or sell for cash with approval.")),
    "credit.overdue": lambda f, _s: _overdue(f, _("Collect it today; on credit a supervisor decides.")),
    "credit.paid_up": lambda _f, _s: _("Everything due is paid."),
    "credit.cash": lambda _f, _s: _("Paid at once: the limit does not matter."),
    "credit.frozen": lambda _f, _s: _(
        "The credit is frozen; the credit page says why. Sell for cash, or ask who froze it."
    ),
    "credit.ungraded": lambda _f, _s: _("There is no credit grade yet. Sell for cash, or have it graded."),
    "credit.cash_only": lambda _f, _s: _("Grade D buys against prepayment. Sell for cash."),
    "credit.expired": lambda f, _s: _of_the_limit(
        _(
            "The grade was valid until %(day)s. Have it renewed; until then a supervisor decides.",
            day=_day(f["valid_until"]),
        ),
        f,
    ),
    "credit.ok": lambda f, _s: _of_the_limit(
        _("After this deal %(left)s stay available.", left=show_yuan(f["available"] - f["amount"])), f
    ),
    "credit.over_limit": lambda f, _s: _of_the_limit(
        _(
            "The deal is %(over)s over what is available. Collect that much, order less, or ask for approval.",
            over=show_yuan(f["over"]),
        ),
        f,
    ),
    "credit.far_over_limit": lambda f, _s: _of_the_limit(
        _(
            "The deal is %(over)s over what is available. Collect at least %(pay)s or order less.",
            over=show_yuan(f["over"]),
            pay=show_yuan(f["to_pay_for_approval"]),
        ),
        f,
    ),
    "distributor.ended": lambda _f, _s: _("We no longer sell to this distributor. Ask your supervisor."),
    "distributor.prospect": lambda _f, _s: _("Not yet a customer: a supervisor must approve the first deal."),
    "distributor.watch": lambda _f, _s: _("On the watch list: mind what you promise."),
}


_LABELS: dict[str, Callable[[], str]] = {
    "list": lambda: _("List"),
    "rebates": lambda: _("Rebates"),
    "net": lambda: _("Net"),
    "floor": lambda: _("Floor"),
    "retail": lambda: _("Suggested retail"),
    "limit": lambda: _("Limit"),
    "outstanding": lambda: _("Outstanding"),
    "available": lambda: _("Available"),
    "overdue": lambda: _("Overdue amount"),
}


@lru_cache(maxsize=len(LOCALES))
def _labels(_language: str) -> dict[str, str]:
    return {name: said() for name, said in _LABELS.items()}


def _numbers(finding: Finding, seeing: Seeing, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    facts, group = finding.facts, finding.code.split(".")[0]
    names: list[str] = []
    if group == "price":
        names = ["list", "rebates", "net"]
        names += ["floor"] if seeing.floor else []
        names += ["retail"] if finding.code == "price.above_retail" else []
    elif group == "credit" and finding.level is not Level.OK:
        names = ["limit", "outstanding", "available"]
        names += ["overdue"] if facts["overdue"] else []
    return [(labels[name], show_yuan(facts[name])) for name in names if facts[name] is not None]


def interface_facts(finding: Finding, seeing: Seeing) -> dict[str, Any]:
    """The facts of the JSON interface: money as strings of yuan, days as numbers (contract deal-check.md, JSON).

    The floor is null for a viewer who may not see it; owners outside his patch are a count.
    """
    facts, block = dict(finding.facts), finding.code.split(".")[0]
    if block == "territory":
        seen, others = seeing.split_owners(facts["owners"])
        return {
            "owners": sorted(owner.code for owner in seen),
            "other_owners": others,
            "region": facts["region"],
        }
    if block == "price":
        if not seeing.floor:
            facts["floor"] = None
        money = ("price", "list", "floor", "retail", "net", "rebates", "lowest_ok_price", "lowest_approvable_price")
        return {name: _text(facts[name]) for name in money} | {"rebate_codes": list(facts["rebate_codes"])}
    if block == "credit":
        days = facts.pop("overdue_days")
        grade = facts.pop("grade")
        group = _group(facts.pop("together", ()), seeing)
        dates = {name: facts.pop(name, None) for name in ("valid_until", "temporary_until")}
        shown: dict[str, Any] = {name: _text(value) for name, value in facts.items()}
        known = {name: str(day) for name, day in dates.items() if day}
        return {"grade": grade, "overdue_days": days, **shown, **known, **group}
    return facts


def _group(keys: Iterable[str], seeing: Seeing) -> dict[str, Any]:
    """The accounts that are counted as one with the deal's, as `owners` and `other_owners` are told; {} without any."""
    if not keys:
        return {}
    seen, others = seeing.split_owners(list(keys))
    return {"group": sorted(one.code for one in seen), "other_group": others}


def _text(fen: int | None) -> str | None:
    return None if fen is None else format_yuan(fen)
