"""Results as a viewer may see them: of the surveys of his patch, and of persons only what does not tell who said it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer

from .models import FormVersion, Survey, SurveyAnswer, SurveyTally
from .results_rules import (
    LEAST,
    LEVELS,
    NONE,
    OVERALL,
    County,
    Figures,
    Group,
    Key,
    first_day,
    groups,
    hidden,
    moved,
    quarter_of,
    without,
)
from .rules import Audience, Form, QuestionKind, SurveyState, read_form

MOST_ROWS = 50
MOST_REPS = 200
MOST_TEXTS = 200


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
    chosen. `regions` are heads of region codes, "" is everywhere, none of them within another. `guard`: of these years
    or more, for several selections of a page."""

    book: Book
    first: int
    last: int
    regions: tuple[str, ...]
    rep_id: UUID | None = None
    version: int | None = None
    guard: "Guard | None" = None

    def kept(self) -> "Guard":
        """Its guard."""
        return self.guard or Guard(self.book, self.first, self.last)

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
    if selection.book.of_persons:
        return _of_persons(selection, _keys(selection.book), [(selection.first, selection.last)])
    return _of_companies(selection)


def history(selection: Selection, question: str) -> dict[Key, int]:
    """The same of one question by quarters: of persons only what may be shown of each quarter alone."""
    if not selection.book.of_persons:
        return _of_companies(selection, {question})
    quarters = [selection.first]
    while quarters[-1] < selection.last:
        quarters.append(moved(quarters[-1], 1))
    return _of_persons(selection, {question}, [(quarter, quarter) for quarter in quarters])


def _of_companies(selection: Selection, questions: Collection[str] | None = None) -> dict[Key, int]:
    if selection.rep_id is not None or any(len(head) not in LEVELS for head in selection.regions):
        return _by_survey(selection)
    return _counted(selection, selection.regions, questions)


def _of_persons(selection: Selection, questions: Collection[str], spans: Sequence[tuple[int, int]]) -> dict[Key, int]:
    """A question that some leave out is put together by who answered it: counties may be too few there alone."""
    selection = replace(selection, rep_id=None, version=None)
    heads, guard = _whole(selection), selection.kept()
    found = _counted(selection, heads, questions)
    gone = {question: guard.hidden(question, heads, spans) for question in guard.counties if question in questions}
    return without(found, _of_counties(selection, gone))


def _whole(selection: Selection) -> tuple[str, ...]:
    """Regions of which tallies are kept: of persons nothing is shown below a county."""
    return tuple(head for head in selection.regions if len(head) in LEVELS)


class Guard:
    """What of persons' answers is shown together, worked out once for all that a page shows.

    Of the whole country and of whole years, so that it is the same on every page.
    """

    def __init__(self, book: Book, first: int, last: int) -> None:
        self.counties: dict[str, dict[County, int]] = defaultdict(dict)
        rows = db.session.execute(
            sa.select(SurveyTally.question, SurveyTally.region, SurveyTally.quarter, sa.func.sum(SurveyTally.count))
            .where(
                SurveyTally.form == book.key,
                SurveyTally.question.in_(_keys(book)),
                SurveyTally.level == LEVELS[-1],
                SurveyTally.quarter >= first // 10 * 10 + 1,
                SurveyTally.quarter <= last // 10 * 10 + 4,
                SurveyTally.choice == "",
            )
            .group_by(SurveyTally.question, SurveyTally.region, SurveyTally.quarter)
            .order_by(SurveyTally.question)
        )
        for question, region, quarter, count in rows:
            self.counties[question][region, quarter] = int(count)
        self._groups: dict[str, list[Group]] = {}

    def groups(self, question: str) -> list[Group]:
        """Of a question; those that all have answered have the same."""
        if question not in self._groups:
            counts = self.counties.get(question, {})
            same = next((one for one in self._groups if self.counties.get(one, {}) == counts), None)
            self._groups[question] = groups(counts) if same is None else self._groups[same]
        return self._groups[question]

    def hidden(self, question: str, heads: Sequence[str], spans: Sequence[tuple[int, int]]) -> frozenset[County]:
        """rules.hidden of a question."""
        return hidden(self.counties.get(question, {}), self.groups(question), heads, spans)


def _of_counties(selection: Selection, wanted: Mapping[str, Collection[County]]) -> dict[Key, int]:
    """What was answered there: {question: counties}. They are few: of each region at most those of one group."""
    regions = {region for counties in wanted.values() for region, _quarter in counties}
    if not regions:
        return {}
    found: Counter[Key] = Counter()
    rows = db.session.execute(
        sa.select(SurveyTally.region, *_KEY, SurveyTally.count).where(
            *_during(selection),
            SurveyTally.question.in_([question for question, counties in wanted.items() if counties]),
            SurveyTally.level == LEVELS[-1],
            SurveyTally.region.in_(regions),
        )
    )
    for region, *parts, count in rows:
        key = Key(*parts)
        if (region, key.quarter) in wanted[key.question]:
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


