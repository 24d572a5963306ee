"""The search index of remarks: FTS5 on SQLite, a GIN index over a tsvector on PostgreSQL, both with the same tokens.

A remark's words are never changed, so its entry is put in once. Tokens are the characters and the pairs of neighbours
of what a remark is searched by (rules.plain), and the fours of its Latin letters and digits, which say more of a
batch. They only narrow: whoever uses the hits still verifies the words.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.engine import Connection

MOST_TERMS = 12
_FOUR = 4
_LATIN = re.compile(f"[a-z0-9]{{{_FOUR},}}")
_FTS = sa.table("remark_fts", sa.column("remark_id", sa.Uuid()), sa.column("tokens", sa.Text()))


def tokens(found_by: str) -> list[str]:
    """The tokens of what a remark is searched by, each once; letters and digits only."""
    found: set[str] = set()
    for line in found_by.split("\n"):
        found.update(line, _pairs(line), *map(_fours, _LATIN.findall(line)))
    return sorted(token for token in found if token.isalnum())


def terms(words: Iterable[str]) -> list[str]:
    """Tokens that every remark with all of these words has; empty when the index cannot tell."""
    found: list[str] = []
    for word in words:
        found.extend(four for run in _LATIN.findall(word) for four in _fours(run))
        found.extend(_pairs(_LATIN.sub(" ", word)) or _pairs(word) or [word])
    return list(dict.fromkeys(term for term in found if term.isalnum()))[:MOST_TERMS]


def _pairs(text: str) -> list[str]:
    return list(map("".join, pairwise(text)))


def _fours(run: str) -> list[str]:
    return [run[at : at + _FOUR] for at in range(len(run) - _FOUR + 1)]


def hits(dialect: str, asked: Sequence[str]) -> sa.Select[Any]:
    """Keys of the remarks that have all these tokens, as a select to put into another."""
    if dialect == "sqlite":
        wanted = " AND ".join(f'"{term}"' for term in asked)
        return sa.select(_FTS.c.remark_id).where(sa.literal_column("remark_fts").op("MATCH")(wanted))
    wanted = " & ".join(f"'{term}'" for term in asked)
    return sa.select(_FTS.c.remark_id).where(_FTS.c.tokens.op("@@")(sa.cast(wanted, TSQUERY)))


def put(connection: Connection, remarks: Iterable[tuple[UUID, str]]) -> None:
    """Put remarks in, by key and what they are searched by."""
    rows = [{"key": key, "tokens": " ".join(tokens(found_by))} for key, found_by in remarks]
    if not rows:
        return
    given: Any = sa.bindparam("tokens", type_=sa.Text())
    if connection.dialect.name != "sqlite":
        given = sa.func.array_to_tsvector(sa.func.string_to_array(given, " "))
    connection.execute(sa.insert(_FTS).values(remark_id=sa.bindparam("key", type_=sa.Uuid()), tokens=given), rows)
