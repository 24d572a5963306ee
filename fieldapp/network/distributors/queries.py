"""Finding distributors, always within the viewer's patch."""

from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.hotread import HotRead
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


def search(viewer: Viewer, text: str, limit: int = MOST) -> list[Found]:
    """Distributors in the viewer's patch that the text finds, at most `limit` (≤ 50); one statement, or two.

    By any Chinese characters of the name, pinyin or initials from any syllable, code, phone (from its start, or its
    last four digits) or a contact's name; several words must all fit. First the exact code, then names that begin
    with the text, then by name. Any text is allowed; one with nothing to search for finds nothing.
    """
    asked = query(text)
    if not asked.code:
        return []
    limit = max(1, min(limit, MOST))
    found = _ask(viewer, asked, asked.terms)
    if len(found) == MOST and asked.start:
        # So many that the candidates may have left the best ones out: those that begin with the text come first.
        first = _ask(viewer, asked, (asked.start, *asked.terms))
        found = list(dict.fromkeys([*first, *found]))
    return found[:limit]


def matching(viewer: Viewer, asked: Query) -> sa.Select[Any]:
    """Keys of the distributors that the query finds, as a select to put into another; scope is still to be asked."""
    dialect = db.engine.dialect.name
    hits = index.hits(dialect, index.match(dialect, viewer, asked.terms)).subquery()
    return (
        sa.select(SearchEntry.distributor_id)
        .join(hits, hits.c.docid == SearchEntry.docid)
        .where(*(_stands_in_document(piece) for piece in asked.verify))
    )


def _ask(viewer: Viewer, asked: Query, terms: tuple[str, ...]) -> list[Found]:
    dialect = db.engine.dialect.name
    key = (dialect, viewer.everywhere, viewer.patch, bool(terms), len(asked.verify))
    read = _READY.get(key)
    if read is None:
        if len(_READY) > _MOST_READY:
            _READY.clear()
        read = _READY[key] = HotRead(_statement(dialect, viewer, bool(terms), len(asked.verify)))
    binds: dict[str, Any] = {"code": asked.code, "compact": asked.compact, "length": len(asked.compact)}
    if terms:
        binds["match"] = index.match(dialect, viewer, terms)
    for number, piece in enumerate(asked.verify):
        binds[f"piece_{number}"] = f"%{piece}%"  # letters and digits only: nothing to escape
    return [Found(*row) for row in read.all(**binds)]


# Statements by database, patch and shape: building one costs more than running it.
_READY: dict[tuple[Any, ...], HotRead] = {}
_MOST_READY = 1000


def _statement(dialect: str, viewer: Viewer, has_terms: bool, pieces: int) -> sa.Select[Any]:
    code = sa.bindparam("code", type_=sa.String())
    compact = sa.bindparam("compact", type_=sa.String())
    length = sa.bindparam("length", type_=sa.Integer())
    keys: Any = sa.select(Distributor.id).where(Distributor.code_key == code)
    if has_terms:
        hits = index.hits(dialect).subquery()
        candidates = (
            sa.select(SearchEntry.distributor_id)
            .join(hits, hits.c.docid == SearchEntry.docid)
            .where(*(_stands_in_document(sa.bindparam(f"piece_{n}", type_=sa.String())) for n in range(pieces)))
            .limit(_CANDIDATES)
            .cte("candidates")
        )
        keys = sa.union(keys, sa.select(candidates.c.distributor_id))
    chosen = keys.subquery()
    begins = sa.or_(
        sa.func.substr(Distributor.name, 1, length) == compact,
        sa.func.substr(Distributor.pinyin, 1, length) == compact,
    )
    return (
        sa.select(Distributor.id, Distributor.code, Distributor.name, Distributor.region_code, Distributor.status)
        .join(chosen, chosen.c.id == Distributor.id)
        .where(viewer.scope(Distributor.region_code))
        .order_by(
            sa.case((Distributor.code_key == code, 0), (begins, 1), else_=2), Distributor.pinyin, Distributor.code_key
        )
        .limit(MOST)
    )


def _stands_in_document(piece: Any) -> sa.ColumnElement[bool]:
    """What the tokens do not say: the whole piece, blanks between syllables left out."""
    if isinstance(piece, str):
        piece = f"%{piece}%"
    return sa.func.replace(SearchEntry.document, " ", "").like(piece)
