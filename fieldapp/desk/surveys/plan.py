"""Surveys as a list: what is due, what was answered lately; within the viewer's patch."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.panels import Panel
from fieldapp.fieldwork.surveys.models import FormVersion, Survey
from fieldapp.fieldwork.surveys.rules import Audience, Form, SurveyState, read_form
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Outlet
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer

PAGE = 50
SOON = timedelta(days=7)


class Part(StrEnum):
    """Parts of the list. `closed`: without an answer."""

    DUE = "due"
    ANSWERED = "answered"
    CLOSED = "closed"


_STATES = {
    Part.DUE: (SurveyState.OPEN,),
    Part.ANSWERED: (SurveyState.ANSWERED,),
    Part.CLOSED: (SurveyState.EXPIRED, SurveyState.DECLINED),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for. `everybody`: of the whole patch, not one's own alone; `after`: place in the list."""

    part: Part = Part.DUE
    audience: Audience | None = None
    everybody: bool = False
    rep: UUID | None = None
    after: UUID | None = None

    @classmethod
    def read(cls, given: Mapping[str, str], viewer: Viewer) -> Self:
        """From an address; what cannot be read counts as not given. Only a rep's list begins with his own."""
        part, audience, who = given.get("part", ""), given.get("audience", ""), given.get("who", "")
        return cls(
            Part(part) if part in set(Part) else Part.DUE,
            Audience(audience) if audience in set(Audience) else None,
            who == "all" or (who != "me" and viewer.role is not Role.REP),
            _key(given.get("rep", "")),
            _key(given.get("after", "")),
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address, from the first page on."""
        own = {
            "part": self.part.value,
            "audience": self.audience,
            "who": "all" if self.everybody else "me",
            "rep": self.rep,
        }
        return {name: str(value) for name, value in {**own, **changes}.items() if value}


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class Row(NamedTuple):
    """A survey of the list; `place`: the outlet or farm, where it is about one."""

    survey: Survey
    distributor: str
    rep: str
    form: Form
    place: str


def listed(viewer: Viewer, asked: Asked) -> tuple[list[Row], bool]:
    """(a page of surveys, is there more): open ones by their due day, the others the latest first. Two statements."""
    found = (
        sa.select(Survey, Distributor.name, User.name, FormVersion.content)
        .join(Distributor, Distributor.id == Survey.distributor_id)
        .join(FormVersion, FormVersion.id == Survey.version_id)
        .join(User, User.id == Survey.rep_id)
        .where(viewer.scope(Distributor.region_code), Survey.state.in_(_STATES[asked.part]))
        .limit(PAGE + 1)
    )
    if not asked.everybody:
        found = found.where(Survey.rep_id == viewer.id)
    elif asked.rep is not None:
        found = found.where(Survey.rep_id == asked.rep)
    if asked.audience is not None:
        found = found.where(Survey.version_id.in_(_versions(asked.audience)))
    order = {Part.DUE: Survey.due, Part.ANSWERED: Survey.answered_at, Part.CLOSED: Survey.made_at}[asked.part]
    if asked.after is not None:
        edge = sa.select(order).where(Survey.id == asked.after).scalar_subquery()
        past = order > edge if asked.part is Part.DUE else order < edge
        beyond = Survey.id > asked.after if asked.part is Part.DUE else Survey.id < asked.after
        found = found.where(sa.or_(past, sa.and_(order == edge, beyond)))
    found = (
        found.order_by(order, Survey.id) if asked.part is Part.DUE else found.order_by(order.desc(), Survey.id.desc())
    )
    rows = db.session.execute(found).all()
    places = _places({key for row in rows for key in (row[0].outlet_id, row[0].farm_id) if key})
    shown = [
        Row(survey, name, rep, read_form(content), places.get(survey.outlet_id or survey.farm_id, ""))
        for survey, name, rep, content in rows[:PAGE]
    ]
    return shown, len(rows) > PAGE


def _versions(audience: Audience) -> list[UUID]:
    rows = db.session.execute(sa.select(FormVersion.id, FormVersion.content))
    return [id_ for id_, content in rows if content.get("audience") == audience.value]


def _places(keys: Collection[UUID]) -> dict[UUID | None, str]:
    if not keys:
        return {}
    return dict(db.session.execute(sa.select(Outlet.id, Outlet.name).where(Outlet.id.in_(keys))).tuples().all())


def due_count(viewer: Viewer, today: date) -> tuple[int, int]:
    """(how many of his own are due within a week, how many of them are late); one statement."""
    row = db.session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((Survey.due < today, 1), else_=0)), 0)).where(
            Survey.rep_id == viewer.id, Survey.state == SurveyState.OPEN, Survey.due <= today + SOON
        )
    ).one()
    return int(row[0]), int(row[1])


def on_home(viewer: Viewer, _key: UUID, today: date) -> Mapping[str, Any]:
    """What is due, and the way to the results; administrators ask nobody. One statement."""
    count, late = (0, 0) if viewer.role is Role.ADMIN else due_count(viewer, today)
    return {"count": count, "late": late, "decides": viewer.role is not Role.REP}


PANELS = (Panel("home", "desk/surveys/home.html", on_home, order=70),)
