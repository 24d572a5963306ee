"""Forms by their keys: those that come with the app (data/forms.toml), and the version of each that is asked now.

A form of the file becomes a version the first time it is asked, so that it is there in a database of any age.
"""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into, uuid7

from .models import FormVersion
from .rules import Form, read_form

LANGUAGES = ("zh", "en")
REMEDY = "remedy"


@cache
def shipped() -> Mapping[str, Mapping[str, Any]]:
    """{key: content} of the forms that come with the app."""
    source = files(__package__) / "data" / "forms.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def check() -> None:
    """Read them all now. Raises rules.FormError."""
    for content in shipped().values():
        read_form(content)


def form_of(version: FormVersion) -> Form:
    """The form as it was asked."""
    return read_form(version.content)


def current(form: str, now: datetime) -> FormVersion:
    """The newest version of a form; the first is made of the file when there is none yet. Raises KeyError."""
    found = newest(form)
    if found is None:
        first = {"id": uuid7(), "form": form, "number": 1, "content": shipped()[form], "made_at": now}
        # Two who ask for the first time at once: the database takes one, and both read that.
        statement = insert_into(FormVersion).values(**first)
        db.session.execute(statement.on_conflict_do_nothing(index_elements=["form", "number"]))
        found = newest(form)
    if found is None:
        raise LookupError(form)
    return found


def shown(form: str, number: int = 0) -> tuple[int, Form]:
    """(number, form) of a version as it is asked now, or of that number while it is there; for a page that only reads:
    a form of the file that nobody has asked yet is its version 1. Raises KeyError."""
    version = numbered(form, number) or newest(form)
    return (version.number, form_of(version)) if version else (1, read_form(shipped()[form]))


def numbered(form: str, number: int) -> FormVersion | None:
    """That version of a form."""
    return db.session.scalar(sa.select(FormVersion).where(FormVersion.form == form, FormVersion.number == number))


def newest(form: str) -> FormVersion | None:
    """The newest version, None where there is none yet."""
    return db.session.scalar(
        sa.select(FormVersion).where(FormVersion.form == form).order_by(FormVersion.number.desc()).limit(1)
    )
