"""Keeping what is derived from a distributor: its sort key and its place in the search index."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from fieldapp.core import search as words
from fieldapp.core.db import db
from fieldapp.core.pinyin import syllables
from fieldapp.people.audit.actions import record_each

from . import search
from .models import Contact, Distributor, SearchEntry

_CHUNK = 1000
_PINYIN_LENGTH = 400  # of the column
GIVEN_TO_REP = "distributors.give_to_rep"  # in the audit, of each distributor: {"rep": [before, after]}


def reindex(distributor_ids: Iterable[UUID]) -> int:
    """Bring sort key and search index up to date, in the transaction under way; returns how many documents changed.

    Call it after any change of a distributor's code, name or region, or of its contacts' names and phones, with the
    rows flushed. A row that did not change costs a read.
    """
    db.session.flush()
    connection = db.session.connection()
    changed = 0
    remaining = iter(dict.fromkeys(distributor_ids))
    while chunk := list(islice(remaining, _CHUNK)):
        changed += _reindex_chunk(connection, chunk)
    if changed >= _CHUNK:
        search.settle(connection)
    return changed


def rebuild(connection: Connection | None = None) -> int:
    """Make the whole index afresh; after a change of the rules by which tokens are made, or on suspicion.

    `connection`: a migration's own; otherwise the session's.
    """
    if connection is None:
        db.session.flush()
        connection = db.session.connection()
    search.clear(connection)
    connection.execute(sa.delete(SearchEntry))
    built = sum(_reindex_chunk(connection, chunk) for chunk in _all_ids(connection))
    search.settle(connection)
    return built


def _all_ids(connection: Connection) -> Iterator[Sequence[UUID]]:
    after = UUID(int=0)
    while chunk := connection.scalars(
        sa.select(Distributor.id).where(Distributor.id > after).order_by(Distributor.id).limit(_CHUNK)
    ).all():
        yield chunk
        after = chunk[-1]


def _reindex_chunk(connection: Connection, ids: Sequence[UUID]) -> int:
    documents, keys = _documents(connection, ids)
    stored = {
        row.distributor_id: (row.docid, row.document)
        for row in connection.execute(
            sa.select(SearchEntry.distributor_id, SearchEntry.docid, SearchEntry.document).where(
                SearchEntry.distributor_id.in_(ids)
            )
        )
    }
    new = [key for key in documents if key not in stored]
    edited = [key for key in documents if key in stored and stored[key][1] != documents[key]]

    search.take_out(connection, [stored[key] for key in edited])
    if edited:
        connection.execute(
            sa.update(SearchEntry)
            .where(SearchEntry.docid == sa.bindparam("number"))
            .values(document=sa.bindparam("text")),
            [{"number": stored[key][0], "text": documents[key]} for key in edited],
        )
    numbers = {key: stored[key][0] for key in edited} | _number(connection, new, documents)
    search.put(connection, [(numbers[key], documents[key]) for key in numbers])
    if keys:
        connection.execute(
            sa.update(Distributor).where(Distributor.id == sa.bindparam("key")).values(pinyin=sa.bindparam("spoken")),
            [{"key": key, "spoken": spoken} for key, spoken in keys.items()],
        )
    return len(numbers)


def _documents(connection: Connection, ids: Sequence[UUID]) -> tuple[dict[UUID, str], dict[UUID, str]]:
    """What the rows are found by, and the sort keys that differ from the stored ones."""
    people: dict[UUID, list[str]] = {}
    phones: dict[UUID, list[str]] = {}
    contacts = sa.select(Contact.distributor_id, Contact.name, Contact.phone).where(Contact.distributor_id.in_(ids))
    for key, name, phone in connection.execute(contacts.order_by(Contact.main.desc(), Contact.id)):
        if name:
            people.setdefault(key, []).append(name)
        if phone:
            phones.setdefault(key, []).append(phone)
    documents: dict[UUID, str] = {}
    keys: dict[UUID, str] = {}
    for key, code, name, pinyin, region in connection.execute(
        sa.select(
            Distributor.id, Distributor.code, Distributor.name, Distributor.pinyin, Distributor.region_code
        ).where(Distributor.id.in_(ids))
    ):
        spoken = syllables(name)
        sort_key = "".join(spoken)[:_PINYIN_LENGTH]
        if sort_key != pinyin:
            keys[key] = sort_key
        documents[key] = words.document(
            name, code, people=people.get(key, ()), phones=phones.get(key, ()), place=region, spoken=spoken
        )
    return documents, keys


def _number(connection: Connection, new: Sequence[UUID], documents: dict[UUID, str]) -> dict[UUID, int]:
    """Store new documents; returns the numbers that the database gave them."""
    if not new:
        return {}
    connection.execute(sa.insert(SearchEntry), [{"distributor_id": key, "document": documents[key]} for key in new])
    rows = connection.execute(
        sa.select(SearchEntry.distributor_id, SearchEntry.docid).where(SearchEntry.distributor_id.in_(new))
    )
    return {row.distributor_id: row.docid for row in rows}


def give_to_rep(by: UUID, ids: Sequence[UUID], before: UUID, to: UUID, now: datetime) -> list[UUID]:
    """Another rep looks after distributors from now on; those that were his until now.

    `updated_at` stays: it says when somebody last looked at the file.
    """
    moved = list(
        db.session.scalars(
            sa.update(Distributor)
            .where(Distributor.id.in_(ids), Distributor.rep_id == before)
            .values(rep_id=to)
            .execution_options(synchronize_session=False)
            .returning(Distributor.id)
        )
    )
    changes = {"rep": [str(before), str(to)]}
    record_each(by, GIVEN_TO_REP, "distributor", now, [(key, changes) for key in moved])
    return moved
