"""The file's part of the policy page: what each item counts, and when a section has to be looked at again."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError

from .rules import ITEMS, MOST_MONTHS, MOST_WEIGHT, STALE_MONTHS, WEIGHTS, FilePolicy
from .words import item_name

NAME = "dossier"


def on(day: date) -> FilePolicy:
    """What holds on a day."""
    return _read(queries.on(day).settings.get(NAME, {}))


def _read(settings: Mapping[str, Any]) -> FilePolicy:
    given = settings.get("weights", {})
    return FilePolicy(
        {code: int(given.get(code, weight)) for code, weight in WEIGHTS.items()},
        int(settings.get("stale_months", STALE_MONTHS)),
    )


def _whole(value: Any, least: int, most: int) -> int | None:
    """A typed or stored whole number within bounds, else None."""
    text = str(value).strip()
    if isinstance(value, bool) or not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return int(text) if least <= int(text) <= most else None


def _complete(settings: Mapping[str, Any]) -> Settings:
    given = settings.get("weights", {})
    problems: dict[str, str] = {}
    weights: dict[str, int] = {}
    for code, default in WEIGHTS.items():
        weight = _whole(given.get(code, default) if isinstance(given, Mapping) else None, 0, MOST_WEIGHT)
        if weight is None:
            problems[f"weights.{code}"] = _(
                "Give a whole number from %(least)s to %(most)s.", least=0, most=MOST_WEIGHT
            )
        else:
            weights[code] = weight
    months = _whole(settings.get("stale_months", STALE_MONTHS), 1, MOST_MONTHS)
    if months is None:
        problems["stale_months"] = _("Give a whole number from %(least)s to %(most)s.", least=1, most=MOST_MONTHS)
    if problems:
        raise SettingsRefusedError(problems)
    return {"stale_months": months, "weights": weights}


SECTIONS = (
    Section(
        NAME,
        lambda: _("Distributor file"),
        (
            Setting(
                ("stale_months",),
                lambda: _("A section is looked at again after"),
                unit=lambda: _("months"),
            ),
            *(
                Setting(
                    ("weights", item.code),
                    partial(item_name, item.code),
                    unit=lambda: _("points"),
                )
                for item in ITEMS
            ),
        ),
        _complete,
    ),
)
