"""Regions as the users' patches need them: names with their path, and a search for the picker."""

import csv
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from importlib.resources import files

import sqlalchemy as sa

from fieldapp.core.db import db

from .models import Region
from .rules import chain


def names(codes: Iterable[str]) -> dict[str, str]:
    """{code: "province · city · county"} of the codes that exist."""
    wanted = list(dict.fromkeys(codes))
    above = {part for code in wanted for part in chain(code)}
    rows = db.session.execute(sa.select(Region.code, Region.name).where(Region.code.in_(above)))
    known = dict(rows.tuples().all())
    return {
        code: " · ".join(known[part] for part in reversed(chain(code)) if part in known)
        for code in wanted
        if code in known
    }


def search(text: str, limit: int = 20) -> list[tuple[str, str]]:
    """(code, name with its path) of regions whose code, name, pinyin or initials begin with `text`; larger first."""
    text = text.strip().casefold()
    if not text:
        return []
    heads = [Region.code.startswith(text, autoescape=True), Region.name.startswith(text, autoescape=True)]
    if text.isascii():
        heads += [Region.pinyin.startswith(text, autoescape=True), Region.initials.startswith(text, autoescape=True)]
    found = db.session.scalars(
        sa.select(Region.code).where(sa.or_(*heads)).order_by(sa.func.length(Region.code), Region.code).limit(limit)
    ).all()
    known = names(found)
    return [(code, known[code]) for code in found]


def within(viewer_covers: Callable[[str | None], bool], text: str, limit: int = 8) -> list[tuple[str, str]]:
    """The same search, of those regions that `viewer_covers` says yes to."""
    return [(code, name) for code, name in search(text, 200) if viewer_covers(code)][:limit]


@cache
def _endings() -> tuple[tuple[str, ...], tuple[str, ...]]:
    with (files(__package__) / "data" / "short_names.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return (
        tuple(row["text"] for row in rows if row["kind"] == "end"),
        tuple(row["text"] for row in rows if row["kind"] == "people"),
    )


@lru_cache(maxsize=4096)
def short(name: str) -> str:
    """A region's name as maps have it, without what kind of region it is: two characters at least are left."""
    ends, peoples = _endings()
    cut = next((name.removesuffix(end) for end in ends if name.endswith(end) and len(name) - len(end) >= 2), name)
    if cut == name:
        return name
    while True:
        people = next((one for one in peoples if cut.endswith(one) and len(cut) - len(one) >= 2), None)
        if people is None:
            return cut
        cut = cut.removesuffix(people)
