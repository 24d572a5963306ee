"""Confirmed cross-area cases of a distributor, told by the concern that keeps them.

That concern stands elsewhere (or does not exist yet), so it hands us a function when the app is built; without one,
indicator 7 is asked and not filled in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Flask, current_app

_SOURCE = "fieldapp.grading.cases"


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Confirmed cases, counted from `since` on."""

    benign: int
    malicious: int
    since: date


CaseSource = Callable[[UUID, date], CaseFacts | None]


def declare(app: Flask, source: CaseSource) -> None:
    """Give the app its cases: `source(distributor, on)` → those of the twelve months before that day, None: unknown."""
    app.extensions[_SOURCE] = source


def confirmed(distributor_id: UUID, on: date) -> CaseFacts | None:
    """The distributor's cases; None when nobody keeps them."""
    source: CaseSource | None = current_app.extensions.get(_SOURCE)
    return source(distributor_id, on) if source is not None else None
