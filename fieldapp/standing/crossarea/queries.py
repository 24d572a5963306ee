"""Cross-area cases as a viewer may see them: what he reported, what was found in his patch, and its sellers' cases."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from .models import CrossCase, CrossEntry, CrossLine, CrossMeasure, CrossPhoto
from .rules import CONFIRMED, OPEN, CaseState, Verdict

MOST_ENTRIES = 500
MOST_LINES = 200
MOST_OPEN = 50
_KNOWN_CHUNK = 1000


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition on a case: his own reports, what was found in his patch, and where the seller or the harmed
    distributor lies in it now."""
    if viewer.everywhere:
        return sa.true()
    return sa.or_(CrossCase.made_by_id == viewer.id, _found(viewer), _within(viewer, CrossCase.seller_id))


def _found(viewer: Viewer) -> sa.ColumnElement[bool]:
    return sa.or_(viewer.scope(CrossCase.region_code), _within(viewer, CrossCase.harmed_id))


def _within(viewer: Viewer, which: Any) -> sa.ColumnElement[bool]:
    # By their keys, and not by EXISTS: the distributors of a patch are found once, not for each case.
    return which.in_(sa.select(Distributor.id).where(viewer.scope(Distributor.region_code)))


def find(viewer: Viewer, case_id: UUID) -> CrossCase | None:
    """A case that he may see, or None."""
    return db.session.scalar(sa.select(CrossCase).where(CrossCase.id == case_id, visible(viewer)))


def find_photo(viewer: Viewer, photo_id: UUID) -> CrossPhoto | None:
    """A photo of a case that he may see, or None."""
    return db.session.scalar(
        sa.select(CrossPhoto)
        .join(CrossCase, CrossCase.id == CrossPhoto.case_id)
        .where(CrossPhoto.id == photo_id, visible(viewer))
    )


def awaits(viewer: Viewer) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions on a case that waits for the viewer's decision: what `decide` allows him; nothing for reps."""
    if viewer.role is Role.REP:
        return (sa.false(),)
    others = sa.or_(CrossCase.made_by_id.is_(None), CrossCase.made_by_id != viewer.id)
    heard = sa.and_(CrossCase.state == CaseState.HEARD)
    appealed = sa.and_(
        CrossCase.state == CaseState.APPEALED,
        CrossCase.decided_by_id != viewer.id,
        CrossCase.appealed_by_id != viewer.id,
    )
    both = [] if viewer.everywhere else [_found(viewer), _covers_seller(viewer)]
    return sa.or_(heard, appealed), others, *both


def _covers_seller(viewer: Viewer) -> sa.ColumnElement[bool]:
    return sa.or_(CrossCase.seller_id.is_(None), _within(viewer, CrossCase.seller_id))


def waiting_in(me: Any, region_within: Callable[[Any], Any]) -> sa.ScalarSelect[int]:
    """How many cases `awaits` holds for `me` where `region_within(column)` holds, to put into another statement."""

    def lies(which: Any) -> sa.ColumnElement[bool]:
        # EXISTS here: few cases wait, and the distributors of a patch are not to be found for each page.
        return sa.exists().where(Distributor.id == which, region_within(Distributor.region_code)).correlate(CrossCase)

    return (
        sa.select(sa.func.count())
        .select_from(CrossCase)
        .where(
            sa.or_(
                CrossCase.state == CaseState.HEARD,
                sa.and_(
                    CrossCase.state == CaseState.APPEALED,
                    CrossCase.decided_by_id != me,
                    CrossCase.appealed_by_id != me,
                ),
            ),
            sa.or_(CrossCase.made_by_id.is_(None), CrossCase.made_by_id != me),
            sa.or_(region_within(CrossCase.region_code), lies(CrossCase.harmed_id)),
            sa.or_(CrossCase.seller_id.is_(None), lies(CrossCase.seller_id)),
        )
        .scalar_subquery()
    )


