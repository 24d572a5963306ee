"""What the screens of a visit show: the one during it, and its page afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fieldapp.core.db import db, uuid7
from fieldapp.core.i18n import language
from fieldapp.fieldwork.tasks import queries as tasks
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskKind
from fieldapp.fieldwork.visits import policy, queries
from fieldapp.fieldwork.visits.models import Visit, VisitNote, VisitPhoto
from fieldapp.fieldwork.visits.rules import (
    Flag,
    NoteSection,
    flags,
    may_change,
    presumed_end,
)
from fieldapp.network.dossier.queries import supplied
from fieldapp.network.playbook.book import Playbook, TypePage, playbook
from fieldapp.network.playbook.queries import advised
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer

from . import presentation
from .queries import corrections_of, next_visit

LATE = timedelta(minutes=5)
PROMISE_DAYS = 7
MOST_OUTLETS = 60
NOBODY = UUID(int=0)  # stands in the addresses of a visit that has not begun: static/visit.js puts its key there


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that came back: its name on the page (a section, `photo`, `promise`, …) and what is wrong."""

    name: str
    form: Any


@dataclass(frozen=True, slots=True)
class StillOpen:
    """The visit that the rep has not left, elsewhere or here; `presumed`: when he did, if nobody says so."""

    visit: Visit
    name: str
    presumed: datetime


