"""Merged accounts among what a conflict can be about. Whoever may not decide about them sees none of it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import url_for

from fieldapp.core.i18n import gettext as _
from fieldapp.fieldwork.conflicts.links import Linked, LinkKind, key_of, keys_of
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import queries, words
from .actions import Pair
from .models import MergedPair

MOST_OFFERED = 30


def _pairs(viewer: Viewer, *conditions: Any) -> list[Pair]:
    if viewer.role is Role.REP:
        return []
    return queries.pairs(viewer, *conditions, most=MOST_OFFERED)


def _title(found: Pair) -> str:
    return f"{found.one.name} · {found.other.name} · {words.state_name(found.row.state)}"


def _find(viewer: Viewer, keys: Collection[str]) -> dict[str, Linked]:
    return {
        str(found.row.id): Linked(_title(found), url_for("merged.show", pair_id=found.row.id))
        for found in _pairs(viewer, MergedPair.id.in_(keys_of(keys)))
    }


def _suggest(viewer: Viewer, distributors: Collection[UUID]) -> list[tuple[str, str]]:
    theirs = sa.or_(MergedPair.one_id.in_(distributors), MergedPair.other_id.in_(distributors))
    return [(str(found.row.id), _title(found)) for found in _pairs(viewer, theirs)]


def _parties(viewer: Viewer, key: str) -> list[str]:
    return [
        code for found in _pairs(viewer, MergedPair.id == key_of(key)) for code in (found.one.code, found.other.code)
    ]


LINKS = (LinkKind("merged", lambda: _("Merged accounts"), _find, _suggest, _parties),)