def _keys(book: Book) -> set[str]:
    """Every question, and the surveys themselves: named, so that the primary key is looked up question by question."""
    return {"", *(question.key for form in book.forms for question in form.questions)}


def _counted(selection: Selection, heads: Iterable[str], questions: Collection[str] | None = None) -> dict[Key, int]:
    found: Counter[Key] = Counter()
    parts = [sa.and_(SurveyTally.level == len(head), SurveyTally.region == head) for head in heads]
    if not parts:
        return {}
    rows = db.session.execute(
        sa.select(*_KEY, SurveyTally.count).where(
            *_during(selection), SurveyTally.question.in_(questions or _keys(selection.book)), sa.or_(*parts)
        )
    )
    for *key, count in rows:
        found[Key(*key)] += count
    return dict(found)


def _by_survey(selection: Selection) -> dict[Key, int]:
    """Counted one by one: of a rep, or of a patch of townships, which are few."""
    said = aliased(SurveyAnswer)
    rows = db.session.execute(
        sa.select(
            Survey.id, Survey.version_id, Survey.made_at, said.number.label("overall"),
            SurveyAnswer.question, SurveyAnswer.number, SurveyAnswer.choice,
        )
        .join(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .outerjoin(said, sa.and_(said.survey_id == Survey.id, said.question == OVERALL))
        .where(*condition(selection), Survey.state == SurveyState.ANSWERED)
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


def condition(selection: Selection) -> list[sa.ColumnElement[bool]]:
    """The condition on a survey of the selection."""
    return [
        Survey.version_id.in_([one.id for one in selection.book.versions if selection.version in (None, one.number)]),
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
    counted = sa.select(Survey.state, sa.func.count()).where(*condition(selection)).group_by(Survey.state)
    states: dict[SurveyState, int] = dict(db.session.execute(counted).tuples().all())
    return Asked(
        sum(states.values()),
        states.get(SurveyState.ANSWERED, 0),
        states.get(SurveyState.DECLINED, 0),
        states.get(SurveyState.EXPIRED, 0),
        states.get(SurveyState.OPEN, 0),
    )


# Parts -----------------------------------------------------------------------------------------------------------


def by_region(selection: Selection, question: str) -> dict[str, Figures]:
    """{region below the selection's: scores of a question}; the parts of a patch where it has several."""
    heads = _whole(selection)
    if len(heads) == 1:
        below = [level for level in LEVELS if level > len(heads[0])]
        if not below:
            return {}
        parts: dict[str, Counter[int]] = _parts(selection, question, heads, below[0])
    else:
        parts = defaultdict(Counter)
        for level in {len(head) for head in heads}:
            same = tuple(head for head in heads if len(head) == level)
            parts |= _parts(selection, question, same, level)
    return {region: Figures(dict(counts)) for region, counts in sorted(parts.items()) if counts.total()}


def _parts(selection: Selection, question: str, heads: tuple[str, ...], level: int) -> dict[str, Counter[int]]:
    """Scores by regions of a level. Of persons those of groups that lie within such a region."""
    persons = selection.book.of_persons
    rows = db.session.execute(
        sa.select(SurveyTally.region, SurveyTally.quarter, SurveyTally.number, sa.func.sum(SurveyTally.count))
        .where(
            *_during(selection),
            SurveyTally.question == question,
            SurveyTally.level == (LEVELS[-1] if persons else level),
            SurveyTally.number != NONE,
            sa.or_(*(SurveyTally.region.between(head, head + "9" * 6) for head in heads)),
        )
        .group_by(SurveyTally.region, SurveyTally.quarter, SurveyTally.number)
    )
    shown: set[County] = set()
    if persons:
        for group in selection.kept().groups(question):
            if len(group.region) >= level and group.lies_in(heads, selection.first, selection.last):
                shown |= group.counties
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for region, quarter, number, count in rows:
        if not persons or (region, quarter) in shown:
            found[region[:level]][number] += int(count)
    return found


class Rep(NamedTuple):
    """A rep: how many surveys he was to ask, how many came back, and the scores."""

    id: UUID
    name: str
    asked: int
    answered: int
    figures: Figures


def by_rep(selection: Selection, question: str) -> list[Rep]:
    """Of companies' answers: by who asked, the most asked first; nobody for persons."""
    if selection.book.of_persons or not selection.regions:
        return []
    asked = db.session.execute(
        sa.select(User.id, User.name, Survey.state, sa.func.count())
        .join(User, User.id == Survey.rep_id)
        .where(*condition(selection))
        .group_by(User.id, User.name, Survey.state)
    ).all()
    scores: dict[UUID, dict[int, int]] = defaultdict(dict)
    rows = db.session.execute(
        sa.select(Survey.rep_id, SurveyAnswer.number, sa.func.count())
        .join(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .where(*condition(selection), SurveyAnswer.question == question, SurveyAnswer.number.is_not(None))
        .group_by(Survey.rep_id, SurveyAnswer.number)
    )
    for rep, number, count in rows:
        scores[rep][number] = count
    names = {rep: name for rep, name, _state, _count in asked}
    sums: Counter[UUID] = Counter()
    back: Counter[UUID] = Counter()
    for rep, _name, state, count in asked:
        sums[rep] += count
        back[rep] += count if state is SurveyState.ANSWERED else 0
    return [Rep(rep, names[rep], count, back[rep], Figures(scores[rep])) for rep, count in sums.most_common(MOST_REPS)]


def rep_names(viewer: Viewer, selection: Selection) -> list[tuple[UUID, str]]:
    """Who has asked in the selection, for the choice of one; by name. Nothing for reps, who are not compared."""
    if viewer.role is Role.REP or selection.book.of_persons or not selection.regions:
        return []
    reps = sa.select(Survey.rep_id).where(*condition(replace(selection, rep_id=None))).distinct()
    rows = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(reps)).order_by(User.name, User.id))
    return [(id_, name) for id_, name in rows]


# Answers ---------------------------------------------------------------------------------------------------------


class Said(NamedTuple):
    """A survey of a company in the list behind a figure."""

    id: UUID
    distributor_id: UUID
    name: str
    made_at: datetime
    answered_at: datetime
    number: int | None
    text: str


def answers(
    viewer: Viewer, selection: Selection, question: str, number: int | None = None, after: UUID | None = None
) -> list[Said]:
    """Who said what to a question, the latest asked first; at most MOST_ROWS and one more. Nobody for persons."""
    if selection.book.of_persons or not selection.regions:
        return []
    found = (
        sa.select(
            Survey.id, Distributor.id, Distributor.name, Survey.made_at, Survey.answered_at,
            SurveyAnswer.number, SurveyAnswer.text,
        )
        .join(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .join(Distributor, Distributor.id == Survey.distributor_id)
        .where(
            *condition(selection),
            viewer.scope(Distributor.region_code),
            Survey.state == SurveyState.ANSWERED,
            SurveyAnswer.question == question,
        )
        .order_by(Survey.made_at.desc(), Survey.id.desc())
        .limit(MOST_ROWS + 1)
    )  # fmt: skip
    if number is not None:
        found = found.where(SurveyAnswer.number == number)
    if after is not None:
        edge = sa.select(Survey.made_at).where(Survey.id == after).scalar_subquery()
        found = found.where(sa.or_(Survey.made_at < edge, sa.and_(Survey.made_at == edge, Survey.id < after)))
    return [Said(*row) for row in db.session.execute(found)]


def words_of(surveys: Iterable[UUID]) -> dict[UUID, list[str]]:
    """{survey: what was said in words} of surveys that the viewer has found."""
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = db.session.execute(
        sa.select(SurveyAnswer.survey_id, SurveyAnswer.text)
        .where(SurveyAnswer.survey_id.in_(list(surveys)), SurveyAnswer.text != "")
        .order_by(SurveyAnswer.survey_id, SurveyAnswer.id)
    )
    for survey, text in rows:
        found[survey].append(text)
    return found


def texts_of_persons(selection: Selection, question: str) -> list[str]:
    """What persons wrote, in no order that tells who; nothing where it comes from fewer than LEAST of them."""
    whole = _whole(selection)
    if not whole:
        return []
    gone = selection.kept().hidden(question, whole, [(selection.first, selection.last)])
    rows = db.session.execute(
        sa.select(Survey.region_code, Survey.made_at, SurveyAnswer.text)
        .join(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .where(
            *condition(replace(selection, regions=whole, rep_id=None, version=None)),
            Survey.state == SurveyState.ANSWERED,
            SurveyAnswer.question == question,
            SurveyAnswer.text != "",
        )
        .order_by(SurveyAnswer.text)
        .limit(MOST_TEXTS)
    )
    shown = [
        text
        for region, made_at, text in rows
        if ((region or "")[:6], quarter_of(made_at.astimezone(SHANGHAI).date())) not in gone
    ]
    return shown if len(shown) >= LEAST else []  # words run out sooner than what is counted


def wordings(held: Book, question: str) -> list[tuple[int, str]]:
    """(number of the version, words in Chinese) of every version in which they were another."""
    found: list[tuple[int, str]] = []
    for version, form in zip(held.versions, held.forms, strict=True):
        for one in form.questions:
            if one.key == question and (not found or found[-1][1] != one.words["zh"]):
                found.append((version.number, one.words["zh"]))
    return found


def main_question(form: Form) -> str | None:
    """The question that stands for the whole: the overall one, else the first that has a score from 1 to 5."""
    scores = [one.key for one in form.questions if one.kind is QuestionKind.SCORE]
    return OVERALL if OVERALL in scores else scores[0] if scores else None
