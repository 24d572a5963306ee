"""When an approval still holds (contract `deal-check.md`, After the verdict).

An approval covers exactly the findings it names and is bound to the inputs; it holds until it expires.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fieldapp.core.findings import Finding, Level
from fieldapp.desk.checks.rules import CheckResult, DealInput


class Standing(StrEnum):
    """Whether an approval holds, or the first reason why it no longer does."""

    HOLDS = "holds"
    INPUTS_CHANGED = "inputs_changed"
    STOP = "stop"
    UNCOVERED = "uncovered"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Holding:
    """How an approval stands; `findings` are those that stop the deal or that it does not cover."""

    standing: Standing
    findings: tuple[Finding, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the deal may go on this approval."""
        return self.standing is Standing.HOLDS


def inputs_key(deal: DealInput) -> str:
    """64 hex digits that change with the distributor, ship_to, terms or any line (product, grams, price).

    The order of the lines counts, as findings name lines by number. The date is not part of it: the
    approval's own end bounds the time.
    """
    inputs = [
        deal.distributor,
        deal.ship_to,
        str(deal.terms),
        [[line.product, line.grams, line.price] for line in deal.lines],
    ]
    text = json.dumps(inputs, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def to_cover(findings: Collection[Finding]) -> frozenset[tuple[str, int | None]]:
    """(code, line) of the findings that an approval has to name."""
    return frozenset((finding.code, finding.line) for finding in findings if finding.level is Level.APPROVAL)


def holds(
    approved_findings: Collection[tuple[str, int | None]],
    approved_inputs_key: str,
    expires_at: datetime,
    now: datetime,
    deal: DealInput,
    result: CheckResult,
) -> Holding:
    """How an approval stands at `now` for a deal and its fresh check; both times aware.

    The reasons are tried in this order: other inputs, a finding that stops, one not covered, the time.
    """
    if inputs_key(deal) != approved_inputs_key:
        return Holding(Standing.INPUTS_CHANGED)
    stops = tuple(finding for finding in result.findings if finding.level is Level.STOP)
    if stops:
        return Holding(Standing.STOP, stops)
    uncovered = tuple(
        finding
        for finding in result.findings
        if finding.level is Level.APPROVAL and (finding.code, finding.line) not in approved_findings
    )
    if uncovered:
        return Holding(Standing.UNCOVERED, uncovered)
    if now >= expires_at:
        return Holding(Standing.EXPIRED)
    return Holding(Standing.HOLDS)
