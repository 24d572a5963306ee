"""Finding distributors, always within the viewer's patch."""

from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.search import Query, query
from fieldapp.people.accounts.viewer import Viewer

from . import search as index
from .models import Distributor, SearchEntry
from .rules import Status

MOST = 50
_CANDIDATES = 200  # hits that are ranked; past that, names that begin with the text are looked up by themselves


class Found(NamedTuple):
    """One result of a search."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    status: Status


_COLUMNS = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code, Distributor.status)


def search(viewer: Viewer, text: str, limit: int = MOST) -> list[Found]:
    """Distributors in the viewer's patch that the text finds, at most `limit` (≤ 50).

    By any Chinese characters of the name, pinyin or initials from any syllable, code, phone (from its start, or its
    last four digits) or a contact's name; several words must all fit. First the exact code, then names that begin
    with the text, then by name. Any text is allowed; one with nothing to search for finds nothing.
    """
    asked = query(text)
    limit = max(1, min(limit, MOST))
    if not asked.code:
        return []
    rows = _candidates(viewer, asked, asked.terms)
    if len(rows) >= _CANDIDATES:
        first = _candidates(viewer, asked, (asked.start, *asked.terms))
        seen = {row.id for row in first}
        rows = [*first, *(row for row in rows if row.id not in seen)]
    rows.sort(key=lambda row: _rank(row, asked))
    return [Found(*row[:5]) for row in rows[:limit]]


def _candidates(viewer: Viewer, asked: Query, terms: tuple[str, ...]) -> list[Any]:
    keys = sa.select(Distributor.id).where(Distributor.code_key == asked.code)
    if terms:
        found = matching(viewer, asked, terms).limit(_CANDIDATES).cte("found")
        keys = sa.union(keys, sa.select(found.c.distributor_id))  # type: ignore[assignment]
    chosen = keys.subquery()
    statement = (
        sa.select(*_COLUMNS, Distributor.code_key, Distributor.pinyin)
        .join(chosen, chosen.c.id == Distributor.id)
        .where(viewer.scope(Distributor.region_code))
    )
    return list(db.session.execute(statement).all())


def matching(viewer: Viewer, asked: Query, terms: tuple[str, ...]) -> sa.Select[Any]:
    """Keys of the distributors that hold all terms and what is to be verified; scope is still to be asked."""
    hits = index.hits(db.engine.dialect.name, viewer, terms).subquery()
    return (
        sa.select(SearchEntry.distributor_id)
        .join(hits, hits.c.docid == SearchEntry.docid)
        .where(*index.verified(asked))
    )


def _rank(row: Any, asked: Query) -> tuple[bool, bool, str, str]:
    begins = row.name.casefold().startswith(asked.compact) or row.pinyin.startswith(asked.compact)
    return row.code_key != asked.code, not begins, row.pinyin, row.code_key
