"""What answers add up to: periods, averages, CSAT, NPS, importance × performance, and what is too few to be shown.

Tallies are {(question, version, quarter, number, choice, overall): how many}. A quarter is a number, 20264 for the
fourth of 2026.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
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


@dataclass(frozen=True, slots=True)
class Period:
    """From one quarter to another, both included."""

    span: Span
    first: int
    last: int

    @classmethod
    def around(cls, span: Span, quarter: int) -> "Period":
        """The quarter, half or year that a quarter lies in."""
        long = _LONG[span]
        first = moved(quarter, -((quarter % 10 - 1) % long))
        return cls(span, first, moved(first, long - 1))

    def beside(self, by: int) -> "Period":
        """The one after (1) or before (-1) it."""
        return self.around(self.span, moved(self.first, by * _LONG[self.span]))

    def holds(self, quarter: int) -> bool:
        """Does a quarter lie in it?"""
        return self.first <= quarter <= self.last


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


def within(tallies: Tallies, period: Period) -> dict[Key, int]:
    """Those of a period."""
    return {key: count for key, count in tallies.items() if period.holds(key.quarter)}


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
    """Counties of a quarter whose answers are only ever shown together, within `region` and what lies around it."""

    region: str
    quarter: int
    counties: frozenset[County]


def groups(counts: Mapping[County, int]) -> list[Group]:
    """Put answers of persons together until nobody stands out.

    A county with LEAST answers in a quarter is a group of its own. The others of a city are one, if they have as many
    together; else they go on to the province, and to the whole country. What is too few even there is in no group.

    Everything that is shown is a sum over whole groups. So whatever is subtracted from whatever (a city without its
    other counties, a year without its other quarters, one patch without another), what is left is made of whole groups
    too, and none of them holds a county with fewer than LEAST answers alone.
    """
    found: list[Group] = []
    left: dict[int, dict[str, int]] = defaultdict(dict)
    for (region, quarter), count in counts.items():
        if count:
            left[quarter][region] = left[quarter].get(region, 0) + count
    for quarter, counties in left.items():
        for level in reversed(LEVELS):
            parts: dict[str, list[str]] = defaultdict(list)
            for county in counties:
                parts[county[:level]].append(county)
            for region, held in parts.items():
                if sum(counties[county] for county in held) >= LEAST:
                    found.append(Group(region, quarter, frozenset((county, quarter) for county in held)))
                    for county in held:
                        del counties[county]
    return found


def hidden(counts: Mapping[County, int], regions: Iterable[str]) -> frozenset[County]:
    """The counties (with their quarter) of some regions whose answers do not count there: their group reaches beyond,
    or they are in none. `counts` are those of the whole country."""
    heads = tuple(regions)
    shown = {county for group in groups(counts) if group.region.startswith(heads) for county in group.counties}
    return frozenset(county for county in counts if county[0].startswith(heads) and county not in shown)


def without(tallies: Tallies, taken: Tallies) -> dict[Key, int]:
    """Tallies less others."""
    left = Counter(tallies)
    left.subtract(taken)
    return {key: count for key, count in left.items() if count > 0}
