"""Invoices that were read in and have yet to be looked at: a queue for each topic that wants to.

Whoever looks at invoices (the floor, the area the goods went to) declares a topic and a reader. The import puts every
invoice that it created or changed into each topic's queue, in its own transaction, so that none is forgotten whatever
happens afterwards; the looking is done after it, in pieces (`work`), and again by a chore for whatever was left.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import UUID
from zlib import crc32

import sqlalchemy as sa
from flask import Flask, current_app

from fieldapp.core.chores import Chore
from fieldapp.core.db import begin_writing, db, insert_into
from fieldapp.core.logs import log

from .models import FreshInvoice, Invoice

CHUNK = 1000  # invoices that a reader is given at once, in one transaction
MOST_FAULTS = 10  # of a topic in one go; the rest waits for the next
_TOPICS = "fieldapp.fresh_invoices"

# `read(invoice_ids, now, today)` → how many remarks it made. In a transaction that is committed after it.
Reader = Callable[[Sequence[UUID], datetime, date], int]


def declare(app: Flask, topic: str, read: Reader) -> None:
    """Have invoices that are new or changed looked at. `topic`: at most 32 characters, once for each app.

    The reader is given keys of invoices, those of a distributor together, that may have been looked at before, and must
    come to the same result however often it looks. It neither commits nor rolls back.
    """
    topics: dict[str, Reader] = app.extensions.setdefault(_TOPICS, {})
    if topic in topics:
        raise ValueError(f"the topic {topic} is declared twice")
    topics[topic] = read


def queue(invoice_ids: Sequence[UUID]) -> None:
    """Put invoices (at most some thousands at once) into every topic's queue, in the transaction under way."""
    _queue(Invoice.id.in_(invoice_ids))


def queue_since(day: date) -> int:
    """Put every invoice dated on or after a day into every topic's queue; how many there are."""
    _queue(Invoice.date >= day)
    return db.session.scalar(sa.select(sa.func.count()).select_from(Invoice).where(Invoice.date >= day)) or 0


def _queue(where: sa.ColumnElement[bool]) -> None:
    for topic in _topics():
        found = sa.select(sa.literal(topic, sa.String), Invoice.id, Invoice.distributor_id).where(where)
        statement = insert_into(FreshInvoice).from_select(["topic", "invoice_id", "distributor_id"], found)
        # Not "do nothing": the row is locked until our change can be read. Otherwise PostgreSQL would let a worker take
        # it for the old state of the invoice while we write the new one.
        statement = statement.on_conflict_do_update(
            index_elements=["topic", "invoice_id"], set_={"distributor_id": statement.excluded.distributor_id}
        )
        db.session.execute(statement)


def work(now: datetime, today: date) -> int:
    """Look at everything that is queued; how many invoices were looked at, over all topics.

    Each piece is a transaction of its own. A reader that fails is rolled back and tried on smaller pieces: the invoice
    at fault stays in the queue, its fault is in the log, and neither the others nor other topics wait for it. Two at
    once share the pieces. Raises nothing that a reader raises.
    """
    return sum(_work(topic, read, now, today) for topic, read in _topics().items())


def waiting(topic: str) -> int:
    """How many invoices a topic has yet to look at."""
    statement = sa.select(sa.func.count()).select_from(FreshInvoice).where(FreshInvoice.topic == topic)
    return db.session.scalar(statement) or 0


def _work(topic: str, read: Reader, now: datetime, today: date) -> int:
    after: tuple[UUID, UUID] | None = None
    size, faults, done, remarks = CHUNK, 0, 0, 0
    while faults < MOST_FAULTS:
        begin_writing()
        keys: list[tuple[UUID, UUID]] = []
        try:
            keys = _take(topic, after, size)
            if keys:
                found = read([invoice for _distributor, invoice in keys], now, today)
            db.session.commit()
        except Exception:
            db.session.rollback()
            if not keys:
                log.exception("invoices_not_taken", topic=topic)
                break
            if len(keys) > 1:
                size = max(len(keys) // 10, 1)
                continue
            faults += 1
            after = keys[0]
            log.exception("invoice_not_looked_at", topic=topic, invoice=str(after[1]))
            continue
        if not keys:
            break
        done += len(keys)
        remarks += found
        after, size = keys[-1], min(size * 10, CHUNK)
    if done:
        log.info("invoices_looked_at", topic=topic, invoices=done, remarks=remarks)
    return done


def _take(topic: str, after: tuple[UUID, UUID] | None, size: int) -> list[tuple[UUID, UUID]]:
    """The next (distributor, invoice), out of the queue: until our transaction ends nobody else looks for this topic.

    By distributor, so that what a reader has to know of one it reads once.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCKS, crc32(topic.encode()) & 0x7FFFFFFF)))
    mine = FreshInvoice.topic == topic
    place = sa.tuple_(FreshInvoice.distributor_id, FreshInvoice.invoice_id)
    found = sa.select(FreshInvoice.distributor_id, FreshInvoice.invoice_id).where(mine)
    if after is not None:
        found = found.where(place > sa.tuple_(*(sa.literal(key, sa.Uuid) for key in after)))
    # One that an import holds is skipped: it is looked at after that import.
    found = found.order_by(FreshInvoice.distributor_id, FreshInvoice.invoice_id).limit(size)
    keys = list(db.session.execute(found.with_for_update(skip_locked=True)).tuples())
    taken = sa.delete(FreshInvoice).where(mine, FreshInvoice.invoice_id.in_([invoice for _, invoice in keys]))
    db.session.execute(taken.execution_options(synchronize_session=False))
    return keys


_LOCKS = 31  # the family of our advisory locks on PostgreSQL


def _topics() -> dict[str, Reader]:
    topics: dict[str, Reader] = current_app.extensions.get(_TOPICS, {})
    return topics


CHORES = (Chore("invoices", work),)
