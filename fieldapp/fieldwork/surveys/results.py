"""Results as a viewer may see them: of the surveys of his patch, and of persons only what does not tell who said it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.people.accounts.viewer import Viewer

from . import book
from .models import FormVersion, Survey, SurveyAnswer, SurveyTally
from .results_rules import (
    LEAST,
    LEVELS,
    NONE,
    County,
    Key,
    Period,
    first_day,
    hidden,
    moved,
    quarter_of,
    without,
)
from .rules import CHOSEN, Audience, Form, SurveyState, read_form
from .tallies import keys_of

MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Book:
    """A form with all its versions, the newest last."""

    key: str
    versions: Sequence[FormVersion]
    forms: Sequence[Form]

    @property
    def newest(self) -> Form:
        """As it is asked now."""
        return self.forms[-1]

    @property
    def of_persons(self) -> bool:
        """Do persons answer it (retailers, farmers)? A distributor's answers are a company's."""
        return any(form.audience is not Audience.DISTRIBUTOR for form in self.forms)


class Asked(NamedTuple):
    """How many surveys of a selection came to what."""

    asked: int = 0
    answered: int = 0
    declined: int = 0
    expired: int = 0
    open: int = 0

    @property
    def rate(self) -> float | None:
        """The response rate in percent: answered of all that were asked."""
        return 100 * self.answered / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which surveys: of a form, asked from one quarter to another, in some regions; of a rep or a version where one is
    chosen. `regions` are heads of region codes, "" is everywhere, none of them within another."""

    book: Book
    first: int
    last: int
    regions: tuple[str, ...]
    rep_id: UUID | None = None
    version: int | None = None

    def during(self, first: int, last: int) -> "Selection":
        """The same of other quarters."""
        return replace(self, first=first, last=last)


def books() -> dict[str, Book]:
    """Every form that there is a version of, {key: form}; one statement."""
    rows: dict[str, list[FormVersion]] = defaultdict(list)
    for version in db.session.scalars(sa.select(FormVersion).order_by(FormVersion.form, FormVersion.number)):
        rows[version.form].append(version)
    return {
        key: Book(key, versions, [read_form(version.content) for version in versions])
        for key, versions in sorted(rows.items())
    }


def regions_for(viewer: Viewer, region: str | None) -> tuple[str, ...]:
    """The heads of region codes that a viewer sees of a region (None: of everything)."""
    if region is not None and viewer.covers(region):
        return (region,)
    patch = ("",) if viewer.everywhere else viewer.patch
    inside = sorted({head for head in patch if region is None or head.startswith(region)})
    return tuple(head for head in inside if not any(head != other and head.startswith(other) for other in inside))


# Counts ----------------------------------------------------------------------------------------------------------


def tallies(selection: Selection) -> dict[Key, int]:
    """What was answered, counted; of persons only what may be shown."""
    if not selection.regions:
        return {}
    if selection.book.of_persons:
        return _of_persons(selection)
    if selection.rep_id is not None or any(len(head) not in LEVELS for head in selection.regions):
        return _by_survey(selection)
    return _counted(selection, selection.regions)


def _of_persons(selection: Selection) -> dict[Key, int]:
    """A question that some leave out is put together by who answered it: counties may be too few there alone."""
    whole = tuple(head for head in selection.regions if len(head) in LEVELS)
    found = _counted(selection, whole)
    counties = _counties(selection)
    for question in {key.question for key in found}:
        gone = hidden(counties.get(question, {}), whole)
        if gone:
            found = without(found, _of_counties(selection, question, gone))
    left: Counter[str] = Counter()
    for key, count in found.items():
        if key.number != NONE or not key.choice:
            left[key.question] += count
    return {key: count for key, count in found.items() if left[key.question] >= LEAST}


def _counties(selection: Selection) -> dict[str, dict[County, int]]:
    """{question: {county and quarter: how many answered}}, of the whole country."""
    held: dict[str, dict[County, int]] = defaultdict(dict)
    rows = db.session.execute(
        sa.select(SurveyTally.question, SurveyTally.region, SurveyTally.quarter, sa.func.sum(SurveyTally.count))
        .where(*_during(selection), SurveyTally.level == LEVELS[-1], SurveyTally.choice == "")
        .group_by(SurveyTally.question, SurveyTally.region, SurveyTally.quarter)
    )
    for question, region, quarter, count in rows:
        held[question][region, quarter] = int(count)
    return held


