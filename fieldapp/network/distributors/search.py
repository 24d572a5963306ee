"""The distributors' search index in the database: FTS5 on SQLite, a GIN index over a tsvector on PostgreSQL.

Both hold the same tokens (core/search.py) under the same number, SearchEntry.docid.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from fieldapp.core.search import Query, patch_terms, tokens
from fieldapp.people.accounts.viewer import Viewer

from .models import SearchEntry

_FTS = sa.table("distributor_fts", sa.column("rowid"), sa.column("docid"), sa.column("tokens"))
_MAX_PATCH_TERMS = 100


def hits(dialect: str, viewer: Viewer, terms: Sequence[str]) -> sa.Select[Any]:
    """The numbers (docid) of the documents that hold all terms, narrowed to the viewer's patch inside the index.

    The patch terms only narrow: whoever uses the hits still asks `viewer.scope`.
    """
    places = None if viewer.everywhere else patch_terms(viewer.patch)
    if places and len(places) > _MAX_PATCH_TERMS:
        places = None
    if dialect == "sqlite":
        match = " AND ".join(f'"{term}"' for term in terms)
        if places:
            match += " AND (" + " OR ".join(f'"{place}"' for place in places) + ")"
        return sa.select(_FTS.c.rowid.label("docid")).where(sa.literal_column("distributor_fts").op("MATCH")(match))
    match = " & ".join(f"'{term}'" for term in terms)
    if places:
        match += " & (" + " | ".join(f"'{place}'" for place in places) + ")"
    return sa.select(_FTS.c.docid).where(sa.text("tokens @@ CAST(:fts_match AS tsquery)").bindparams(fts_match=match))


def verified(query: Query) -> list[sa.ColumnElement[bool]]:
    """Conditions on SearchEntry for what the tokens do not say."""
    unspaced = sa.func.replace(SearchEntry.document, " ", "")
    return [unspaced.contains(piece, autoescape=True) for piece in query.verify]


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
