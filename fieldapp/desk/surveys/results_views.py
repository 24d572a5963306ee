"""Results of surveys: figures of a period and a region, one question with the answers behind it, the map, a sheet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from io import BytesIO
from typing import Any, Self
from uuid import UUID

from flask import Response, abort, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import DECIDERS, SIGNED_IN
from fieldapp.core.clock import SHANGHAI
from fieldapp.core.concern import Concern
from fieldapp.core.i18n import language
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.fieldwork.surveys import results
from fieldapp.fieldwork.surveys.models import FormVersion
from fieldapp.fieldwork.surveys.results import Book, Selection
from fieldapp.fieldwork.surveys.results_rules import (
    LEAST,
    LEVELS,
    Figures,
    Key,
    Period,
    Quadrant,
    Span,
    by_quarter,
    chosen,
    figures,
    importance_map,
    moved,
    quarter_of,
)
from fieldapp.fieldwork.surveys.rules import CHOSEN, RANGES, Question, QuestionKind, say
from fieldapp.network.territory import patches
from fieldapp.network.territory.rules import chain
from fieldapp.people.accounts.models import Role

from . import chart, tickets, words

concern = Concern("survey_results", __name__, section="surveys", url_prefix="/surveys/results")
TREND = 8  # quarters


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks for; what cannot be read counts as not given."""

    form: str
    period: Period
    region: str | None
    rep: UUID | None
    version: int | None

    @classmethod
    def read(cls, given: Mapping[str, str], held: Mapping[str, Book], quarter: int) -> Self:
        """From an address."""
        form, span, code = given.get("form", ""), given.get("span", ""), given.get("region", "")
        region = code if code.isascii() and code.isdecimal() and len(code) in LEVELS else None
        return cls(
            form if form in held else "distributor" if "distributor" in held else next(iter(held), ""),
            Period.around(
                Span(span) if span in set(Span) else Span.HALF, _quarter(given.get("quarter", "")) or quarter
            ),
            region or None,
            _key(given.get("rep", "")),
            _whole(given.get("version", "")),
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address."""
        own = {
            "form": self.form,
            "span": self.period.span.value,
            "quarter": self.period.last,
            "region": self.region,
            "rep": self.rep,
            "version": self.version,
        }
        return {name: value for name, value in {**own, **changes}.items() if value not in (None, "")}


def _quarter(text: str) -> int | None:
    number = _whole(text)
    return number if number and 20000 <= number <= 29999 and 1 <= number % 10 <= 4 else None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class Shown:
    """A selection with what every page of results says of it."""

    def __init__(self) -> None:
        self.books = results.books()
        self.today = quarter_of(clock.today())
        self.wanted = wanted = Wanted.read(request.args, self.books, self.today)
        self.book = self.books.get(wanted.form)
        self.period = wanted.period
        self.names = patches.names([wanted.region] if wanted.region else [])

    def selection(self) -> Selection:
        """The period's; 404 where no form has ever been asked."""
        wanted = self.wanted
        return Selection(
            self.book or abort(404),
            wanted.period.first,
            wanted.period.last,
            results.regions_for(current_user, wanted.region),
            None if self.persons else self._rep,
            None if self.persons else wanted.version,
            self.guard,
        )

    @property
    def _rep(self) -> UUID | None:
        """Whose surveys alone: reps are not compared with each other, so a rep may ask for himself only."""
        rep = self.wanted.rep
        return rep if current_user.role is not Role.REP or rep == current_user.id else None

    @cached_property
    def guard(self) -> results.Guard | None:
        """Of persons: what is shown together in the years of the trend."""
        first = min(self.period.first, moved(self.period.last, 1 - TREND))
        return results.Guard(self.book, first, self.period.last) if self.book and self.persons else None

    @property
    def persons(self) -> bool:
        """Do persons answer?"""
        return self.book is not None and self.book.of_persons

    def tallies(self) -> dict[Key, int]:
        """Of the period."""
        return results.tallies(self.selection())

    def history(self, question: str) -> dict[Key, int]:
        """Of a question in the quarters of the trend, which end with the period."""
        last = self.period.last
        return results.history(self.selection().during(moved(last, 1 - TREND), last), question)

    def link(self, endpoint: str = "survey_results.index", **changes: Any) -> str:
        """Another page, or this one with another selection."""
        fixed = {name: changes.pop(name) for name in ("key", "kind") if name in changes}
        return url_for(endpoint, **fixed, **self.wanted.args(**changes))

    def questions(self) -> list[Question]:
        """Those of the newest version, and after them those that earlier ones had."""
        if self.book is None:
            return []
        found = {one.key: one for one in self.book.newest.questions}
        for form in reversed(self.book.forms):
            for one in form.questions:
                found.setdefault(one.key, one)
        return list(found.values())

    def context(self) -> dict[str, Any]:
        """What the head of a page needs."""
        wanted, period = self.wanted, self.period
        after = period.beside(1)
        return {
            "shown": self,
            "persons": self.persons,
            "least": LEAST,
            "period": period_name(period),
            "say": lambda texts: say(texts, language()),
            "words": words,
            "forms": [
                (self.here(form=key, version=None, rep=None), say(book.newest.title, language()), key == wanted.form)
                for key, book in self.books.items()
            ],
            "spans": [(self.here(span=span.value), name, span is period.span) for span, name in span_names()],
            "before": self.here(quarter=period.beside(-1).last),
            "after": self.here(quarter=after.last) if after.first <= self.today else None,
            "path": self._path(),
        }

    def here(self, **changes: Any) -> str:
        """The same page with another selection."""
        return url_for(request.endpoint or "", **(request.view_args or {}), **self.wanted.args(**changes))

    def _path(self) -> list[tuple[str, str]]:
        """(address, name) of the regions around the one that is shown, the widest first; the last is itself."""
        code = self.wanted.region
        if code is None:
            return []
        steps = list(reversed(chain(code)))
        named = patches.names(steps)
        return [(self.here(region=step), named.get(step, step).split(" · ")[-1]) for step in steps]


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """The figures."""
    shown = Shown()
    if shown.book is None:
        return page("desk/surveys/results.html", asked=None, **shown.context())
    selection, now = shown.selection(), shown.tallies()
    main = results.main_question(shown.book.newest)
    regions = results.by_region(selection, main) if main else {}
    names = patches.names(regions)
    nps = next((one.key for one in shown.questions() if one.kind is QuestionKind.NPS), None)
    return page(
        "desk/surveys/results.html",
        asked=results.asked(selection),
        overall=figures(now, main) if main else Figures({}),
        nps=figures(now, nps) if nps else None,
        rows=[row for row in (_row(now, one) for one in shown.questions()) if row],
        trend=chart.trend(_averages(shown.history(main), main), 1, 5) if main else None,
        regions=[(code, names.get(code, code).split(" · ")[-1], found) for code, found in regions.items()],
        deeper=lambda code: shown.link(region=code) if len(code) in LEVELS and code != shown.wanted.region else None,
        reps=results.rep_names(current_user, selection),
        versions=[(one.number, _version_name(one)) for one in reversed(shown.book.versions)],
        changed=[one.number for one in shown.book.versions[1:] if any(_reworded(shown.book, one.number))],
        **shown.context(),
    )


@concern.route("/reps", allow=DECIDERS)
def reps() -> Response:
    """By who asked."""
    shown = Shown()
    main = results.main_question(shown.book.newest) if shown.book else None
    rows = results.by_rep(shown.selection(), main) if main else []
    return page("desk/surveys/reps.html", rows=rows, **shown.context())


@concern.route("/map", allow=SIGNED_IN)
def importance() -> Response:
    """Which attribute to mend first."""
    shown = Shown()
    scores = [one for one in shown.questions() if one.kind is QuestionKind.SCORE]
    now = shown.tallies() if shown.book else {}
    drawn = importance_map(now, [one.key for one in scores])
    titles = {one.key: say(one.words, language()) for one in scores}
    return page(
        "desk/surveys/map.html",
        drawn=drawn,
        plot=chart.plot(drawn),
        titles=titles,
        titles_of=lambda keys: _(", ").join(titles[key] for key in keys),
        quadrant_names=quadrant_names(),
        **shown.context(),
    )


@concern.route("/questions/<key>", allow=SIGNED_IN)
def question(key: str) -> Response:
    """A question: how it was answered, over time, and by whom; of persons by nobody."""
    shown = Shown()
    asked = next((one for one in shown.questions() if one.key == key), None) or abort(404)
    selection, now, every = shown.selection(), shown.tallies(), shown.history(key)
    number = _whole(request.args.get("score", ""))
    said = results.answers(current_user, selection, key, number, _key(request.args.get("after", "")))
    listed = said[: results.MOST_ROWS]
    row = _row(now, asked)
    bounds = RANGES.get(asked.kind)
    wordings = results.wordings(shown.book, key) if shown.book else []
    return page(
        "desk/surveys/question.html",
        asked=asked,
        row=row,
        score=number,
        trend=chart.trend(_averages(every, key), *bounds) if bounds else None,
        quarters=by_quarter(every, key),
        wordings=wordings,
        wordings_said=[(_("From version %(number)s", number=first), text) for first, text in wordings],
        said=listed,
        texts=results.texts_of_persons(selection, key) if shown.persons and asked.kind is QuestionKind.TEXT else [],
        further=results.words_of(one.id for one in listed) if listed else {},
        ticket_address=tickets.address,
        tickets=tickets.of_surveys(current_user, [one.id for one in listed]),
        many=tickets.count_of(current_user, selection) if shown.persons and row else None,
        more=shown.link("survey_results.question", key=key, score=number, after=listed[-1].id)
        if len(said) > len(listed)
        else None,
        **shown.context(),
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The figures of every question as a sheet: what the page shows, and not more."""
    shown = Shown()
    now = shown.tallies() if shown.book else {}
    rows = _sheet([row for row in (_row(now, one) for one in shown.questions()) if row])
    name = f"surveys-{shown.wanted.form or 'none'}-{shown.period.first}-{shown.period.last}.{kind}"
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, _header(), rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(csv_chunks(_header(), rows))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})


@dataclass(frozen=True, slots=True)
class Row:
    """A question with its answers: `answers` are (value, words, how many), the lowest score first."""

    question: Question
    n: int
    figures: Figures | None
    answers: list[tuple[str, str, int]]
    bars: list[chart.Bar]


def _row(tallies: Mapping[Key, int], asked: Question) -> Row | None:
    bounds = RANGES.get(asked.kind)
    if bounds:
        found = figures(tallies, asked.key)
        counts = {score: found.counts.get(score, 0) for score in range(bounds[0], bounds[1] + 1)}
        answers = [(str(score), str(score), count) for score, count in counts.items()]
        return Row(asked, found.n, found, answers, chart.bars(found.counts)) if found.n else None
    n = sum(count for key, count in tallies.items() if key.question == asked.key and not key.choice)
    if not n:
        return None
    if asked.kind not in CHOSEN:
        return Row(asked, n, None, [], [])
    counted = chosen(tallies, asked.key)
    named = [(one.key, say(one.words, language()), counted.pop(one.key, 0)) for one in asked.choices]
    return Row(asked, n, None, [*named, *((key, key, count) for key, count in counted.items())], [])


def _averages(tallies: Mapping[Key, int], key: str) -> dict[int, float]:
    return {quarter: found.average for quarter, found in by_quarter(tallies, key).items() if found.average is not None}


def _reworded(book: Book, number: int) -> Iterator[str]:
    """Questions that this version words otherwise than an earlier one did."""
    for one in book.newest.questions:
        if any(version == number for version, _text in results.wordings(book, one.key)[1:]):
            yield one.key


def _header() -> list[str]:
    return [
        _("Question"), _("Kind"), _("Answered"), _("Answer"), _("Count"), _("Percent"), _("Average"), _("CSAT"),
        _("NPS"),
    ]  # fmt: skip


def _sheet(rows: list[Row]) -> Iterator[list[Cell]]:
    """One row for each answer that is offered, so that a pivot table can be made of it."""
    for row in rows:
        kind, found = row.question.kind, row.figures
        head: list[Cell] = [say(row.question.words, language()), words.kind_name(kind), row.n]
        tail: list[Cell] = [None, None, None]
        if found is not None:
            tail = [
                _rounded(found.average, 2),
                _rounded(found.csat, 1) if kind is QuestionKind.SCORE else None,
                _rounded(found.nps, 1) if kind is QuestionKind.NPS else None,
            ]
        for _value, text, count in row.answers or [("", "", row.n)]:
            yield [*head, text, count, _rounded(100 * count / row.n, 1), *tail]


def _rounded(value: float | None, digits: int) -> Decimal | None:
    return None if value is None else Decimal(f"{value:.{digits}f}")


def period_name(period: Period) -> str:
    """As people say it."""
    year, quarter = divmod(period.last, 10)
    if period.span is Span.YEAR:
        return _("%(year)s", year=year)
    if period.span is Span.HALF:
        return _("First half of %(year)s", year=year) if quarter == 2 else _("Second half of %(year)s", year=year)
    return _("Quarter %(number)s of %(year)s", number=quarter, year=year)


def span_names() -> list[tuple[Span, str]]:
    """How long a period is."""
    return [
        (Span.QUARTER, _("Quarter")),
        (Span.HALF, _("Half-year")),
        (Span.YEAR, pgettext("period", "Year")),
    ]


def _version_name(version: FormVersion) -> str:
    return _("Version %(number)s, %(day)s", number=version.number, day=version.made_at.astimezone(SHANGHAI).date())


def quadrant_names() -> dict[Quadrant, str]:
    """What to do about an attribute."""
    return {
        Quadrant.MEND: _("Mend first"),
        Quadrant.KEEP: _("Keep it so"),
        Quadrant.LOW: _("Low priority"),
        Quadrant.OVERKILL: _("Possibly overdone"),
    }