def _of_counties(selection: Selection, question: str, counties: Iterable[County]) -> dict[Key, int]:
    wanted = set(counties)
    found: Counter[Key] = Counter()
    rows = db.session.execute(
        sa.select(SurveyTally.region, *_KEY, SurveyTally.count).where(
            *_during(selection),
            SurveyTally.question == question,
            SurveyTally.level == LEVELS[-1],
            SurveyTally.region.in_({region for region, _quarter in wanted}),
        )
    )
    for region, *parts, count in rows:
        key = Key(*parts)
        if (region, key.quarter) in wanted:
            found[key] += count
    return dict(found)


_KEY = [getattr(SurveyTally, name) for name in Key._fields]


def _during(selection: Selection) -> list[sa.ColumnElement[bool]]:
    return [
        SurveyTally.form == selection.book.key,
        SurveyTally.quarter >= selection.first,
        SurveyTally.quarter <= selection.last,
        *([] if selection.version is None else [SurveyTally.version == selection.version]),
    ]


def _counted(selection: Selection, heads: Iterable[str]) -> dict[Key, int]:
    found: Counter[Key] = Counter()
    parts = [sa.and_(SurveyTally.level == len(head), SurveyTally.region == head) for head in heads]
    if not parts:
        return {}
    # Named, so that the primary key is looked up question by question.
    questions = {"", *(question.key for form in selection.book.forms for question in form.questions)}
    rows = db.session.execute(
        sa.select(*_KEY, SurveyTally.count).where(
            *_during(selection), SurveyTally.question.in_(questions), sa.or_(*parts)
        )
    )
    for *key, count in rows:
        found[Key(*key)] += count
    return dict(found)


def _by_survey(selection: Selection) -> dict[Key, int]:
    """Counted one by one: of a rep, or of a patch of townships, which are few."""
    said = sa.orm.aliased(SurveyAnswer)
    rows = db.session.execute(
        sa.select(
            Survey.id, Survey.version_id, Survey.made_at, said.number.label("overall"),
            SurveyAnswer.question, SurveyAnswer.number, SurveyAnswer.choice,
        )
        .join(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .outerjoin(said, sa.and_(said.survey_id == Survey.id, said.question == "overall"))
        .where(*_where(selection), Survey.state == SurveyState.ANSWERED)
    )  # fmt: skip
    numbers = {version.id: version.number for version in selection.book.versions}
    seen: set[tuple[UUID, str]] = set()
    found: Counter[Key] = Counter()
    for survey, version_id, made_at, overall, question, number, choice in rows:
        start = (numbers[version_id], quarter_of(made_at.astimezone(SHANGHAI).date()))
        rest = NONE if overall is None else overall
        for name in ("", question):
            if (survey, name) not in seen:
                seen.add((survey, name))
                if not name or number is None:
                    found[Key(name, *start, NONE, "", rest)] += 1
        if number is not None or choice:
            found[Key(question, *start, NONE if number is None else number, choice, rest)] += 1
    return dict(found)


def _where(selection: Selection) -> list[sa.ColumnElement[bool]]:
    """The condition on a survey."""
    return [
        Survey.version_id.in_(
            [one.id for one in selection.book.versions if selection.version in (None, one.number)]
        ),
        Survey.made_at >= _instant(selection.first),
        Survey.made_at < _instant(moved(selection.last, 1)),
        _inside(selection.regions),
        *([] if selection.rep_id is None else [Survey.rep_id == selection.rep_id]),
    ]


def _inside(heads: Sequence[str]) -> sa.ColumnElement[bool]:
    if "" in heads:
        return sa.true()
    return sa.or_(
        sa.false(), *(sa.and_(Survey.region_code >= head, Survey.region_code < head + "9" * 10) for head in heads)
    )


def _instant(quarter: int) -> datetime:
    return datetime.combine(first_day(quarter), time(), SHANGHAI)


def asked(selection: Selection) -> Asked:
    """How many were asked, and what came of it; one statement."""
    states: dict[SurveyState, int] = dict(
        db.session.execute(
            sa.select(Survey.state, sa.func.count()).where(*_where(selection)).group_by(Survey.state)
        ).tuples()
    )
    return Asked(
        sum(states.values()),
        states.get(SurveyState.ANSWERED, 0),
        states.get(SurveyState.DECLINED, 0),
        states.get(SurveyState.EXPIRED, 0),
        states.get(SurveyState.OPEN, 0),
    )
