"""What the page of a conflict shows: how it stands, what can be done now, and what of it the viewer may read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import pgettext

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db, uuid7
from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import ngettext
from fieldapp.fieldwork.conflicts import links, moves, policy, queries, words
from fieldapp.fieldwork.conflicts.models import (
    Conflict,
    ConflictEntry,
    ConflictFollowUp,
    ConflictMeeting,
    ConflictPhoto,
    ConflictPoint,
)
from fieldapp.fieldwork.conflicts.queries import Party
from fieldapp.fieldwork.conflicts.rules import (
    ConflictState,
    ConflictVerb,
    MeetingState,
    Outcome,
    PointState,
    possible,
)
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer

from . import forms, sources


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that came back: its name on the page and what is wrong."""

    name: str
    form: Any


@dataclass(frozen=True, slots=True)
class Screen:
    """One conflict with all that its forms and lists need. `linked`: (kind, title or None, address) of each link."""

    viewer: Viewer
    conflict: Conflict
    parties: Sequence[Party]
    thread: Sequence[ConflictEntry]
    photos: Sequence[ConflictPhoto]
    meetings: Sequence[ConflictMeeting]
    points: Sequence[ConflictPoint]
    follow_ups: Sequence[ConflictFollowUp]
    linked: Sequence[tuple[str, str | None, str | None]]
    people: Mapping[UUID, str]
    can: Sequence[ConflictVerb]
    visits: Mapping[UUID, list[tuple[str, str]]]
    follow_day: date
    today: date
    failed: Failed | None = None
    said: str | None = None
    words: ModuleType = field(default=words, repr=False)
    lines: range = range(forms.POINTS)

    def may(self, verb: str) -> bool:
        """Can the viewer do this now?"""
        return verb in self.can

    @property
    def covered(self) -> list[Party]:
        """The parties that he looks after."""
        return [party for party in self.parties if party.covered]

    @property
    def title(self) -> str:
        """The parties by name, as far as he may know them."""
        return title(self.parties)

    def name_of(self, key: UUID | None) -> str:
        """A party by name; another distributor where he may not know it; our company."""
        if key is None:
            return _("Our company")
        known = next((party.name for party in self.covered if party.id == key), None)
        return known or pgettext("conflict", "Another distributor")

    def covers(self, key: UUID | None) -> bool:
        """Is it a party that he looks after, or our company?"""
        return key is None or any(party.id == key for party in self.covered)

    def party_options(self, *, company: bool = False) -> list[tuple[str, str]]:
        """The parties to choose from; `company`: for who covers all, our company first."""
        found = [(str(party.id), party.name) for party in self.covered]
        return [("", _("Our company")), *found] if company else found

    @property
    def planned(self) -> list[ConflictMeeting]:
        """The meetings that are still to come, or to be noted."""
        return [one for one in self.meetings if one.state is MeetingState.PLANNED]

    @property
    def held(self) -> list[ConflictMeeting]:
        """The others."""
        return [one for one in self.meetings if one.state is not MeetingState.PLANNED]

    @property
    def current(self) -> list[ConflictPoint]:
        """What counts of what was agreed."""
        return [one for one in self.points if one.round == self.conflict.round]

    @property
    def earlier(self) -> list[ConflictPoint]:
        """What was agreed before it was opened again."""
        return [one for one in self.points if one.round != self.conflict.round]

    @property
    def waiting(self) -> bool:
        """Is it only open promises that keep him from closing it?"""
        return self.conflict.state is ConflictState.FOLLOWED_UP and any(
            one.state is PointState.OPEN for one in self.current
        )

    @property
    def unseen(self) -> list[Party]:
        """The parties of his that nobody has looked at since the agreement."""
        seen = {one.distributor_id for one in self.followed if one.round == self.conflict.round}
        return [party for party in self.covered if party.id not in seen]

    def days_before(self, point: ConflictPoint) -> list[str]:
        """The days by which a point was to be done before it was postponed, the first above."""
        return [
            held["was"]
            for one in self.thread
            if (held := one.values or {}).get("point") == str(point.id) and "was" in held
        ]

    @property
    def late(self) -> int:
        """How many promises are overdue."""
        return sum(one.state is PointState.OPEN and one.due < self.today for one in self.current)

    @property
    def to_follow(self) -> list[ConflictFollowUp]:
        """Follow-up visits that are still to be noted."""
        return [one for one in self.follow_ups if one.noted_at is None and one.round == self.conflict.round]

    @property
    def followed(self) -> list[ConflictFollowUp]:
        """What was found."""
        return [one for one in self.follow_ups if one.noted_at is not None]

    def helpers(self) -> list[tuple[str, str]]:
        """Who can be given it, or sent."""
        return sources.helpers(self.viewer, [party.region_code for party in self.parties])

    def link_options(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What it can be linked with."""
        return links.suggested(self.viewer, [party.id for party in self.covered])

    @staticmethod
    def outcomes() -> list[tuple[str, str]]:
        """How it can end."""
        return [(one.value, words.outcome_name(one)) for one in Outcome]

    @property
    def first(self) -> str:
        """The form that stands open: what has to be done next."""
        if self.conflict.state is ConflictState.OPEN:
            return "meeting" if self.may(ConflictVerb.MEET) and not self.planned else ""
        if self.conflict.state is ConflictState.TALKING:
            if any(one.day <= self.today for one in self.planned):
                return "held"
            return "agreement" if self.may(ConflictVerb.AGREE) and not self.planned else ""
        if self.conflict.state is ConflictState.AGREED:
            due = any(one.day <= self.today for one in self.to_follow)
            return "found" if due else "" if self.to_follow else "visit"
        return "closure" if self.may(ConflictVerb.CLOSE) else ""

    def is_open(self, form: str) -> bool:
        """Does the form stand open: it came back, or is the next thing to do?"""
        return self.failed.name == form if self.failed else self.first == form

    @staticmethod
    def new_key() -> UUID:
        """The key of what a form would make."""
        return uuid7()

    def value(self, form: str, name: str, otherwise: Any = "") -> Any:
        """What stands in a field: what was typed, where its form came back."""
        if self.failed is None or self.failed.name != form:
            return otherwise
        given = getattr(self.failed.form, "given", {})
        return given[name] if name in given else self.failed.form[name].data or ""

    def errors(self, form: str, name: str) -> Any:
        """What is wrong with a field."""
        if self.failed is None or self.failed.name != form:
            return None
        wrong = getattr(self.failed.form, "wrong", {})
        if name in wrong:
            return wrong[name]
        return (self.failed.form[name].errors or None) if name in self.failed.form else None

    @staticmethod
    def done(entry: ConflictEntry) -> str:
        """What was done. An agreement that is changed has one verb: a point more, or another day for one."""
        return _("Point postponed") if "was" in (entry.values or {}) else words.verb_name(entry.verb)

    def details(self, entry: ConflictEntry) -> str:
        """What an entry holds besides words."""
        held: Mapping[str, Any] = entry.values or {}
        if "was" in held:
            text = next((one.text for one in self.points if str(one.id) == held["point"]), "")
            return f"{text} · {held['was']} → {held['due']}"
        parts = [held.get("day") or held.get("due"), held.get("time"), held.get("place"), held.get("present")]
        if held.get("party"):
            parts.append(self.name_of(_key(held["party"])))
        if held.get("others"):
            parts.append(_("Also in it, as told: %(others)s", others=held["others"]))
        if held.get("next"):
            parts.append(_("next meeting %(day)s", day=held["next"]))
        if held.get("owner") and not held.get("handover"):
            parts.append(self.people.get(_key(held["owner"]) or uuid7()))
        if held.get("handover"):
            parts.append(f"{held['from']} → {held['to']}" if held.get("owner") else _("only what was promised"))
        if "holds" in held:
            parts.append(_("It holds.") if held["holds"] else _("It does not hold."))
        if isinstance(held.get("points"), int):
            parts.append(ngettext("%(num)d point", "%(num)d points", held["points"]))
        if held.get("outcome") in set(Outcome):
            parts.append(words.outcome_name(Outcome(held["outcome"])))
        if held.get("written"):
            written = datetime.fromisoformat(held["written"]).astimezone(SHANGHAI)
            parts.append(_("written %(moment)s without a signal", moment=f"{written:%m-%d %H:%M}"))
        return " · ".join(part for part in parts if part)


def title(parties: Sequence[Party]) -> str:
    """The parties by name, and how many others there are that he may not know."""
    names = [party.name for party in parties if party.covered]
    hidden = len(parties) - len(names)
    if hidden:
        names.append(ngettext("another distributor", "%(num)d other distributors", hidden))
    return " ↔ ".join(names) or "—"


def _key(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def read(
    viewer: Viewer, conflict: Conflict, today: date, failed: Failed | None = None, said: str | None = None
) -> Screen:
    """The page of a conflict that the viewer has found. `said`: what is told above, where something was refused."""
    parties = queries.parties(viewer, conflict)
    thread = queries.thread(viewer, conflict)
    points = queries.points(conflict)
    follow_ups = queries.follow_ups(conflict)
    linked = queries.links(conflict)
    found = links.find(viewer, linked)
    keys = {conflict.owner_id, conflict.made_by_id, *(one.by_id for one in thread), *(one.owner_id for one in points)}
    keys |= {one.rep_id for one in follow_ups} | {one.done_by_id for one in points if one.done_by_id}
    keys |= {owner for one in thread if (owner := _key((one.values or {}).get("owner")))}
    agreed = conflict.agreed_at.astimezone(SHANGHAI).date() if conflict.agreed_at else None
    covered = [party.id for party in parties if party.covered]
    kinds = links.kinds()
    return Screen(
        viewer=viewer,
        conflict=conflict,
        parties=parties,
        thread=thread,
        photos=queries.photos(viewer, conflict),
        meetings=queries.meetings(conflict),
        points=points,
        follow_ups=follow_ups,
        linked=[
            (kinds[kind].title() if kind in kinds else kind, *(found.get((kind, key)) or (None, None)))
            for kind, key in linked
        ],
        people=dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(keys))).tuples().all()),
        can=possible(conflict.state, moves.facts_of(viewer, conflict)),
        visits=sources.visits_of(covered, agreed) if agreed and covered else {},
        follow_day=today + timedelta(days=policy.on(today).follow_up_days),
        today=today,
        failed=failed,
        said=said,
    )
