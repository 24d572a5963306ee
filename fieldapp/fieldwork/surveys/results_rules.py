"""What answers add up to: periods, averages, CSAT, NPS, importance × performance, and what is too few to be shown.

Tallies are {(question, version, quarter, number, choice, overall): how many}. A quarter is a number, 20264 for the
fourth of 2026.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from math import sqrt
from typing import NamedTuple

LEAST = 5  # answers of persons that are shown together; fewer would tell who gave which
LEAST_PAIRS = 10  # answers that a correlation is worth something of
LEVELS = (0, 2, 4, 6)  # lengths of region codes that are tallied: everywhere, province, city, county
OVERALL = "overall"
NONE = -1  # stands for "no number" in a tally

County = tuple[str, int]  # region code of six digits, quarter


class Key(NamedTuple):
    """What a tally counts: an answer to a question of a version, asked in a quarter; `overall`: what the same customer
    said all in all."""

    question: str
    version: int
    quarter: int
    number: int
    choice: str
    overall: int


Tallies = Mapping[Key, int]


# Periods ---------------------------------------------------------------------------------------------------------


class Span(StrEnum):
    """How long a period is."""

    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


_LONG = {Span.QUARTER: 1, Span.HALF: 2, Span.YEAR: 4}


def quarter_of(day: date) -> int:
    """The quarter that a day lies in."""
    return day.year * 10 + (day.month + 2) // 3


def moved(quarter: int, by: int) -> int:
    """The quarter so many quarters later, or earlier."""
    number = quarter // 10 * 4 + quarter % 10 - 1 + by
    return number // 4 * 10 + number % 4 + 1


def first_day(quarter: int) -> date:
    """The day on which it begins."""
    return date(quarter // 10, quarter % 10 * 3 - 2, 1)


class Period(NamedTuple):
    """From one quarter to another, both included."""

    span: Span
    first: int
    last: int

    @staticmethod
    @cache
    def around(span: Span, quarter: int) -> "Period":
        """The quarter, half or year that a quarter lies in."""
        long = _LONG[span]
        first = moved(quarter, -((quarter % 10 - 1) % long))
        return Period(span, first, moved(first, long - 1))

    def beside(self, by: int) -> "Period":
        """The one after (1) or before (-1) it."""
        return self.around(self.span, moved(self.first, by * _LONG[self.span]))


# Figures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """Scores given to a question: {score: how many}."""

    counts: Mapping[int, int]

    @property
    def n(self) -> int:
        """How many answered."""
        return sum(self.counts.values())

    @property
    def average(self) -> float | None:
        """The mean, None of nobody."""
        return sum(score * count for score, count in self.counts.items()) / self.n if self.n else None

    @property
    def satisfied(self) -> int:
        """How many gave 4 or 5."""
        return self.counts.get(4, 0) + self.counts.get(5, 0)

    @property
    def csat(self) -> float | None:
        """CSAT in percent: those who gave 4 or 5, of all who answered."""
        return 100 * self.satisfied / self.n if self.n else None

    @property
    def promoters(self) -> int:
        """How many gave 9 or 10."""
        return self.counts.get(9, 0) + self.counts.get(10, 0)

    @property
    def detractors(self) -> int:
        """How many gave 0 to 6."""
        return sum(count for score, count in self.counts.items() if score <= 6)

    @property
    def nps(self) -> float | None:
        """NPS, -100 to 100: percent who gave 9 or 10, less percent who gave 0 to 6."""
        return 100 * (self.promoters - self.detractors) / self.n if self.n else None


def figures(tallies: Tallies, question: str) -> Figures:
    """Of a question with scores."""
    found: Counter[int] = Counter()
    for key, count in tallies.items():
        if key.question == question and key.number != NONE:
            found[key.number] += count
    return Figures({score: count for score, count in sorted(found.items()) if count})


def chosen(tallies: Tallies, question: str) -> dict[str, int]:
    """{choice: how often} of a question with choices."""
    found: Counter[str] = Counter()
    for key, count in tallies.items():
        if key.question == question and key.choice:
            found[key.choice] += count
    return dict(found)


def by_quarter(tallies: Tallies, question: str) -> dict[int, Figures]:
    """The same for each quarter that has any."""
    parts: dict[int, Counter[Key]] = defaultdict(Counter)
    for key, count in tallies.items():
        if key.question == question and key.number != NONE and count:
            parts[key.quarter][key] += count
    return {quarter: figures(part, question) for quarter, part in sorted(parts.items())}


# Importance × performance ----------------------------------------------------------------------------------------


class Quadrant(StrEnum):
    """What to do about an attribute."""

    MEND = "mend"
    KEEP = "keep"
    LOW = "low"
    OVERKILL = "overkill"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question: how far its scores go with the overall ones (`importance`, Pearson's r over `pairs` answers that have
    both) and how well it does (`performance`, the average)."""

    question: str
    importance: float
    performance: float
    pairs: int


