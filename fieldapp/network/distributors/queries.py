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
_CANDIDATES = 100  # hits that are ranked, beside the names that begin with the text


class Found(NamedTuple):
    """One result of a search."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    status: Status


def search(viewer: Viewer, text: str, limit: int = MOST) -> list[Found]:
    """Distributors in the viewer's patch that the text finds, at most `limit` (≤ 50); one statement.

    By any Chinese characters of the name, pinyin or initials from any syllable, code, phone (from its start, or its
    last four digits) or a contact's name; several words must all fit. First the exact code, then names that begin
    with the text, then by name. Any text is allowed; one with nothing to search for finds nothing.
    """
    asked = query(text)
    if not asked.code:
        return []
    dialect = db.engine.dialect.name
    shape = (dialect, viewer.everywhere, viewer.patch, bool(asked.terms), len(asked.verify))
    read = _READY.get(shape)
    if read is None:
        if len(_READY) > _MOST_READY:
            _READY.clear()
        read = _READY[shape] = HotRead(_statement(dialect, viewer, bool(asked.terms), len(asked.verify)))
    binds: dict[str, Any] = {"code": asked.code, "compact": asked.compact, "length": len(asked.compact)}
    if asked.terms:
        binds["match"] = index.match(dialect, viewer, asked.terms)
        binds["starting"] = index.match(dialect, viewer, asked.starting)
    for number, piece in enumerate(asked.verify):
        binds[f"piece_{number}"] = f"%{piece}%"  # letters and digits only: nothing to escape
    return [Found(*row) for row in read.all(most=max(1, min(limit, MOST)), **binds)]


def matching(viewer: Viewer, asked: Query) -> sa.Select[Any]:
    """Keys of the distributors that the query finds, as a select to put into another; scope is still to be asked."""
    dialect = db.engine.dialect.name
    hits = index.hits(dialect, index.match(dialect, viewer, asked.terms)).subquery()
    return (
        sa.select(SearchEntry.distributor_id)
        .join(hits, hits.c.docid == SearchEntry.docid)
        .where(*(_stands_in_document(piece) for piece in asked.verify))
    )


# Statements by database, patch and shape: building one costs more than running it.
_READY: dict[tuple[Any, ...], HotRead] = {}
_MOST_READY = 1000


def _statement(dialect: str, viewer: Viewer, has_terms: bool, pieces: int) -> sa.Select[Any]:
    code = sa.bindparam("code", type_=sa.String())
    compact = sa.bindparam("compact", type_=sa.String())
    length = sa.bindparam("length", type_=sa.Integer())
    keys: Any = sa.select(Distributor.id).where(Distributor.code_key == code)
    if has_terms:
        # So many may fit that those gathered leave the best ones out: names that begin with the text come in first.
        starting = _candidates(index.hits(dialect, bind="starting"), pieces, MOST, "beginning")
        others = _candidates(index.hits(dialect), pieces, _CANDIDATES, "candidates")
        keys = sa.union(keys, starting, others)
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
        .limit(sa.bindparam("most", type_=sa.Integer()))
    )


def _candidates(hits: sa.Select[Any], pieces: int, most: int, name: str) -> sa.Select[Any]:
    found = hits.subquery()
    gathered = (
        sa.select(SearchEntry.distributor_id)
        .join(found, found.c.docid == SearchEntry.docid)
        .where(*(_stands_in_document(sa.bindparam(f"piece_{n}", type_=sa.String())) for n in range(pieces)))
        .limit(most)
        .cte(name)
    )
    return sa.select(gathered.c.distributor_id)


def _stands_in_document(piece: Any) -> sa.ColumnElement[bool]:
    """What the tokens do not say: the whole piece, blanks between syllables left out."""
    if isinstance(piece, str):
        piece = f"%{piece}%"
    return sa.func.replace(SearchEntry.document, " ", "").like(piece)
