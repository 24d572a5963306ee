"""Cross-area cases among what a conflict can be about."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from flask import url_for

from fieldapp.core.db import db
from fieldapp.core.i18n import gettext as _
from fieldapp.desk.checks import reference
from fieldapp.fieldwork.conflicts.links import Linked, LinkKind, key_of, keys_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.crossarea import queries, words
from fieldapp.standing.crossarea.models import CrossCase

from . import sources

MOST_OFFERED = 30


def _title(case: CrossCase) -> str:
    """Where and how it stands; who sold is not said here: not everybody who sees the case may know."""
    place = reference.read()[1].path(case.region_code)
    return f"{words.number(case.number)} · {place} · {words.state_name(case.state)}"


def _find(viewer: Viewer, keys: Collection[str]) -> dict[str, Linked]:
    wanted = sa.select(CrossCase).where(CrossCase.id.in_(keys_of(keys)), queries.visible(viewer))
    return {
        str(case.id): Linked(_title(case), url_for("crossarea.show", case_id=case.id))
        for case in db.session.scalars(wanted)
    }


def _suggest(viewer: Viewer, distributors: Collection[UUID]) -> list[tuple[str, str]]:
    theirs = sa.or_(CrossCase.seller_id.in_(distributors), CrossCase.harmed_id.in_(distributors))
    wanted = sa.select(CrossCase).where(theirs, queries.visible(viewer))
    cases = db.session.scalars(wanted.order_by(CrossCase.number.desc()).limit(MOST_OFFERED))
    return [(str(case.id), _title(case)) for case in cases]


def _parties(viewer: Viewer, key: str) -> list[str]:
    """The harmed side first: it complains. Only those whom he may know."""
    wanted = sa.select(CrossCase).where(CrossCase.id == key_of(key), queries.visible(viewer))
    case = db.session.scalars(wanted).one_or_none()
    if case is None:
        return []
    sides = [side for side in (case.harmed_id, case.seller_id) if side is not None]
    known = sources.known(viewer, sides)
    return [known[side].code for side in sides if side in known]


LINKS = (LinkKind("crossarea", lambda: _("Cross-area sales"), _find, _suggest, _parties),)