@dataclass(frozen=True, slots=True)
class Map:
    """Attributes with their quadrants; the lines between these are the means of what is on the map. `without`: those
    that too few have answered, or that all have answered alike."""

    placed: tuple[tuple[Attribute, Quadrant], ...]
    middle: tuple[float, float]
    without: tuple[str, ...]

    @property
    def mend_first(self) -> Attribute | None:
        """Where the most is to be won: what matters, times what is missing to the best score."""
        mends = [one for one, quadrant in self.placed if quadrant is Quadrant.MEND]
        return max(mends, key=lambda one: one.importance * (5 - one.performance), default=None)


def correlation(pairs: Mapping[tuple[int, int], int]) -> float | None:
    """Pearson's r of {(x, y): how many}; None of fewer than LEAST_PAIRS, or where one of the two never varies."""
    n = sum(pairs.values())
    if n < LEAST_PAIRS:
        return None
    x = sum(a * count for (a, _b), count in pairs.items())
    y = sum(b * count for (_a, b), count in pairs.items())
    # Whole numbers up to the root, so that no variance comes out as a little more than none.
    xy = n * sum(a * b * count for (a, b), count in pairs.items()) - x * y
    xx = n * sum(a * a * count for (a, _b), count in pairs.items()) - x * x
    yy = n * sum(b * b * count for (_a, b), count in pairs.items()) - y * y
    return None if not xx or not yy else max(-1.0, min(1.0, xy / sqrt(xx * yy)))


def importance_map(tallies: Tallies, questions: Sequence[str]) -> Map:
    """Of the questions with scores from 1 to 5, without the overall one."""
    pairs: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
    for key, count in tallies.items():
        if NONE not in (key.number, key.overall) and count:
            pairs[key.question][key.number, key.overall] += count
    found, without = [], []
    for question in questions:
        if question == OVERALL:
            continue
        r = correlation(pairs[question])
        average = figures(tallies, question).average
        if r is None or average is None:
            without.append(question)
        else:
            found.append(Attribute(question, r, average, sum(pairs[question].values())))
    if not found:
        return Map((), (0.0, 0.0), tuple(without))
    middle = (
        sum(one.importance for one in found) / len(found),
        sum(one.performance for one in found) / len(found),
    )
    return Map(tuple((one, quadrant(one, middle)) for one in found), middle, tuple(without))


def quadrant(attribute: Attribute, middle: tuple[float, float]) -> Quadrant:
    """Where it lies; on a line counts as above it."""
    matters, does_well = attribute.importance >= middle[0], attribute.performance >= middle[1]
    if matters:
        return Quadrant.KEEP if does_well else Quadrant.MEND
    return Quadrant.OVERKILL if does_well else Quadrant.LOW


# Small numbers ---------------------------------------------------------------------------------------------------


class Group(NamedTuple):
    """Counties (each in a quarter) whose answers are only ever shown together: where `region` and `period` are shown,
    or what holds both."""

    region: str
    period: Period
    counties: frozenset[County]

    def lies_in(self, heads: tuple[str, ...], first: int, last: int) -> bool:
        """May it be shown where these regions and quarters are?"""
        return self.region.startswith(heads) and first <= self.period.first and self.period.last <= last


def groups(counts: Mapping[County, int]) -> list[Group]:
    """Put answers of persons together until nobody stands out. `counts` are of whole years, and of the whole country.

    A county with LEAST answers in a quarter is a group of its own; what is too few goes together over the half, then
    over the year; what is too few even so goes on to the city, then to the province, then to the whole country. What is
    too few there is in no group.

    Everything that is shown is a sum over whole groups. So whatever is subtracted from whatever (a city without its
    other counties, a year without its other quarters, one patch without another), what is left is made of whole groups
    too, and none of them holds a county with fewer than LEAST answers alone.
    """
    left = {county: count for county, count in counts.items() if count}
    found: list[Group] = []
    for level in reversed(LEVELS):
        for span in Span:
            parts: dict[tuple[str, Period], list[County]] = defaultdict(list)
            for county in left:
                parts[county[0][:level], Period.around(span, county[1])].append(county)
            for (region, period), held in parts.items():
                if sum(left[county] for county in held) >= LEAST:
                    found.append(Group(region, period, frozenset(held)))
                    for county in held:
                        del left[county]
    return found


def hidden(
    counts: Mapping[County, int], made: Collection[Group], regions: Iterable[str], spans: Sequence[tuple[int, int]]
) -> frozenset[County]:
    """Of the counties of some regions and quarters those whose answers do not count there: their group reaches beyond,
    or they are in none. `made`: the groups of `counts`; `spans`: (first, last quarter), each shown by itself."""
    heads = tuple(regions)
    periods = {group.period for group in made}
    fit = {one for one in periods if any(first <= one.first and one.last <= last for first, last in spans)}
    shown = {
        county for group in made if group.period in fit and group.region.startswith(heads) for county in group.counties
    }
    quarters = {one for _region, one in counts if any(first <= one <= last for first, last in spans)}
    return frozenset(
        county for county in counts if county[1] in quarters and county[0].startswith(heads) and county not in shown
    )


def without(tallies: Tallies, taken: Tallies) -> dict[Key, int]:
    """Tallies less others."""
    left = Counter(tallies)
    left.subtract(taken)
    return {key: count for key, count in left.items() if count > 0}
