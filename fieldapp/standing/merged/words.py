"""Evidence and decisions in words, in the reader's language. Values of a file come in masked."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from fieldapp.core.money import format_tonnes

from .rules import Kind, State, Verb


def kind_name(kind: Kind) -> str:
    """What a kind of evidence is called."""
    return {
        Kind.CREDIT_CODE: _("Same credit code"),
        Kind.BANK_ACCOUNT: _("Same bank account"),
        Kind.PHONE: _("Same phone"),
        Kind.PAYER: _("Same payer"),
        Kind.LEGAL_PERSON: _("Same legal person"),
        Kind.ADDRESS: _("Same address"),
        Kind.SHIFT: _("Sales moved over"),
        Kind.DELIVERY: _("Delivered into the other's area"),
        Kind.BUNCHED: _("Orders at the end of the month"),
    }[kind]


def state_name(state: State) -> str:
    """Where a pair stands."""
    return {
        State.OPEN: _("To be decided"),
        State.WATCH: _("Watched"),
        State.CONFIRMED: _("One business"),
        State.DISMISSED: _("Dismissed"),
        State.FADED: _("No longer so"),
    }[state]


def verb_name(verb: Verb) -> str:
    """What was done, as the history says it."""
    return {
        Verb.CONFIRM: _("Confirmed"),
        Verb.DISMISS: _("Dismissed"),
        Verb.WATCH: _("Put on watch"),
        Verb.UNDO: _("Confirmation taken back"),
        Verb.RECONSIDER: _("Opened again"),
        Verb.FOUND: _("Found in the data"),
        Verb.RETURNED: _("Back: something new appeared"),
        Verb.FADE: _("The data no longer say so"),
    }[verb]


def sentence(kind: Kind, holders: int, facts: Mapping[str, Any], names: Mapping[str, str], value: str | None) -> str:
    """What was found, as a sentence. `names`: of `one` and `other`; `value`: what they share, masked; None: it has left
    the files since."""
    if kind in _SHARED:
        said = _("What they shared has left the files since.") if value is None else _SHARED[kind](value)
        return said + _also(holders)
    if kind is Kind.ADDRESS:
        metres = facts.get("metres")
        said = (
            _("They stand %(metres)s metres apart.", metres=metres)
            if metres is not None
            else _("Both files give the same address.")
        )
        return said + _also(holders)
    who = names[facts["by"]]
    other = names["other" if facts["by"] == "one" else "one"]
    if kind is Kind.SHIFT:
        return _(
            "From %(month)s on %(who)s bought %(fell)s t a month less, and %(other)s %(rose)s t more.",
            month=facts["month"],
            who=who,
            fell=format_tonnes(facts["fell"]),
            other=other,
            rose=format_tonnes(facts["rose"]),
        )
    if kind is Kind.DELIVERY:
        return _(
            "%(share)s of what %(who)s bought in twelve months went to the area of %(other)s.",
            share=f"{facts['percent']} %",
            who=who,
            other=other,
        )
    return _(
        "%(who)s orders %(share)s of its tonnes in the last days of the month.",
        who=who,
        share=f"{facts['percent']} %",
    )


def _also(holders: int) -> str:
    """How many others have it too: the more, the less it says."""
    if holders <= 2:
        return ""
    return " " + ngettext("%(num)d other file has it too.", "%(num)d other files have it too.", holders - 2)


_SHARED = {
    Kind.CREDIT_CODE: lambda value: _("Both have the credit code %(value)s.", value=value),
    Kind.BANK_ACCOUNT: lambda value: _("Both have the bank account %(value)s.", value=value),
    Kind.PHONE: lambda value: _("Both have the phone %(value)s.", value=value),
    Kind.PAYER: lambda value: _("%(value)s paid for both.", value=value),
    Kind.LEGAL_PERSON: lambda value: _("Both have the legal person %(value)s.", value=value),
}


def against(context: Mapping[str, Any]) -> list[str]:
    """What speaks against it, as sentences."""
    found = []
    if context.get("open"):
        found.append(_("Both carry the same name: nothing is hidden by that."))
    if context.get("succession"):
        found.append(_("One began when the other had ended: it may be a business that was sold."))
    return found
