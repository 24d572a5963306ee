"""What is asked of the list: search text, filters, order, place in it."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from werkzeug.datastructures import MultiDict

from fieldapp.desk.deals.forms import read_search
from fieldapp.network.distributors.rules import Status
from fieldapp.standing.grading.models import Grade

UNGRADED = "none"


class Sort(StrEnum):
    """Orders of the list. `overdue`: the longest overdue first; `outstanding`: who owes most."""

    NAME = "name"
    OVERDUE = "overdue"
    OUTSTANDING = "outstanding"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row at the edge of a page: the segment of the order it lies in, and its values there."""

    segment: int
    values: tuple[Any, ...]

    def text(self) -> str:
        """For a URL."""
        raw = json.dumps([self.segment, *self.values], separators=(",", ":"), ensure_ascii=False)
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for the list. `grade`: a grade or `none`. At most one of `after` and `before` counts."""

    text: str = ""
    status: Status | None = None
    grade: str | None = None
    overdue: bool = False
    mine: bool = False
    sort: Sort = Sort.NAME
    near: tuple[float, float] | None = None
    after: Cursor | None = None
    before: Cursor | None = None

    @property
    def filtered(self) -> bool:
        """Is anything left out of the patch?"""
        return bool(self.text or self.status or self.grade or self.overdue or self.mine)

    def args(self, **changes: Any) -> dict[str, Any]:
        """URL arguments for this list with changes: the first page of it, unless a cursor is among them."""
        values: Mapping[str, Any] = {
            "q": self.text,
            "status": self.status,
            "grade": self.grade,
            "overdue": "1" if self.overdue else None,
            "mine": "1" if self.mine else None,
            "sort": self.sort if self.sort is not Sort.NAME else None,
            **changes,
        }
        return {name: str(value) for name, value in values.items() if value}


def read(given: MultiDict[str, str]) -> Asked:
    """The request's arguments; what cannot be read counts as not given."""
    search = read_search(given)
    status, grade, sort = given.get("status", ""), given.get("grade", ""), given.get("sort", "")
    return Asked(
        text=search.text,
        status=Status(status) if status in set(Status) else None,
        grade=grade if grade in {*Grade, UNGRADED} else None,
        overdue=given.get("overdue") == "1",
        mine=given.get("mine") == "1",
        sort=Sort(sort) if sort in set(Sort) else Sort.NAME,
        near=search.near,
        after=_cursor(given.get("after", "")),
        before=_cursor(given.get("before", "")),
    )


def storable(text: str) -> bool:
    """Can a database be asked for it? JSON may hold half a character, and PostgreSQL takes no NUL."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _cursor(text: str) -> Cursor | None:
    try:
        raw = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(raw, list) or not raw or isinstance(raw[0], bool) or not isinstance(raw[0], int):
        return None
    if not all(storable(value) for value in raw[1:] if isinstance(value, str)):
        return None
    return Cursor(raw[0], tuple(raw[1:]))
