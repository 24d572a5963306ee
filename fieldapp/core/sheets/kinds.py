"""A kind of sheet, described once: its columns, the tables they go to, and what must hold between them.

Each concern describes its own kinds in `imports.py`; the engine that reads a file by such a description stands in
`desk/imports`. A column's value goes to one attribute of one `Part` (table) of the kind.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import InstrumentedAttribute

from ..db import Base
from . import cells
from .columns import Column
from .errors import N_, Message, Refused

NEEDED: Any = object()  # the default of what a new row must be given


@dataclass(frozen=True, slots=True)
class Reference:
    """Codes of another table: a cell is looked up in `key` and `value` is stored. `fold`: case does not count."""

    key: InstrumentedAttribute[Any]
    value: InstrumentedAttribute[Any]
    missing: Message
    fold: bool = True


@dataclass(frozen=True, slots=True)
class Attribute(Column):
    """A column and where its value goes.

    `into`      — the model's attribute; `folded`: a second one, which takes the code casefolded.
    `part`      — which of the kind's parts.
    `reference` — the cell is a code of another table; `many`: a list of them.
    `any_is_none` — `*` is stored as None.
    `coded`     — case does not count: another spelling of the stored code changes nothing.
    `default`   — what a new row gets when the column is absent, and any row when the cell is empty. NEEDED: neither
                  may be.
    `form`      — what a cell looks like, for the page that explains the file.
    `options`   — the values of a choice.
    """

    into: str = ""
    folded: str | None = None
    part: int = 0
    reference: Reference | None = None
    many: bool = False
    any_is_none: bool = False
    coded: bool = False
    default: Any = None
    form: Message = field(default_factory=lambda: Message(""))
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a kind.

    `key`     — the attributes that identify a row, under a unique constraint (`only`: the condition of a partial one).
    `parent`  — the attribute that takes the key of the part before.
    `shared`  — several rows of the file speak of the same record, and must agree on it.
    `fixed`   — values every row has; `born`: values of a new row; `touch`: values of a row that is written
                (`touched_by`: of a stored row only where one of these attributes changes).
    `derive`  — further attributes that follow from `derived_from`, when that is new.
    `optional` — no record is made while all that is given is empty.
    `first`   — of (what is stored or None, what will be): rows that are written before the others, whose constraint
                would else see a state that the file passes through and does not leave behind.
    """

    model: type[Base]
    key: tuple[str, ...]
    parent: str | None = None
    shared: bool = False
    only: str | None = None
    identity: str | None = "id"
    fixed: Mapping[str, Any] = field(default_factory=dict)
    born: Callable[[datetime], Mapping[str, Any]] | None = None
    touch: Callable[[datetime], Mapping[str, Any]] | None = None
    touched_by: tuple[str, ...] = ()
    derive: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    derived_from: str = ""
    optional: bool = False
    first: Callable[[Mapping[str, Any] | None, Mapping[str, Any]], bool] | None = None


@dataclass(slots=True)
class Planned:
    """A row of the file, understood: per part what was stored (None: nothing) and what will be."""

    line: int
    cells: list[str]
    before: list[Mapping[str, Any] | None]
    after: list[dict[str, Any]]


Fault = tuple[str, Message]  # (column key, reason)
RowCheck = Callable[[Mapping[str, Any]], Iterable[Fault]]
BatchCheck = Callable[[Sequence[Planned]], Iterable[tuple[Planned, str, Message]]]  # also of remarks on good rows


