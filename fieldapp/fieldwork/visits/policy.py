"""The visits' part of the policy page: how often by grade or class, from where a check-in is far, how long a forgotten
visit counts."""

import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

from .cadence import (
    CLASSES,
    GRADES,
    MOST_DAYS,
    MOST_METRES,
    MOST_MINUTES,
    NONE,
    REPAIR_MINUTES,
    WARN_METRES,
    Basis,
    VisitPolicy,
)

NAME = "visits"
MOST_CLASSES = 40
_PAIR = re.compile(r"(.{1,64}?)\s*[=:\uff1d\uff1a]\s*([0-9]{1,4})")
_BETWEEN = re.compile(r"[,;\n\uff0c\uff1b\u3001]")


def on(day: date) -> VisitPolicy:
    """What holds on a day."""
    return read(queries.on(day).settings)


def read(settings: Mapping[str, Any]) -> VisitPolicy:
    """The same, of the whole settings of a version."""
    held = settings.get(NAME, {})
    days = held.get("days", {})
    classes = _classes(held["classes"]) if "classes" in held else dict(CLASSES)
    return VisitPolicy(
        Basis(held.get("basis", Basis.GRADE)),
        {grade: int(days.get(grade, default)) for grade, default in GRADES.items()},
        {name.casefold(): number for name, number in (classes or {}).items()},
        int(held.get("warn_metres", WARN_METRES)),
        int(held.get("repair_minutes", REPAIR_MINUTES)),
    )


def _whole(value: Any, least: int, most: int) -> int | None:
    """A typed or stored whole number within bounds, else None."""
    text = str(value).strip()
    if isinstance(value, bool) or not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return int(text) if least <= int(text) <= most else None


def _classes(text: Any) -> dict[str, int] | None:
    """`A=7, B=14` → {class: days}; None when it cannot be read so."""
    if not isinstance(text, str):
        return None
    found: dict[str, int] = {}
    for piece in _BETWEEN.split(text):
        if not piece.strip():
            continue
        pair = _PAIR.fullmatch(piece.strip())
        if pair is None or not 1 <= int(pair[2]) <= MOST_DAYS:
            return None
        found[pair[1].strip()] = int(pair[2])
    return found if len(found) <= MOST_CLASSES else None


def _written(classes: Mapping[str, int]) -> str:
    return ", ".join(f"{name}={days}" for name, days in classes.items())


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}

    def number(value: Any, key: str, most: int) -> int:
        whole = _whole(value, 1, most)
        if whole is None:
            problems[key] = _("Give a whole number from %(least)s to %(most)s.", least=1, most=most)
        return whole or 0

    given = settings.get("days", {})
    table = given if isinstance(given, Mapping) else {}
    days = {grade: number(table.get(grade, default), f"days.{grade}", MOST_DAYS) for grade, default in GRADES.items()}
    basis = settings.get("basis", Basis.GRADE.value)
    if basis not in set(Basis):
        problems["basis"] = _("Choose one of the two.")
    classes = _classes(settings.get("classes", _written(CLASSES)))
    if classes is None:
        problems["classes"] = _(
            "Give each class with its days, 1 to %(most)s: %(example)s.", most=MOST_DAYS, example="A=7, B=14, C=30"
        )
    metres = number(settings.get("warn_metres", WARN_METRES), "warn_metres", MOST_METRES)
    minutes = number(settings.get("repair_minutes", REPAIR_MINUTES), "repair_minutes", MOST_MINUTES)
    if problems:
        raise SettingsRefusedError(problems)
    return {
        "basis": str(basis),
        "days": days,
        "classes": _written(classes or {}),
        "warn_metres": metres,
        "repair_minutes": minutes,
    }


def _grade(code: str) -> str:
    return _("No grade, or a prospect") if code == NONE else _("Grade %(grade)s", grade=code)


SECTIONS = (
    Section(
        NAME,
        lambda: _("Visits"),
        (
            Setting(
                ("basis",),
                lambda: _("A visit becomes due by"),
                options=((Basis.GRADE.value, lambda: _("Credit grade")), (Basis.CLASS.value, lambda: _("Class"))),
            ),
            *(
                Setting(
                    ("days", grade),
                    partial(_grade, grade),
                    unit=lambda: _("days"),
                    group=lambda: _("Days between two visits, by grade"),
                )
                for grade in GRADES
            ),
            Setting(
                ("classes",),
                lambda: _("Days between two visits, by class"),
                help=lambda: _(
                    "The class is the price tier of the ERP. One that is not named counts as without a grade."
                ),
                text=True,
            ),
            Setting(
                ("warn_metres",),
                lambda: _("A check-in is far from the store from"),
                help=lambda: _("It gets a remark and is never refused."),
                unit=lambda: _("metres"),
            ),
            Setting(
                ("repair_minutes",),
                lambda: _("A visit without a check-out counts"),
                unit=lambda: _("minutes"),
            ),
        ),
        _complete,
    ),
)