@dataclass(frozen=True, slots=True)
class Screen:
    """One visit with all that its forms and lists need. `visit` is None before the check-in.

    `steps`: the talk plan as it was followed, by skill. `types`: of the contacts, the main one first. `known`: the
    viewer's latest visits here.
    """

    viewer: Viewer
    distributor: Any
    visit: Visit | None
    rep: str
    now: datetime
    today: date
    editable: bool
    notes: Mapping[NoteSection, Sequence[VisitNote]]
    steps: Mapping[str, VisitNote]
    promises: Sequence[Task]
    promotions: Sequence[Task]
    done: Sequence[Task]
    photos: Sequence[VisitPhoto]
    contacts: Sequence[Any]
    types: Sequence[TypePage]
    book: Playbook
    far: int
    minutes: int
    next_on: date | None = None
    due: date | None = None
    still_open: StillOpen | None = None
    known: Sequence[UUID] = ()
    outlets: Sequence[Any] = ()
    corrections: Sequence[Any] = ()
    failed: Failed | None = None
    words: Any = field(default=presentation, repr=False)

    @property
    def outlet_options(self) -> list[tuple[str, str]]:
        """To whom else something can be promised."""
        return [(str(row.id), row.name) for row in self.outlets]

    @property
    def key(self) -> UUID:
        """The visit's key as addresses have it."""
        return self.visit.id if self.visit else NOBODY

    @property
    def may_write(self) -> bool:
        """Does the viewer make visits at all?"""
        return self.viewer.role is not Role.ADMIN

    @property
    def own(self) -> bool:
        """Is it the viewer's own visit?"""
        return self.visit is not None and self.visit.rep_id == self.viewer.id

    @property
    def writes(self) -> bool:
        """Are there forms to write in it? Also before the check-in: static/visit.js shows them without a signal."""
        return self.may_write if self.visit is None else self.editable

    @property
    def over(self) -> bool:
        """Has he left?"""
        return self.visit is not None and self.visit.left_at is not None

    @property
    def late(self) -> bool:
        """Did the check-in wait in the phone for long?"""
        return self.visit is not None and self.visit.recorded_at - self.visit.arrived_at > LATE

    @property
    def presumed(self) -> datetime | None:
        """When he left a visit of an earlier day, if nobody says so."""
        if self.visit is None:
            return None
        noted = max((note.made_at for found in self.notes.values() for note in found), default=None)
        return presumed_end(self.visit.arrived_at, noted, self.minutes, self.now)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What is to be said of the visit."""
        return flags_of(self.visit, self.far) if self.visit else ()

    @property
    def summary(self) -> str:
        """What the summary starts from: what was said, else what was noted."""
        if self.visit and self.visit.summary:
            return self.visit.summary
        return presentation.summary_of(note for found in self.notes.values() for note in found)

    @property
    def contact_options(self) -> list[tuple[str, str]]:
        """(key, name) of those whom he may have met."""
        return [(str(one.id), one.name or one.phone or "—") for one in self.contacts]

    @property
    def met(self) -> str | None:
        """The name of the contact that he met."""
        if self.visit is None or self.visit.contact_id is None:
            return None
        return dict(self.contact_options).get(str(self.visit.contact_id))

    def new_key(self) -> UUID:
        """The key of the row that a form would make."""
        return uuid7()

    def value(self, form: str, name: str, otherwise: Any = "") -> Any:
        """What stands in a field: what was typed, where its form came back."""
        if self.failed and self.failed.name == form:
            return self.failed.form[name].data or ""
        return otherwise

    def errors(self, form: str, name: str) -> Sequence[str] | None:
        """What is wrong with a field."""
        return self.failed.form[name].errors or None if self.failed and self.failed.name == form else None

    def came_back(self, form: str) -> bool:
        """Did this form come back?"""
        return self.failed is not None and self.failed.name == form


def flags_of(visit: Any, far: int) -> tuple[Flag, ...]:
    """The flags of a visit or of a row of a list of them; that it is under way the pages say apart."""
    placed = visit.arrival_problem is None
    found = flags(placed=placed, metres=visit.arrival_distance, ending=visit.ending, far=far)
    return tuple(flag for flag in found if flag is not Flag.UNDER_WAY)


def live(
    viewer: Viewer, distributor_id: UUID, now: datetime, today: date, failed: Failed | None = None
) -> Screen | None:
    """The screen of a visit to a distributor, before and during it; None outside the patch."""
    distributor = queries.distributor(viewer, distributor_id)
    if distributor is None:
        return None
    own = queries.under_way(viewer.id)
    here = own if own and own.distributor_id == distributor_id else None
    return _read(
        viewer, distributor, here, now, today, failed, still_open=_still_open(own if here is None else None, now, today)
    )


def _still_open(visit: Visit | None, now: datetime, today: date) -> StillOpen | None:
    if visit is None:
        return None
    presumed = presumed_end(visit.arrived_at, queries.last_noted_at(visit.id), policy.on(today).repair_minutes, now)
    return StillOpen(visit, queries.name_of(visit.distributor_id), presumed)


def afterwards(viewer: Viewer, visit: Visit, now: datetime, today: date, failed: Failed | None = None) -> Screen:
    """The page of a visit that the viewer has found."""
    return _read(viewer, queries.distributor_of(visit), visit, now, today, failed)


def _read(
    viewer: Viewer,
    distributor: Any,
    visit: Visit | None,
    now: datetime,
    today: date,
    failed: Failed | None,
    still_open: StillOpen | None = None,
) -> Screen:
    notes: dict[NoteSection, list[VisitNote]] = {}
    for note in queries.notes_of(visit.id) if visit else ():
        notes.setdefault(note.section, []).append(note)
    book, held = playbook(language()), policy.on(today)
    own = visit is not None and visit.rep_id == viewer.id
    return Screen(
        viewer=viewer,
        distributor=distributor,
        visit=visit,
        rep=_rep(viewer, visit),
        now=now,
        today=today,
        editable=visit is not None and own and may_change(visit.left_at is not None, visit.day, today),
        notes=notes,
        steps={note.subject: note for note in notes.get(NoteSection.TALK, ())},
        promises=tasks.promised_on(visit.id) if visit else (),
        promotions=tasks.open_of(distributor.id, TaskKind.PROMOTION),
        done=tasks.done_on(visit.id) if visit else (),
        photos=queries.photos_of(visit.id) if visit else (),
        contacts=queries.contacts_of(distributor.id),
        types=[book.types[person.type] for person in advised(distributor.id)],
        book=book,
        far=held.warn_metres,
        minutes=held.repair_minutes,
        next_on=next_visit(distributor.id, today, held) if own or visit is None else None,
        due=today + timedelta(days=PROMISE_DAYS),
        still_open=still_open,
        known=queries.known_of(viewer.id, distributor.id),
        outlets=supplied(distributor.id, MOST_OUTLETS),
        corrections=corrections_of(visit) if visit and visit.left_at else (),
        failed=failed,
    )


def _rep(viewer: Viewer, visit: Visit | None) -> str:
    if visit is None or visit.rep_id == viewer.id:
        return viewer.name
    return db.session.get_one(User, visit.rep_id).name
