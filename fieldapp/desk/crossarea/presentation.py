"""How an entry of a case's thread, a line and a measure read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fieldapp.core import money
from fieldapp.core.clock import SHANGHAI
from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import ngettext
from fieldapp.standing.crossarea import words
from fieldapp.standing.crossarea.models import CrossEntry
from fieldapp.standing.crossarea.rules import CaseVerb, MeasureKind, Verdict

_LINES = (None, CaseVerb.GATHER, CaseVerb.REOPEN)


def who(entry: CrossEntry, people: Mapping[UUID, str]) -> str:
    """Who did it."""
    return people.get(entry.by_id, "—") if entry.by_id is not None else _("The invoices")


def entry_title(entry: CrossEntry) -> str:
    """What was done."""
    if entry.verb is CaseVerb.COMMENT and not entry.words and (entry.values or {}).get("photo"):
        return _("Photo added")
    return words.verb_name(entry.verb)


def details(entry: CrossEntry, known: Mapping[UUID, Any]) -> str:
    """What an entry holds besides words."""
    held: Mapping[str, Any] = entry.values or {}
    parts: list[str] = []
    if entry.verb in _LINES and held.get("lines"):
        parts.append(ngettext("%(num)d invoice line", "%(num)d invoice lines", held["lines"]))
    if held.get("traced"):
        parts.append(_("the batch was sold to one distributor only that may not sell there"))
    if entry.verb is CaseVerb.NAME and held.get("seller"):
        named = known.get(UUID(held["seller"]))
        parts.append(named.name if named else _("a distributor elsewhere"))
    if held.get("kind") in set(MeasureKind):
        parts.append(words.measure_name(MeasureKind(held["kind"])))
        if entry.verb is CaseVerb.AGREE:
            parts += [amount(held.get("amount") or 0), _("by %(day)s", day=held.get("by", ""))]
    if held.get("verdict") in set(Verdict):
        parts.append(words.verdict_name(Verdict(held["verdict"])))
    if held.get("written"):
        written = datetime.fromisoformat(held["written"]).astimezone(SHANGHAI)
        parts.append(_("written %(moment)s without a signal", moment=f"{written:%m-%d %H:%M}"))
    return " · ".join(parts)


def amount(fen: int) -> str:
    """An amount of a measure."""
    return money.show_yuan(fen) if fen else _("without money")


def hearing_text(verb: CaseVerb) -> str:
    """What is noted down, as the form offers it."""
    return {
        CaseVerb.HEAR_SELLER: _("The seller says"),
        CaseVerb.HEAR_HARMED: _("The other side says"),
        CaseVerb.EXCUSE_SELLER: _("The seller cannot be heard, because"),
        CaseVerb.EXCUSE_HARMED: _("The other side cannot be heard, because"),
    }[verb]


def measure_options() -> list[tuple[str, str]]:
    """The kinds of measures to choose from."""
    return [(kind.value, words.measure_name(kind)) for kind in MeasureKind]


def percent_of(price: int, listed: int | None) -> str | None:
    """A price seen against the list, `97 %`; None where there is no list price."""
    return _("%(percent)s %% of the list price", percent=round(price * 100 / listed)) if listed else None
