"""The policy of sensitive answers: whether habits may be asked, for what purposes, and for how long they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from .scoring import N_

SHORTEST, LONGEST = 10, 300  # characters of a purpose
MOST_MONTHS = 12
ON, OFF = "on", "off"


class PrivacyPolicyError(ValueError):
    """Settings that make no policy; `problems`: {setting: (remedy as msgid, its placeholders)}."""

    def __init__(self, problems: Mapping[str, tuple[str, Mapping[str, object]]]) -> None:
        super().__init__("; ".join(f"{key}: {remedy % params}" for key, (remedy, params) in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class PrivacyPolicy:
    """`habits`: asked at all. A purpose is what the person asked is told; an empty one of residence is the standard
    one. `months`: so long an answer counts."""

    habits: bool = False
    habits_purpose: str = ""
    residence_purpose: str = ""
    months: int = MOST_MONTHS

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """The policy of stored or typed settings; what is absent keeps its default. Raises PrivacyPolicyError."""
        problems: dict[str, tuple[str, Mapping[str, object]]] = {}
        for unknown in settings.keys() - {"habits", "habits_purpose", "residence_purpose", "months"}:
            problems[unknown] = N_("There is no such setting: leave it out."), {}
        habits = settings.get("habits", OFF)
        if habits not in (ON, OFF):
            problems["habits"] = N_("Choose from what is shown."), {}
        purposes: dict[str, str] = {}
        for name in ("habits_purpose", "residence_purpose"):
            given = settings.get(name, "")
            purposes[name] = text = " ".join(given.split()) if isinstance(given, str) else "?"
            needed = name == "habits_purpose" and habits == ON
            if (text or needed) and not SHORTEST <= len(text) <= LONGEST:
                problems[name] = (
                    N_("State the purpose in %(low)s to %(high)s characters: the person asked is told it."),
                    {"low": SHORTEST, "high": LONGEST},
                )
        months = _whole(settings.get("months", MOST_MONTHS))
        if months is None or not 1 <= months <= MOST_MONTHS:
            problems["months"] = N_("Give a whole number from %(low)s to %(high)s."), {"low": 1, "high": MOST_MONTHS}
        if problems or months is None:
            raise PrivacyPolicyError(problems)
        return cls(habits == ON, purposes["habits_purpose"], purposes["residence_purpose"], months)

    def to_settings(self) -> dict[str, Any]:
        """All settings as JSON values; `from_settings` gives the same policy back."""
        return {
            "habits": ON if self.habits else OFF,
            "habits_purpose": self.habits_purpose,
            "residence_purpose": self.residence_purpose,
            "months": self.months,
        }


def _whole(value: object) -> int | None:
    text = "" if isinstance(value, bool) else str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else None
