"""What a rule says: a finding with a code, a level, the line it speaks of, and the numbers behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad a finding is. `INFO` informs and lets the deal go."""

    OK = "ok"
    INFO = "info"
    APPROVAL = "approval"
    STOP = "stop"


class Verdict(StrEnum):
    """The answer to "may this deal go?"."""

    GO = "go"
    APPROVAL = "approval"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement about a deal.

    `code`  — `concern.case`, as in the contract (`price.below_floor`).
    `line`  — 1-based line of the deal, None when it speaks of the whole deal.
    `facts` — the numbers behind it, in storage units (fen, grams, days, dates); nothing formatted, nothing translated.
    """

    code: str
    level: Level
    line: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def verdict(findings: Iterable[Finding]) -> Verdict:
    """The worst level among the findings; ok and info let the deal go."""
    levels = {finding.level for finding in findings}
    if Level.STOP in levels:
        return Verdict.STOP
    if Level.APPROVAL in levels:
        return Verdict.APPROVAL
    return Verdict.GO