def unseen(viewer: Viewer) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions on a case that nobody has begun to look into; for those who may."""
    return CrossCase.state.in_((CaseState.REPORTED, CaseState.SUSPECTED)), visible(viewer)


def thread(case: CrossCase) -> Sequence[CrossEntry]:
    """What was done and said, the first above; of a case that the viewer has found."""
    return db.session.scalars(
        sa.select(CrossEntry)
        .where(CrossEntry.case_id == case.id)
        .order_by(CrossEntry.at, CrossEntry.id)
        .limit(MOST_ENTRIES)
    ).all()


def photos(case: CrossCase) -> Sequence[CrossPhoto]:
    """Its photos, of a case that the viewer has found."""
    return db.session.scalars(
        sa.select(CrossPhoto).where(CrossPhoto.case_id == case.id).order_by(CrossPhoto.at, CrossPhoto.id)
    ).all()


def lines(case: CrossCase) -> Sequence[CrossLine]:
    """The invoice lines that speak for it, the latest first; of a case that the viewer has found."""
    return db.session.scalars(
        sa.select(CrossLine)
        .where(CrossLine.case_id == case.id)
        .order_by(CrossLine.gone, CrossLine.day.desc(), CrossLine.number, CrossLine.line_no)
        .limit(MOST_LINES)
    ).all()


def measures(case: CrossCase) -> Sequence[CrossMeasure]:
    """What was agreed, the first above; of a case that the viewer has found."""
    return db.session.scalars(
        sa.select(CrossMeasure)
        .where(CrossMeasure.case_id == case.id)
        .order_by(CrossMeasure.agreed_at, CrossMeasure.id)
        .execution_options(populate_existing=True)
    ).all()


def regions(case: CrossCase) -> tuple[str | None, str | None]:
    """Where its seller and the harmed distributor lie now."""
    keys = [key for key in (case.seller_id, case.harmed_id) if key]
    if not keys:
        return None, None
    rows = sa.select(Distributor.id, Distributor.region_code).where(Distributor.id.in_(keys))
    found = dict(db.session.execute(rows).tuples().all())
    return tuple(found.get(key) if key else None for key in (case.seller_id, case.harmed_id))  # type: ignore[return-value]


class Confirmed(NamedTuple):
    """Confirmed cases of a distributor as the seller."""

    benign: int
    malicious: int


def confirmed(distributor_id: UUID, since: date, until: date) -> Confirmed:
    """Those that were confirmed in the days from `since` to `until`, both included, and not overturned since."""
    found = confirmed_of([distributor_id], since, until)
    return found.get(distributor_id, Confirmed(0, 0))


def confirmed_of(distributors: Collection[UUID], since: date, until: date) -> Mapping[UUID, Confirmed]:
    """The same of many, without those that have none; one statement for each thousand."""
    asked, found = list(distributors), dict[UUID, Confirmed]()
    counts = [sa.func.sum(sa.case((CrossCase.verdict == one, 1), else_=0)) for one in Verdict]
    for start in range(0, len(asked), _KNOWN_CHUNK):
        rows = db.session.execute(
            sa.select(CrossCase.seller_id, *counts)
            .where(
                CrossCase.seller_id.in_(asked[start : start + _KNOWN_CHUNK]),
                CrossCase.confirmed_on >= since,
                CrossCase.confirmed_on <= until,
                CrossCase.state.in_(CONFIRMED),
            )
            .group_by(CrossCase.seller_id)
        )
        found |= {key: Confirmed(int(benign), int(malicious)) for key, benign, malicious in rows}
    return found


def open_of(viewer: Viewer, distributor_id: UUID, most: int = MOST_OPEN) -> Sequence[CrossCase]:
    """The undecided cases of a distributor, as the seller or the harmed one, the latest first."""
    side = sa.or_(CrossCase.seller_id == distributor_id, CrossCase.harmed_id == distributor_id)
    return db.session.scalars(
        sa.select(CrossCase)
        .where(side, CrossCase.state.in_(OPEN), visible(viewer))
        .order_by(CrossCase.number.desc())
        .limit(most)
    ).all()


def known_photos(keys: Collection[UUID]) -> Collection[UUID]:
    """Those of the keys that a photo of a case has."""
    asked, found = list(keys), set[UUID]()
    for start in range(0, len(asked), _KNOWN_CHUNK):
        chunk = asked[start : start + _KNOWN_CHUNK]
        found |= set(db.session.scalars(sa.select(CrossPhoto.id).where(CrossPhoto.id.in_(chunk))))
    return found
