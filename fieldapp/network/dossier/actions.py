"""Changes of a file, each with its audit entry, its completeness and the search index in the same transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import current_app

from fieldapp.core import storage
from fieldapp.core.contents import Content
from fieldapp.core.db import db, insert_into, uuid7
from fieldapp.network.distributors.actions import reindex
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import departures, policy, queries
from .lookalikes import Found
from .models import Attachment, Brand, BrandShare, Dossier
from .parts import Entry, Part, Values, audited, latest_share, marks, text_of
from .rules import PAPERS, AttachmentKind, Decision, merge, shares_fit
from .upkeep import refresh

SUBJECT = "distributor"
CODE_ATTEMPTS = 20


class GoneError(LookupError):
    """There is no such distributor in the viewer's patch, or no such entry in its file (any more)."""


class RefusedError(ValueError):
    """A value that cannot be beside what else is stored. `field`, and `reason` as a word: see views.py."""

    def __init__(self, field: str, reason: str, **facts: Any) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.facts = facts


class ConflictError(ValueError):
    """Somebody changed the same fields meanwhile; nothing was stored. `stored`: their values; `seen`: marks of now.

    `kept`: the other fields that stay as stored; a form that comes back with marks of now must show those values.
    """

    def __init__(self, fields: list[str], kept: list[str], stored: Values, seen: Mapping[str, str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields
        self.kept = kept
        self.stored = stored
        self.seen = seen


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is done: the instant, and the business date."""

    at: datetime
    today: date


def open_entry(viewer: Viewer, distributor_id: UUID, part: Part, item_id: UUID | None, *, lock: bool) -> Entry:
    """One entry of a file. `lock`: until the end of the transaction nobody else edits this file. Raises GoneError."""
    distributor = _distributor(viewer, distributor_id)
    dossier = _dossier(distributor_id, lock=lock)
    if lock:
        db.session.refresh(distributor)
    row = None
    if part.listed:
        row = db.session.scalar(
            sa.select(part.model)
            .where(part.model.id == item_id, part.model.distributor_id == distributor_id)
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise GoneError
    return Entry(part, distributor, dossier, row)


def seen_marks(entry: Entry) -> dict[str, str]:
    """Marks of what an entry holds now."""
    return marks(current_app.config["SECRET_KEY"], entry.path, entry.values())


def edit(
    viewer: Viewer,
    distributor_id: UUID,
    part: Part,
    item_id: UUID | None,
    typed: Values,
    base: Mapping[str, str],
    when: Moment,
) -> bool:
    """Store what was typed and differs from what the form was made from; returns whether anything changed.

    `base`: the marks that came with the form. Fields that others changed meanwhile keep their value. Raises
    ConflictError when both changed one, GoneError, RefusedError.
    """
    entry = open_entry(viewer, distributor_id, part, item_id, lock=True)
    stored = entry.values()
    secret = current_app.config["SECRET_KEY"]
    decided = merge(base, marks(secret, entry.path, typed), marks(secret, entry.path, stored))
    conflicts = [name for name in part.fields if decided.get(name) is Decision.CONFLICT]
    if conflicts:
        kept = [name for name in part.fields if decided.get(name, Decision.KEEP) is Decision.KEEP]
        raise ConflictError(conflicts, kept, stored, marks(secret, entry.path, stored))
    changes = {name: typed[name] for name in part.fields if decided.get(name) is Decision.TAKE}
    if not changes:
        return False
    _accept(entry, changes, stored)
    entry.write(changes)
    _put_share(entry, {**stored, **changes}, changes)
    _finish(viewer, entry, when, "edit", {name: (stored[name], value) for name, value in changes.items()})
    return True


def add(viewer: Viewer, distributor_id: UUID, part: Part, key: UUID | None, typed: Values, when: Moment) -> UUID:
    """A new entry; asked twice with one key it is made once. Raises GoneError, RefusedError."""
    distributor = _distributor(viewer, distributor_id)
    dossier = _dossier(distributor_id, lock=True)
    key = key or uuid7()
    there = db.session.get(part.model, key)
    if there is not None:
        if there.distributor_id != distributor_id:
            raise GoneError
        return key
    if part.model is Contact and not _main_contact(distributor_id):
        typed = {**typed, "main": True}
    row = part.model(id=key, distributor_id=distributor_id)
    entry = Entry(part, distributor, dossier, row)
    _accept(entry, typed, {})
    entry.write(typed)
    db.session.add(row)
    db.session.flush()
    _put_share(entry, typed, typed)
    given = {name: (None, typed[name]) for name in part.fields if typed.get(name) is not None}
    _finish(viewer, entry, when, "add", given)
    return key


def remove(viewer: Viewer, distributor_id: UUID, part: Part, item_id: UUID, when: Moment) -> None:
    """Take an entry out; the history keeps that it was there. Raises GoneError, RefusedError (the main contact)."""
    entry = open_entry(viewer, distributor_id, part, item_id, lock=True)
    if isinstance(entry.row, Contact) and entry.row.main and _contacts(distributor_id) > 1:
        raise RefusedError("main", "main_stays")
    values = entry.values()
    if isinstance(entry.row, Contact):
        departures.leaving(viewer, entry.row, entry.distributor, when.at)
    if isinstance(entry.row, Brand):
        db.session.execute(sa.delete(BrandShare).where(BrandShare.brand_id == item_id))
    db.session.delete(entry.row)
    _finish(viewer, entry, when, "remove", {name: (value, None) for name, value in values.items() if value is not None})


def confirm(viewer: Viewer, distributor_id: UUID, section: str, when: Moment) -> None:
    """Somebody looked, and the section is still right. Raises GoneError."""
    distributor = _distributor(viewer, distributor_id)
    dossier = _dossier(distributor_id, lock=True)
    before = dossier.checked.get(section, [None])[0]
    if before == when.today.isoformat():
        return
    _check(dossier, section, viewer, when.today)
    changes = {f"{section}/checked": [before, when.today.isoformat()]}
    record(viewer.id, "dossier.confirm", SUBJECT, distributor.id, when.at, changes)


# Documents -------------------------------------------------------------------------------------------------------


def attach(
    viewer: Viewer, distributor_id: UUID, kind: AttachmentKind, filename: str, content: Content, when: Moment
) -> Attachment:
    """Keep a document: content first, then its row. The same content sent twice is one document.

    Raises GoneError, storage.StorageError. Whoever cannot commit afterwards must call storage.discard.
    """
    distributor = _distributor(viewer, distributor_id)
    dossier = _dossier(distributor_id, lock=True)
    digest = queries.digest(content.data)
    there = db.session.scalar(
        sa.select(Attachment).where(
            Attachment.distributor_id == distributor_id,
            Attachment.sha256 == digest,
            Attachment.removed_at.is_(None),
        )
    )
    if there is not None:
        return there
    row = Attachment(
        id=uuid7(),
        distributor_id=distributor_id,
        kind=kind,
        filename=filename,
        media_type=content.media_type,
        size=len(content.data),
        sha256=digest,
        made_by_id=viewer.id,
        made_at=when.at,
    )
    storage.keep(row.id, digest, content.data)
    try:
        db.session.add(row)
        _check(dossier, PAPERS, viewer, when.today)
        record(
            viewer.id,
            "dossier.attach",
            SUBJECT,
            distributor.id,
            when.at,
            {f"papers/{row.id}": [None, filename], f"papers/{row.id}/kind": [None, kind.value]},
        )
        refresh([distributor_id], policy.on(when.today).weights)
        db.session.commit()
    except BaseException:
        db.session.rollback()
        storage.discard(row.id, digest)
        raise
    return row


def detach(viewer: Viewer, distributor_id: UUID, attachment_id: UUID, reason: str, when: Moment) -> None:
    """Remove a document's content; its row stays, with who removed it and why. Raises GoneError."""
    _distributor(viewer, distributor_id)
    dossier = _dossier(distributor_id, lock=True)
    row = db.session.scalar(
        sa.select(Attachment)
        .where(
            Attachment.id == attachment_id,
            Attachment.distributor_id == distributor_id,
            Attachment.removed_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise GoneError
    row.removed_at, row.removed_by_id, row.removed_reason = when.at, viewer.id, reason
    _check(dossier, PAPERS, viewer, when.today)
    record(
        viewer.id,
        "dossier.detach",
        SUBJECT,
        distributor_id,
        when.at,
        {f"papers/{row.id}": [row.filename, None], f"papers/{row.id}/reason": [None, reason]},
    )
    refresh([distributor_id], policy.on(when.today).weights)
    db.session.commit()
    storage.discard(row.id, row.sha256)  # after the commit: a row without its content must not be


# A new distributor -----------------------------------------------------------------------------------------------


def create(viewer: Viewer, typed: Values, alike: Found, reason: str | None, when: Moment) -> Distributor:
    """A prospect of the viewer. `typed`: name, region, contact, phone, and code, address, credit_code or None.

    Without a code one is made. `alike`, `reason`: what looked like it, and why it was made all the same; kept in the
    audit. Raises RefusedError when the code is taken.
    """
    if typed["code"]:
        distributor = _insert(viewer, typed, typed["code"], when)
        if distributor is None:
            raise RefusedError("code", "taken")
    else:
        distributor = _with_a_code(viewer, typed, when)
    db.session.add(
        Contact(id=uuid7(), distributor_id=distributor.id, main=True, name=typed["contact"], phone=typed["phone"])
    )
    changes: dict[str, Any] = {"company/code": [None, distributor.code], "company/name": [None, distributor.name]}
    if alike:
        changes["alike"] = [None, [one.code for one in alike.within] + ["?"] * len(alike.outside)]
        changes["company/reason"] = [None, reason]
    record(viewer.id, "dossier.create", SUBJECT, distributor.id, when.at, changes)
    reindex([distributor.id])
    refresh([distributor.id], policy.on(when.today).weights)
    return distributor


def _with_a_code(viewer: Viewer, typed: Values, when: Moment) -> Distributor:
    for _attempt in range(CODE_ATTEMPTS):
        distributor = _insert(viewer, typed, queries.next_code(when.today), when)
        if distributor is not None:
            return distributor
    raise RefusedError("code", "taken")


def _insert(viewer: Viewer, typed: Values, code: str, when: Moment) -> Distributor | None:
    """None when the code is taken: two who save at once get two codes, not an error."""
    statement = insert_into(Distributor).values(
        id=uuid7(),
        code=code,
        code_key=code.casefold(),
        name=typed["name"],
        pinyin="",
        region_code=typed["region"],
        rep_id=viewer.id,
        status=Status.PROSPECT,
        address=typed["address"],
        credit_code=typed["credit_code"],
        updated_at=when.at,
    )
    made = db.session.scalar(statement.on_conflict_do_nothing(index_elements=["code_key"]).returning(Distributor.id))
    return db.session.get_one(Distributor, made) if made else None


# What edits have in common ---------------------------------------------------------------------------------------


def _distributor(viewer: Viewer, distributor_id: UUID) -> Distributor:
    found = db.session.scalar(
        sa.select(Distributor).where(Distributor.id == distributor_id, viewer.scope(Distributor.region_code))
    )
    if found is None:
        raise GoneError
    return found


def _dossier(distributor_id: UUID, *, lock: bool) -> Dossier:
    """The file's row, made if there is none yet; locked, so that edits of one file come one after the other."""
    if lock:
        values = {"distributor_id": distributor_id, "percent": 0, "missing": [], "checked": {}}
        db.session.execute(insert_into(Dossier).values(**values).on_conflict_do_nothing())
        one = sa.select(Dossier).where(Dossier.distributor_id == distributor_id)
        return db.session.scalars(one.with_for_update().execution_options(populate_existing=True)).one()
    return db.session.get(Dossier, distributor_id) or Dossier(distributor_id=distributor_id, checked={})


def _accept(entry: Entry, changes: Values, stored: Values) -> None:
    """What only the other rows can tell. Raises RefusedError."""
    row = entry.row
    if isinstance(row, Contact) and changes.get("main"):
        others = sa.update(Contact).where(Contact.distributor_id == row.distributor_id, Contact.main)
        db.session.execute(others.values(main=False), execution_options={"synchronize_session": "fetch"})
    elif isinstance(row, Contact) and stored.get("main") and changes.get("main") is False:
        raise RefusedError("main", "main_stays")
    if isinstance(row, Brand):
        _accept_brand(row, {**stored, **changes}, changes)


def _accept_brand(row: Brand, values: Values, changes: Values) -> None:
    same = sa.select(Brand.id).where(
        Brand.distributor_id == row.distributor_id, Brand.name_key == values["name"].casefold(), Brand.id != row.id
    )
    if db.session.scalar(same) is not None:
        raise RefusedError("name", "brand_there")
    if not changes.keys() & {"percent", "as_of"} or values["percent"] is None:
        return
    others = db.session.scalars(
        sa.select(BrandShare.percent)
        .join(Brand, Brand.id == BrandShare.brand_id)
        .where(
            Brand.distributor_id == row.distributor_id,
            BrandShare.as_of == values["as_of"],
            BrandShare.brand_id != row.id,
        )
    ).all()
    if not shares_fit(others, values["percent"]):
        raise RefusedError("percent", "over_hundred", others=text_of(sum(others)), day=values["as_of"])


def _put_share(entry: Entry, values: Values, changes: Values) -> None:
    if not isinstance(entry.row, Brand) or not changes.keys() & {"percent", "as_of"}:
        return
    if values["percent"] is None:
        latest = latest_share(entry.row.id)
        if latest is not None:
            db.session.delete(latest)
        return
    same_day = sa.select(BrandShare).where(BrandShare.brand_id == entry.row.id, BrandShare.as_of == values["as_of"])
    share = db.session.scalar(same_day)
    if share is None:
        db.session.add(BrandShare(brand_id=entry.row.id, as_of=values["as_of"], percent=values["percent"]))
    else:
        share.percent = values["percent"]


def _finish(viewer: Viewer, entry: Entry, when: Moment, verb: str, changed: Mapping[str, tuple[Any, Any]]) -> None:
    part, distributor = entry.part, entry.distributor
    dossier = _dossier(distributor.id, lock=False)
    _check(dossier, part.section, viewer, when.today)
    distributor.updated_at = when.at
    changes: dict[str, Any] = {
        f"{entry.path}/{name}": [audited(part, name, old), audited(part, name, new)]
        for name, (old, new) in changed.items()
    }
    if part.listed:
        label = part.masked(part.label, text_of(getattr(entry.row, part.label)))
        changes[entry.path] = [None if verb == "add" else label, None if verb == "remove" else label]
    record(viewer.id, f"dossier.{verb}", SUBJECT, distributor.id, when.at, changes)
    db.session.flush()
    if part.indexed:
        reindex([distributor.id])
    refresh([distributor.id], policy.on(when.today).weights)


def _check(dossier: Dossier, section: str, viewer: Viewer, today: date) -> None:
    dossier.checked = {**dossier.checked, section: [today.isoformat(), str(viewer.id)]}


def _main_contact(distributor_id: UUID) -> bool:
    some = sa.select(Contact.id).where(Contact.distributor_id == distributor_id, Contact.main)
    return db.session.scalar(some) is not None


def _contacts(distributor_id: UUID) -> int:
    count = sa.select(sa.func.count()).select_from(Contact).where(Contact.distributor_id == distributor_id)
    return db.session.scalar(count) or 0
