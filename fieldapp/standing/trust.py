"""Confirmed breaches of what was agreed, for a distributor's trustworthiness: told by the concerns that keep them."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import date
from uuid import UUID

from flask import Flask, current_app

_SOURCES = "fieldapp.trust_sources"
Source = Callable[[Collection[UUID], date, date], Mapping[UUID, int]]


def declare(app: Flask, name: str, source: Source) -> None:
    """Add one kind of breach: `source(distributors, since, until)` → how many each has that were confirmed in those
    days, both included; whoever has none may be left out. Each is asked for many at once: ranks are made of all."""
    app.extensions.setdefault(_SOURCES, {})[name] = source


def confirmed_breaches(distributor_id: UUID, since: date, until: date) -> Mapping[str, int]:
    """{name of the source: how many} of one distributor, for saying where a number comes from."""
    sources: dict[str, Source] = current_app.extensions.get(_SOURCES, {})
    return {name: source([distributor_id], since, until).get(distributor_id, 0) for name, source in sources.items()}


def confirmed_breaches_of(distributors: Collection[UUID], since: date, until: date) -> Counter[UUID]:
    """How many breaches each of many distributors has, of all kinds; 0 for whoever has none."""
    sources: dict[str, Source] = current_app.extensions.get(_SOURCES, {})
    total: Counter[UUID] = Counter()
    for source in sources.values():
        total.update(source(distributors, since, until))
    return total
