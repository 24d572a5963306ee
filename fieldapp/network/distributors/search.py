"""The distributors' search index in the database: FTS5 on SQLite, a GIN index over a tsvector on PostgreSQL.

Both hold the same tokens (core/search.py) under the same number, SearchEntry.docid.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.engine import Connection

from fieldapp.core.search import patch_terms, tokens
from fieldapp.people.accounts.viewer import Viewer

_FTS = sa.table("distributor_fts", sa.column("rowid"), sa.column("docid"), sa.column("tokens"))
_MAX_PATCH_TERMS = 100


def match(dialect: str, viewer: Viewer, terms: Sequence[str]) -> str:
    """The index query for documents that hold all terms, narrowed to the viewer's patch inside the index.

    The patch only narrows here: whoever uses the hits still asks `viewer.scope`. Terms hold letters, digits and `_`.
    """
    both, either, quote = (" AND ", " OR ", '"') if dialect == "sqlite" else (" & ", " | ", "'")
    asked = both.join(f"{quote}{term}{quote}" for term in terms)
    places = None if viewer.everywhere else patch_terms(viewer.patch)
    if places and len(places) <= _MAX_PATCH_TERMS:
        asked += both + "(" + either.join(f"{quote}{place}{quote}" for place in places) + ")"
    return asked


def hits(dialect: str, matching: str | None = None, bind: str = "match") -> sa.Select[Any]:
    """The numbers (docid) of the documents that match; without `matching` that is given by the bind."""
    asked = sa.bindparam(bind, matching, type_=sa.String(), unique=matching is not None, required=matching is None)
    if dialect == "sqlite":
        return sa.select(_FTS.c.rowid.label("docid")).where(sa.literal_column("distributor_fts").op("MATCH")(asked))
    return sa.select(_FTS.c.docid).where(_FTS.c.tokens.op("@@")(sa.cast(asked, TSQUERY)))


def put(connection: Connection, documents: Sequence[tuple[int, str]]) -> None:
    """Put documents, by number, into the index. Those numbers must not be in it."""
    rows = [(docid, " ".join(tokens(text))) for docid, text in documents]
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO distributor_fts (rowid, tokens) VALUES (?, ?)", rows)
    else:
        connection.exec_driver_sql(
            "INSERT INTO distributor_fts (docid, tokens) VALUES (%s, array_to_tsvector(string_to_array(%s, ' ')))", rows
        )


def take_out(connection: Connection, documents: Sequence[tuple[int, str]]) -> None:
    """Take documents out again; the text must be what was put in."""
    if not documents:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO distributor_fts (distributor_fts, rowid, tokens) VALUES ('delete', ?, ?)",
            [(docid, " ".join(tokens(text))) for docid, text in documents],
        )
    else:
        connection.execute(
            sa.text("DELETE FROM distributor_fts WHERE docid = ANY(:docids)"),
            {"docids": [docid for docid, _ in documents]},
        )


def clear(connection: Connection) -> None:
    """Empty the index; before every document is put in afresh."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO distributor_fts (distributor_fts) VALUES ('delete-all')")
    else:
        connection.exec_driver_sql("DELETE FROM distributor_fts")


def settle(connection: Connection) -> None:
    """After many changes: merge the index's pieces, so that a query reads few of them."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO distributor_fts (distributor_fts, rank) VALUES ('merge', 500)")
