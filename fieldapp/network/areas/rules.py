"""Which areas of distributors can stand beside each other.

At one region and one line an exclusive area tolerates no exclusive one of another distributor on any day: the database
holds that (migration 0027). An area of a smaller region, or of one line beside `*`, is no overlap: by the contract's
rule of owners (`territory.rules`) it takes that part out of the larger one. ADR 20.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fieldapp.network.territory.rules import ALL_LINES

Place = tuple[str, str]  # region code, line casefolded
Key = tuple[UUID, str, str, date]  # distributor, region code, line casefolded, first day: what identifies an area


@dataclass(frozen=True, slots=True)
class Span:
    """An area as it counts here; `line` casefolded or `*`."""

    distributor: UUID
    region: str
    line: str
    valid_from: date
    valid_to: date | None
    shared: bool

    @property
    def place(self) -> Place:
        """Where two areas can meet."""
        return self.region, self.line


def same_days(one: Span, other: Span) -> bool:
    """Is there a day on which both count? Both ends inclusive."""
    return (other.valid_to is None or one.valid_from <= other.valid_to) and (
        one.valid_to is None or other.valid_from <= one.valid_to
    )


def meet(one: Span, other: Span) -> bool:
    """Do two distributors have the same region and line on one day?"""
    return one.place == other.place and one.distributor != other.distributor and same_days(one, other)


def clash(one: Span, other: Span) -> bool:
    """Both are exclusive: what the database refuses."""
    return meet(one, other) and not one.shared and not other.shared


def at_odds(one: Span, other: Span) -> bool:
    """One is exclusive, the other shared: somebody was promised to be alone there, and is not."""
    return meet(one, other) and one.shared != other.shared


def only_eases(before: Span | None, after: Span) -> bool:
    """Can a changed row be written before all others of its file, whatever these are? It can meet nobody new."""
    if after.shared:
        return True
    if before is None or before.shared or before.valid_from > after.valid_from:
        return False
    return before.valid_to is None or (after.valid_to is not None and after.valid_to <= before.valid_to)


@dataclass(frozen=True, slots=True)
class Given:
    """A row of a file: its line, the area it speaks of, as stored (None: new), as it will be."""

    line: int
    key: Key
    before: Span | None
    after: Span


def refused(stored: Mapping[Key, Span], given: Sequence[Given]) -> dict[int, tuple[Span, int | None]]:
    """{line: (whom it meets, the line that says so, None: stored)} of the rows that cannot be taken.

    `stored`: every area at the places of the file, by the key that `given` uses. A file is judged by what it leaves
    behind: one may end an area that another row of it takes over, in any order. Of two rows of the file that clash, the
    later one is refused; a refused row leaves its area as it was, which may refuse others.
    """
    found: dict[int, tuple[Span, int | None]] = {}
    while True:
        taken = [row for row in given if row.line not in found]
        held: dict[Place, list[tuple[Span, int | None]]] = defaultdict(list)
        replaced = {row.key for row in taken}
        for key, span in stored.items():
            if key not in replaced:
                held[span.place].append((span, None))
        fresh: dict[int, tuple[Span, int | None]] = {}
        for row in sorted(taken, key=lambda row: row.line):
            met = next((other for other in held[row.after.place] if clash(row.after, other[0])), None)
            if met is not None and not (
                met[1] is None and row.before is not None and only_eases(row.before, row.after)
            ):
                fresh[row.line] = met
            else:
                held[row.after.place].append((row.after, row.line))
        if not fresh:
            return found
        found |= fresh


def takes_out_of(area: Span, others: Iterable[Span]) -> list[Span]:
    """Those of others out of which an area takes a part: larger regions around it, and `*` beside a line."""
    return [other for other in others if _beside(area, other) and _within(area, other)]


def left_out_of(area: Span, others: Iterable[Span]) -> list[Span]:
    """Those of others that stay inside an area: smaller regions, and lines of their own beside its `*`."""
    return [other for other in others if _beside(area, other) and _within(other, area)]


def _beside(one: Span, other: Span) -> bool:
    return one.distributor != other.distributor and same_days(one, other)


def _within(inner: Span, outer: Span) -> bool:
    """Does the contract's rule give a part of `outer` to `inner`? A longer region first, then a line before `*`."""
    if inner.region == outer.region:
        return outer.line == ALL_LINES != inner.line
    same_lines = inner.line == outer.line or ALL_LINES in (inner.line, outer.line)
    return same_lines and inner.region.startswith(outer.region)
