"""Regions as the users' patches need them: names with their path, and a search for the picker."""

from collections.abc import Callable, Iterable

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
