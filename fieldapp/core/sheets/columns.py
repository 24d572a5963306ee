"""The columns a sheet may have: found in its header by key or label, and its rows read through their parsers."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import cells, limits
from .errors import N_, CellError, Message, Refused, SheetError, shown
from .reading import BLANK

_NOTE = re.compile(r"\([^()]*\)$")
_JOINER = re.compile(r"[\s_\-.*]+")

BAD: Any = object()  # stands for the value of a cell that was refused

_REQUIRED = Message(N_("must not be empty"))
_FAILED_FORMULA = Message(N_("the formula in this cell gives an error"))
_NO_COLUMN = Message(N_("the header has no column here"))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a kind of sheet.

    `key` is its English key, `labels` what else a header may call it (the first is the one we print).
    `identity` columns make up the key of a row: the sheet must have them, and no cell of them may be empty.
    `required`: an empty cell is refused, as the stored value can't be cleared; the column itself may be
    absent.
    """

    key: str
    parse: cells.Parser
    labels: tuple[str, ...] = ()
    identity: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a sheet has its columns: `places` holds (column, index, header as written); `unknown` the others."""

    places: tuple[tuple[Column, int, str], ...]
    unknown: tuple[str, ...]
    width: int
    keys: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple(column.key for column, _, _ in self.places))

    def title(self, key: str) -> str:
        """The header of a column as this file wrote it; the key itself when the file hasn't got the column."""
        return next((title for column, _, title in self.places if column.key == key), key)


def normal(title: str) -> str:
    """A header for comparing: case, width, spaces, joining marks and a unit in brackets at the end don't count."""
    plain = unicodedata.normalize("NFKC", title).casefold().strip(BLANK)
    return _JOINER.sub("", _NOTE.sub("", plain) or plain)


def locate(header: Sequence[str], columns: Sequence[Column]) -> Layout:
    """Match a header with the columns. SheetError for a column named twice or a key column that is missing."""
    names = {normal(name): column for column in columns for name in (column.key, *column.labels)}
    places: list[tuple[Column, int, str]] = []
    unknown: list[str] = []
    seen: dict[str, str] = {}
    for index, title in enumerate(header):
        column = names.get(normal(title))
        if column is None:
            unknown.append(title)
            continue
        if column.key in seen:
            raise SheetError(
                Message(
                    N_("The column %(column)s stands twice: as %(first)s and as %(second)s."),
                    {"column": column.key, "first": shown(seen[column.key]), "second": shown(title)},
                ),
                Message(N_("Keep one of them.")),
            )
        seen[column.key] = title
        places.append((column, index, title))
    missing = [column.key for column in columns if column.identity and column.key not in seen]
    if missing:
        raise SheetError(
            Message(N_("The column %(columns)s is missing."), {"columns": ", ".join(missing)}),
            Message(
                N_("The first row names the columns: %(columns)s."),
                {"columns": ", ".join(column.key for column in columns)},
            ),
        )
    return Layout(tuple(places), tuple(unknown), len(header))


def row_reader(layout: Layout, report: Callable[[CellError], None]) -> Callable[[int, list[str]], list[Any]]:
    """A function (line, cells) → the values in the order of `layout.places`: None for an empty cell, BAD for a bad one.

    Every bad cell is reported. Cells beyond the header are reported too, and stand for nothing.
    """
    places = [
        (index, column.parse, column.required or column.identity, title) for column, index, title in layout.places
    ]
    width = layout.width

    def read(line: int, row: list[str]) -> list[Any]:
        values: list[Any] = []
        if len(row) < width:
            row = row + [""] * (width - len(row))
        for index, parse, required, title in places:
            value = row[index].strip(BLANK)
            try:
                if value:
                    if len(value) > limits.CELL_CHARACTERS:
                        raise Refused(cells.TOO_LONG)
                    if value[0] == "#" and cells.formula_error(value):
                        raise Refused(_FAILED_FORMULA)
                    values.append(parse(value))
                elif required:
                    raise Refused(_REQUIRED)
                else:
                    values.append(None)
            except Refused as refused:
                report(CellError(line, title, value, refused.reason))
                values.append(BAD)
        for index in range(width, len(row)):
            if row[index].strip(BLANK):
                report(CellError(line, str(index + 1), row[index], _NO_COLUMN))
        return values

    return read