@dataclass(frozen=True, slots=True)
class Written:
    """What a reading wrote, for what is derived from it: the keys per part, the subjects touched, what was noted.

    `traces`: what the kind's `trace` kept of each changed row.
    """

    keys: tuple[set[UUID], ...]
    subjects: set[UUID]
    noted: Any
    actor_id: UUID | None
    at: datetime
    traces: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sheet.

    `row_part` — the part of which a row is one record: it says whether the row is created, updated or unchanged.
    `check`    — faults of one row, given all its values (the stored ones where the file has no such column).
    `check_batch` — faults that only the database can tell, for many rows at once.
    `remark`   — what a person should look at in rows that are taken all the same, told by the database.
    `whole`    — the checks see all rows of the file at once: what one row leaves behind decides about another.
    `subject`  — (part, attribute) whose values, old and new, `finish` is given.
    `note`     — called in the transaction before anything is written; what it returns is given to `finish`.
    `trace`    — what is to be remembered of a row that changes something, until `finish`; None: nothing.
    `finish`   — keeps what is derived from the rows, in the same transaction.
    `afterwards` — (now, today): what else follows from them, once they are committed and reported; commits by itself.
    `writes`   — False: the rows go into no table; `finish` makes of the traces what is to become of them.
    `reader`   — reads the file instead of the engine: a kind that is no sheet of rows, and has no columns.
    """

    key: str
    title: Message
    columns: tuple[Attribute, ...]
    parts: tuple[Part, ...]
    row_part: int = 0
    check: RowCheck | None = None
    check_batch: BatchCheck | None = None
    remark: BatchCheck | None = None
    whole: bool = False
    subject: tuple[int, str] | None = None
    note: Callable[[], Any] | None = None
    trace: Callable[[Planned], Any] | None = None
    finish: Callable[[Written], None] | None = None
    afterwards: Callable[[datetime, date], object] | None = None
    writes: bool = True
    reader: Callable[..., Any] | None = None


# Columns -------------------------------------------------------------------------------------------------------------

_CODE = Message(N_("a code; upper and lower case are the same"))
_ANY = Message(N_("a code, or `*` for all"))
_TEXT = Message(N_("text"))
_MONEY = Message(N_("yuan, at most two decimals"))
_KILOGRAMS = Message(N_("kilograms, at most three decimals"))
_DAY = Message(N_("a date, 2026-11-23"))
_YES_NO = Message(N_("yes or no"))
_DEGREES = Message(N_("degrees, decimal"))


def own_code(key: str, maximum: int = 64, **more: Any) -> Attribute:
    """The code that identifies a row; stored as written first, found by its casefolded twin `<key>_key`."""
    given = {"identity": True, "folded": f"{key}_key", "form": _CODE, "into": key, "parse": cells.code(maximum)}
    return Attribute(key, **{**given, **more})


def code(key: str, maximum: int = 64, *, wildcard: bool = False, **more: Any) -> Attribute:
    """A code without a table of its own: a product line, a price tier."""
    parse = cells.remembered(cells.code(maximum, wildcard=wildcard))
    return Attribute(key, parse, **{"into": key, "coded": True, "form": _ANY if wildcard else _CODE, **more})


def text(key: str, maximum: int, **more: Any) -> Attribute:
    """Plain text."""
    return Attribute(key, cells.text(maximum), **{"into": key, "form": _TEXT, **more})


def money(key: str, *, negative: bool = False, **more: Any) -> Attribute:
    """Yuan → fen."""
    return Attribute(key, cells.money(negative=negative), **{"into": key, "form": _MONEY, **more})


def kilograms(key: str, *, negative: bool = False, zero: bool = True, **more: Any) -> Attribute:
    """Kilograms → grams."""
    parse = cells.remembered(cells.kilograms(negative=negative, zero=zero))
    return Attribute(key, parse, **{"into": key, "form": _KILOGRAMS, **more})


def number(key: str, places: int, minimum: int | None = None, maximum: int | None = None, **more: Any) -> Attribute:
    """A decimal number."""
    form = Message(N_("a number, at most %(places)s decimals"), {"places": places})
    return Attribute(key, cells.decimal(places, minimum, maximum), **{"into": key, "form": form, **more})


def degrees(key: str, limit: int, **more: Any) -> Attribute:
    """A latitude or longitude → float."""
    exact = cells.decimal(9, -limit, limit)
    return Attribute(key, lambda value: float(exact(value)), **{"into": key, "form": _DEGREES, **more})


def integer(key: str, minimum: int, maximum: int, **more: Any) -> Attribute:
    """A whole number."""
    form = Message(N_("a whole number from %(minimum)s"), {"minimum": minimum})
    return Attribute(key, cells.integer(minimum, maximum), **{"into": key, "form": form, **more})


def day(key: str, **more: Any) -> Attribute:
    """An ISO date."""
    return Attribute(key, cells.remembered(cells.day), **{"into": key, "form": _DAY, **more})


def yes_no(key: str, *, default: bool, **more: Any) -> Attribute:
    """Yes or no; empty is the default."""
    return Attribute(key, cells.yes_no, **{"into": key, "default": default, "form": _YES_NO, **more})


def choice(key: str, options: Iterable[str], **more: Any) -> Attribute:
    """One of a list of values; the registry of kinds adds what they are called in Chinese."""
    values = tuple(str(option) for option in options)
    parse = cells.choice({value.casefold(): value for value in values})
    form = Message(N_("one of: %(options)s"), {"options": ", ".join(values)})
    return Attribute(key, parse, **{"into": key, "options": values, "form": form, **more})


def reference(key: str, into: str, to: Reference, *, wildcard: bool = False, **more: Any) -> Attribute:
    """The code of a row of another table."""
    form = _ANY if wildcard else _CODE
    return Attribute(
        key,
        cells.code(64, wildcard=wildcard),
        **{"into": into, "reference": to, "any_is_none": wildcard, "form": form, **more},
    )


def references(key: str, into: str, to: Reference, **more: Any) -> Attribute:
    """Codes of another table joined by `;` → a list of them, each once."""
    one = cells.code(64)

    def parse(value: str) -> list[str]:
        joined = value.replace("；", ";").replace(",", ";").replace("，", ";")
        return list(dict.fromkeys(one(part.strip()) for part in joined.split(";") if part.strip()))

    form = Message(N_("codes joined by `;`"))
    return Attribute(key, parse, **{"into": into, "reference": to, "many": True, "form": form, **more})


def tonnes(key: str, **more: Any) -> Attribute:
    """Tonnes, at most six decimals → grams."""
    exact = cells.decimal(6, 0, 1_000_000_000)
    form = Message(N_("tonnes, at most six decimals"))
    return Attribute(key, lambda value: int(exact(value) * Decimal(1_000_000)), **{"into": key, "form": form, **more})


def valid_window(row: Mapping[str, Any]) -> Iterable[Fault]:
    """valid_from ≤ valid_to, both inclusive."""
    if row["valid_to"] is not None and row["valid_to"] < row["valid_from"]:
        yield "valid_to", Message(N_("lies before valid_from, %(day)s"), {"day": row["valid_from"].isoformat()})


def pattern(parse: cells.Parser, accepts: Callable[[str], bool], reason: Message) -> cells.Parser:
    """A parser that also asks `accepts`."""

    def check(value: str) -> Any:
        found = parse(value)
        if not accepts(found):
            raise Refused(reason)
        return found

    return check
