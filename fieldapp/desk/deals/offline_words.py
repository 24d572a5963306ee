"""The words of a deal check for the phone: every sentence of checks/presentation.py with marks where its numbers stand.

They are got by asking for the sentences themselves, of facts whose numbers are found again in the text. So there is one
source of the words, and one place that knows how a sentence is put together.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from fieldapp.core.findings import Finding, Level
from fieldapp.core.i18n import LOCALES, language
from fieldapp.core.money import show_yuan
from fieldapp.desk.checks import presentation
from fieldapp.desk.checks.queries import Owner
from fieldapp.desk.checks.rules import LEVELS

_AMOUNTS = (
    "net",
    "lowest_ok_price",
    "lowest_approvable_price",
    "retail",
    "overdue",
    "available",
    "over",
    "to_pay_for_approval",
    "temporary",
)
_MARKS = {name: 71_300_000_000 + 1_010_101 * number for number, name in enumerate(_AMOUNTS)}
_DAYS = 7_654_321
_NAMED = {"available": "left"}
_FACTS: dict[str, Any] = {
    **_MARKS,
    "owners": ("one",),
    "floor_kept": False,
    "overdue_days": _DAYS,
    "valid_until": "{valid_until}",
    "temporary_until": "{temporary_until}",
    "amount": 0,
}
_PLAIN = {"temporary": 0}
# What makes a sentence another one: the name of the variant, and the facts in which it differs.
_VARIANTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "territory.foreign_undercut": {"/none": {"floor_kept": None}, "/null": {"lowest_ok_price": None}},
    "price.below_floor": {"/null": {"lowest_ok_price": None}},
    "price.far_below_floor": {
        "/null": {"lowest_ok_price": None, "lowest_approvable_price": None},
        "/same": {"lowest_approvable_price": _MARKS["lowest_ok_price"]},
    },
    **{code: {"/one": {"overdue_days": 1}} for code in LEVELS if code.startswith("credit.overdue")},
    **{
        code: {"/temporary": {"temporary": _MARKS["temporary"]}}
        for code in ("credit.expired", "credit.ok", "credit.over_limit", "credit.far_over_limit")
    },
}


class _Marked:
    """Looks like a Seeing and names every owner by the mark."""

    floor = False

    def split_owners(self, keys: Iterable[str]) -> tuple[list[Owner], int]:  # noqa: ARG002  whoever it is
        return [Owner("", "{owners}", None)], 0


_SEEING: Any = _Marked()


def sentences() -> Mapping[str, str]:
    """{code and variant: sentence}, in the reader's language."""
    return _sentences(language())


@lru_cache(maxsize=len(LOCALES))
def _sentences(_language: str) -> Mapping[str, str]:
    made = {}
    for code in LEVELS:
        for variant, facts in {"": {}, **_VARIANTS.get(code, {})}.items():
            finding = Finding(code, Level.OK, None, {**_FACTS, **_PLAIN, **facts})
            made[code + variant] = _with_marks(presentation.message(finding, _SEEING))
    return made


def _with_marks(text: str) -> str:
    for name, fen in _MARKS.items():
        text = text.replace(show_yuan(fen), f"{{{_NAMED.get(name, name)}}}")
    return text.replace(str(_DAYS), "{overdue_days}")
