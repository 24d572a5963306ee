"""Drafting a policy and publishing it: always as a new version; a published one never changes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from .models import DraftRevision, DraftState, PolicyDraft, PolicyVersion
from .rules import differences, merge
from .sections import complete


class PublishRefusedError(Exception):
    """Not published. `reason`: 'past' (valid_from before today), 'stale' (somebody published meanwhile)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DraftRefusedError(Exception):
    """The draft stays as it is. `reason`: 'closed' (it was published or discarded), 'changed' (others saved meanwhile).

    `names`: the dotted names of the values that others changed too.
    """

    def __init__(self, reason: str, names: Collection[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.names = frozenset(names)


@dataclass(frozen=True, slots=True)
class Content:
    """What a draft says: all settings, the reason, and from when it should hold."""

    settings: Mapping[str, Any]
    note: str = ""
    valid_from: date | None = None

    @classmethod
    def of(cls, row: PolicyDraft | DraftRevision) -> Self:
        """What a draft says now, or said at a revision; settings that came with a later release have their default."""
        return cls(complete(row.settings), row.note, row.valid_from)

    def as_json(self) -> dict[str, Any]:
        """One object with all of it; the reason and the day under `about`."""
        day = self.valid_from.isoformat() if self.valid_from else None
        return {**self.settings, "about": {"note": self.note, "valid_from": day}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The content of such an object."""
        about, day = values["about"], values["about"]["valid_from"]
        settings = {name: value for name, value in values.items() if name != "about"}
        return cls(settings, about["note"], date.fromisoformat(day) if day else None)


def publish(
    viewer: Viewer,
    settings: Mapping[str, Any],
    valid_from: date,
    note: str,
    seen: int,
    today: date,
    at: datetime,
) -> PolicyVersion:
    """A new version, valid from today or later. `seen`: the newest version that the viewer started from.

    Raises PublishRefusedError.
    """
    if valid_from < today:
        raise PublishRefusedError("past")
    # Two administrators at once: the second waits at this row, then finds the first one's version.
    before = db.session.scalar(sa.select(PolicyVersion).where(PolicyVersion.version == seen).with_for_update())
    newest = db.session.scalar(sa.select(sa.func.max(PolicyVersion.version)))
    if before is None or newest != seen:
        raise PublishRefusedError("stale")
    made = PolicyVersion(
        version=seen + 1,
        valid_from=valid_from,
        settings=dict(settings),
        note=note,
        published_at=at,
        published_by_id=viewer.id,
    )
    db.session.add(made)
    changes = {"valid_from": [before.valid_from.isoformat(), valid_from.isoformat()], "note": [None, note]}
    record(
        viewer.id, "policy.publish", "policy", made.version, at, changes | differences(before.settings, made.settings)
    )
    return made


def draft(viewer: Viewer, key: UUID, content: Content, based_on: int, at: datetime) -> UUID:
    """Begin a draft; its key. `key` was made with the page, so that a double tap begins one draft."""
    values = {
        "state": DraftState.OPEN,
        "based_on": based_on,
        "settings": dict(content.settings),
        "note": content.note,
        "valid_from": content.valid_from,
        "revision": 1,
        "made_by_id": viewer.id,
        "created_at": at,
        "updated_by_id": viewer.id,
        "updated_at": at,
    }
    statement = insert_into(PolicyDraft).values(id=key, **values).on_conflict_do_nothing(index_elements=["id"])
    if db.session.execute(statement.returning(PolicyDraft.id)).first() is not None:
        _keep_revision(db.session.get_one(PolicyDraft, key))
        record(viewer.id, "policy.draft", "policy_draft", key, at, {"based_on": [None, based_on]})
    return key


def edit(draft: PolicyDraft, viewer: Viewer, seen: Content, typed: Content, at: datetime) -> dict[str, list[Any]]:
    """Save what the viewer changed in what he had seen, together with what others have saved since.

    Gives what others changed meanwhile, {dotted name: [seen, now]}. `draft` is a row held by `queries.hold_draft`.
    Raises DraftRefusedError: 'closed', or 'changed' with the values which others changed too, and not to the same.
    """
    _stay_open(draft)
    before, base = Content.of(draft).as_json(), seen.as_json()
    merged, clashes = merge(base, typed.as_json(), before)
    if clashes:
        raise DraftRefusedError("changed", clashes)
    _store(draft, viewer, Content.from_json(merged), "policy.edit", at)
    return differences(base, before)


def rebase(
    draft: PolicyDraft, viewer: Viewer, old: PolicyVersion, new: PolicyVersion, yielding: Collection[str], at: datetime
) -> None:
    """Take over what a newer version changed. What the draft changed too stays as the draft has it, but for `yielding`.

    `old` is the version the draft started from. Raises DraftRefusedError when the draft is closed.
    """
    _stay_open(draft)
    if old.version == new.version:
        return  # tapped twice
    now = Content.of(draft)
    settings, _clashes = merge(complete(old.settings), now.settings, complete(new.settings), yielding)
    draft.based_on = new.version
    content = replace(now, settings=settings)
    _store(draft, viewer, content, "policy.rebase", at, {"based_on": [old.version, new.version]})


def discard(draft: PolicyDraft, viewer: Viewer, at: datetime) -> None:
    """Put a draft away. Raises DraftRefusedError when it was published or discarded before."""
    _stay_open(draft)
    _close(draft, viewer, DraftState.DISCARDED, at)
    record(viewer.id, "policy.discard", "policy_draft", draft.id, at, {"state": ["open", "discarded"]})


def publish_draft(
    draft: PolicyDraft, viewer: Viewer, seen: int, note: str, valid_from: date, today: date, at: datetime
) -> PolicyVersion:
    """Publish a draft as it was at revision `seen`. Its settings have been checked.

    Raises DraftRefusedError, also when somebody saved the draft since that revision, and PublishRefusedError.
    """
    _stay_open(draft)
    if draft.revision != seen:
        raise DraftRefusedError("changed")
    made = publish(viewer, complete(draft.settings), valid_from, note, draft.based_on, today, at)
    db.session.flush()
    draft.note, draft.valid_from, draft.published_version = note, valid_from, made.version
    _close(draft, viewer, DraftState.PUBLISHED, at)
    return made


def _stay_open(draft: PolicyDraft) -> None:
    if draft.state is not DraftState.OPEN:
        raise DraftRefusedError("closed")


def _close(draft: PolicyDraft, viewer: Viewer, state: DraftState, at: datetime) -> None:
    draft.state, draft.updated_by_id, draft.updated_at = state, viewer.id, at


def _store(
    draft: PolicyDraft,
    viewer: Viewer,
    content: Content,
    action: str,
    at: datetime,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """A new revision, when anything is new."""
    changed = differences(Content.of(draft).as_json(), content.as_json()) | dict(changes or {})
    if not changed:
        return
    draft.settings, draft.note, draft.valid_from = dict(content.settings), content.note, content.valid_from
    draft.revision += 1
    draft.updated_by_id, draft.updated_at = viewer.id, at
    db.session.flush()
    _keep_revision(draft)
    record(viewer.id, action, "policy_draft", draft.id, at, changed)


def _keep_revision(draft: PolicyDraft) -> None:
    db.session.add(
        DraftRevision(
            draft_id=draft.id,
            revision=draft.revision,
            settings=draft.settings,
            note=draft.note,
            valid_from=draft.valid_from,
        )
    )
