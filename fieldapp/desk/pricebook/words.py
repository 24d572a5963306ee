"""What the pages of the price book call things."""

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _
from flask_babel import pgettext

from fieldapp.core.money import show_yuan
from fieldapp.trade.pricing.change_rules import DraftState, Fault, Problem, Refusal
from fieldapp.trade.pricing.models import RebateKind
from fieldapp.trade.pricing.rules import Standing


def column(name: str) -> str:
    """A column of a line."""
    return {
        "tier": _("Tier"),
        "valid_from": _("First day"),
        "valid_to": _("Last day"),
        "list_price": _("List price"),
        "floor_price": _("Floor"),
        "retail_price": _("Suggested retail"),
    }[name]


def state(one: DraftState) -> tuple[str, str]:
    """A draft's state, and the tone of its badge."""
    return {
        DraftState.OPEN: (pgettext("price change", "Draft"), "neutral"),
        DraftState.SUBMITTED: (_("Waits for a second person"), "warn"),
        DraftState.PUBLISHED: (_("Published"), "ok"),
        DraftState.DISCARDED: (_("Discarded"), "neutral"),
    }[one]


def tier(one: str) -> str:
    """A tier; `*` in words."""
    return _("all tiers") if one == "*" else _("tier %(tier)s", tier=one)


def window(first: date, last: date | None) -> str:
    """From when until when."""
    return f"{first.isoformat()} – {last.isoformat()}" if last else _("from %(day)s", day=first.isoformat())


def when() -> dict[str, str]:
    """Which rows of the book."""
    return {"now": _("In force"), "planned": _("Planned"), "over": _("Over"), "all": _("All")}


def standing(one: Standing) -> tuple[str, str]:
    """Why a row counts or does not, and the tone of its badge."""
    return {
        Standing.COUNTS: (_("This row counts"), "ok"),
        Standing.OLDER: (_("A row that began later counts"), "neutral"),
        Standing.ALL_TIERS: (_("The tier's own row counts before the one for all tiers"), "neutral"),
        Standing.WIDER: (_("A row for a smaller region counts before it"), "neutral"),
        Standing.PLANNED: (_("Does not hold yet"), "info"),
        Standing.OVER: (_("No longer holds"), "neutral"),
        Standing.ELSEWHERE: (_("For another region"), "neutral"),
        Standing.OTHER_TIER: (_("For another tier"), "neutral"),
    }[one]


def refusal(one: Refusal) -> str:
    """Why something was not done, and what to do."""
    return {
        Refusal.OWN: _("You had a hand in this change: somebody else decides on it."),
        Refusal.NOT_YOURS: _("Your role may not do this. The policy says who may."),
        Refusal.CLOSED: _("This change is published or discarded already. Begin a new one."),
        Refusal.SUBMITTED: _("It waits for a second person. Take it back first, then change it."),
        Refusal.NOT_SUBMITTED: _("It is not submitted any more: somebody took it back or returned it meanwhile."),
    }[one]


def fault(problem: Problem) -> str:
    """What is wrong with a cell, and what to do."""
    facts: Mapping[str, str] = {name: _shown(name, value) for name, value in problem.facts.items()}
    return {
        Fault.PAST: _("Past days keep their price. Give %(first)s or later: what holds now ends the day before."),
        Fault.DATES: _("Give %(first)s or a later day."),
        Fault.ZERO: _("0 is no price. Leave it empty where none is set."),
        Fault.NOTHING: _("Give at least one price."),
        Fault.FLOOR_ABOVE_LIST: _("The floor lies above the list price %(list)s."),
        Fault.PLANNED: _(
            "Another price is planned from %(planned)s: let this one end on %(last)s, or change that one."
        ),
        Fault.GONE: _("The book has no row any more that begins on %(first)s. Take this line out."),
        Fault.NO_FLOOR: _("No floor is set: every deal here will need approval."),
        Fault.RETAIL_BELOW_LIST: _("The suggested retail price lies under the list price %(list)s."),
        Fault.JUMP: _("It was %(was)s: a change of %(percent)s %%. Is it so?"),
        Fault.UNCHANGED: _("Nothing changes by this line."),
        Fault.NOBODY: _("No distributor is of this tier: nobody would have this price."),
    }[problem.fault] % facts


def _shown(name: str, value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return show_yuan(value) if isinstance(value, int) and name in ("list", "was") else str(value)


def rebate_kind(kind: RebateKind) -> str:
    """One of the five incentives."""
    return {
        RebateKind.MONTH: _("Month discount"),
        RebateKind.QUARTER: _("Quarter award"),
        RebateKind.YEAR: _("Annual award"),
        RebateKind.SPECIAL: _("Special award"),
        RebateKind.EXCLUSIVE: _("Exclusive-sales award"),
    }[kind]
