"""Breaches in words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from .rules import Mark, Refusal, Result, State, Verb, Why


def result_name(result: Result) -> str:
    """What was found."""
    return {
        Result.KEPT: _("Floor kept"),
        Result.APPROVED: _("Approved"),
        Result.BELOW: _("Below the floor"),
        Result.NO_FLOOR: _("No floor is set"),
        Result.NO_PRICE: _("No price is set"),
        Result.CREDIT_NOTE: _("Credit note without goods"),
        Result.WEIGHT: _("Weight looks wrong"),
    }[result]


def result_text(result: Result) -> str:
    """What that means, and what to find out."""
    return {
        Result.BELOW: _("What stays after rebates and discounts is below the floor, and no approval covers it."),
        Result.NO_FLOOR: _("The product was sold where no floor is set, and nobody approved it."),
        Result.NO_PRICE: _("The product was sold where the price book has no price for it, and nobody approved it."),
        Result.CREDIT_NOTE: _("Money was given back without goods, beyond rebates and what stood above the floor."),
        Result.WEIGHT: _(
            "The price per tonne is so high that the weight must be wrong: were bags written as kilograms?"
        ),
    }.get(result, "")


def state_name(state: State) -> str:
    """How it stands."""
    return {
        State.OPEN: _("To be explained"),
        State.ACCEPTED: _("Accepted"),
        State.RECOVER: _("To be recovered"),
        State.DONE: _("Recovered"),
        State.DISMISSED: _("Data error"),
        State.CORRECTED: _("Corrected by the ERP"),
    }[state]


def shown_state(state: State, explained: bool) -> tuple[str, str]:
    """How it stands in a badge, and its tone: what is open and explained waits for the supervisor."""
    if state is State.OPEN and explained:
        return _("Explained"), "info"
    return state_name(state), STATE_TONES[state]


STATE_TONES: Mapping[State, str] = {
    State.OPEN: "stop",
    State.RECOVER: "warn",
    State.ACCEPTED: "neutral",
    State.DONE: "ok",
    State.DISMISSED: "neutral",
    State.CORRECTED: "neutral",
}


def mark_text(mark: Mark) -> str:
    """What was seen on the way."""
    return {
        Mark.FREE: _("Goods for nothing are in it: they count as sold at that price."),
        Mark.DISCOUNT: _("Money was taken off without goods: it is spread over all goods of the order by value."),
        Mark.SPLIT: _("Several invoices count together, as they were ordered within a few days."),
        Mark.RETURN: _("Goods came back: they count neither as weight nor as money."),
        Mark.DEAR_RETURN: _("Goods were credited dearer than any were sold: the difference is a discount."),
        Mark.REVERSED: _("Weight was taken back but money charged for it: neither counts."),
        Mark.OLD_ORDER: _("The day of the order lies too far before the invoice to be believed: a later day counts."),
    }[mark]


def why_text(why: Why) -> str:
    """Why the approval that there is does not help."""
    return {
        Why.PLACE: _("The product was approved, but for another place."),
        Why.TERMS: _("The product was approved for cash, and was sold on credit."),
        Why.TIME: _("The product was approved, but it was not ordered while that held."),
        Why.PRICE: _("The product was approved, but at a higher price."),
        Why.QUANTITY: _("The product was approved, but for less than was invoiced by now."),
    }[why]


def entry_title(verb: Verb, values: Mapping[str, Any]) -> str:
    """A line of the thread."""
    if verb is Verb.JUDGE and "state" in values:
        return _("Judged again: open again")
    return {
        Verb.FIND: _("Found in the ERP's invoices"),
        Verb.JUDGE: _("Judged again: the figures have changed"),
        Verb.CORRECT: _("The invoices have changed: it is no breach any more"),
        Verb.EXPLAIN: _("Explanation"),
        Verb.ACCEPT: _("Accepted"),
        Verb.RECOVER: _("To be recovered"),
        Verb.FINISH: _("Recovered"),
        Verb.DISMISS: _("Dismissed as a data error"),
        Verb.REOPEN: _("Opened again"),
    }[verb]


def refusal_text(refusal: Refusal, state: State) -> str:
    """Why a decision was refused; `state`: how the breach stands now."""
    return {
        Refusal.OWN: _("This is your own customer, or you checked the deal yourself: somebody else decides."),
        Refusal.STATE: _(
            "It stands at “%(state)s” now: somebody was quicker. Look at it below.", state=state_name(state)
        ),
        Refusal.MOVED: _("It was judged again since you looked: see the figures below, then decide."),
    }[refusal]
