"""What is wrong with a sheet: one message for the whole file, or one per bad cell.

A message keeps its English msgid and its values apart until somebody reads it, so that a run stored by one
person is shown to the next in his own language.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext

SHOWN_LENGTH = 60
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def N_(msgid: str) -> str:  # noqa: N802 — the name the catalogue extractor looks for
    """Marks a msgid for the catalogue where it is written; it is translated where it is read."""
    return msgid


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for the reader: `text` is the msgid, marked with `N_`; `values` fill its `%(name)s` places."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return gettext(self.text, **self.values) if self.values else gettext(self.text)


class SheetError(Exception):
    """The file as a whole can't be read: nothing of it was taken.

    `message` says what is wrong and `remedy` what to do; `line` is the physical line, where there is one.
    """

    def __init__(self, message: Message, remedy: Message | None = None, line: int | None = None) -> None:
        super().__init__(message.text)
        self.message = message
        self.remedy = remedy
        self.line = line

    def __str__(self) -> str:
        text = str(self.message)
        if self.remedy is not None:
            text = gettext("%(first)s %(then)s", first=text, then=str(self.remedy))
        return gettext("line %(line)s: %(text)s", line=self.line, text=text) if self.line is not None else text


class Refused(ValueError):  # noqa: N818 — it is an answer, not a failure
    """Raised by a parser: this text is not a value of that kind; `reason` says what is expected."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason.text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CellError:
    """One bad cell. `column` is the header as the file wrote it, `value` the cell's own text."""

    line: int
    column: str
    value: str
    reason: Message

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {shown(self.value)} — {self.reason}"


def shown(value: str) -> str:
    """A cell's text on one line: control and direction characters blanked, cut at 60 characters, `(empty)`."""
    plain = _UNPRINTABLE.sub(" ", value).strip()
    if not plain:
        return "(empty)"
    return plain if len(plain) <= SHOWN_LENGTH else plain[: SHOWN_LENGTH - 1] + "…"
