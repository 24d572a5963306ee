"""The service promises' part of the policy page: what large and small distributors get, and how far one looks back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from flask_babel import gettext as _

from fieldapp.people.policy import queries
from fieldapp.people.policy.sections import Section, Setting, Settings, SettingsRefusedError
from fieldapp.people.worktime.policy import WEEKDAYS

from .rules import MOST_LEAD, MOST_PAYMENT, MOST_RHYTHM, TEMPLATES, Template, Terms

NAME = "service"
DAYS = 90
_BOUNDS = {"lead_days": (0, MOST_LEAD), "payment_days": (0, MOST_PAYMENT), "visit_days": (1, MOST_RHYTHM)}


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """`templates`: what large and small distributors are promised; `days`: how far back a rate looks."""

    templates: Mapping[Template, Terms]
    days: int


def on(day: date) -> ServicePolicy:
    """What holds on a day."""
    held = _complete(queries.on(day).settings.get(NAME, {}))
    templates = {
        name: Terms(
            held[name.value]["lead_days"],
            frozenset(int(weekday) for weekday in held[name.value]["weekdays"]),
            held[name.value]["payment_days"],
            held[name.value]["visit_days"],
        )
        for name in TEMPLATES
    }
    return ServicePolicy(templates, held["days"])


def _complete(settings: Mapping[str, Any]) -> Settings:
    problems: dict[str, str] = {}

    def number(value: Any, key: str, least: int, most: int) -> int:
        text = str(value).strip()
        whole = int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else -1
        if not least <= whole <= most:
            problems[key] = _("Give a whole number from %(least)s to %(most)s.", least=least, most=most)
        return whole

    complete: Settings = {"days": number(settings.get("days", DAYS), "days", 7, 366)}
    for name, usual in TEMPLATES.items():
        given = settings.get(name.value, {})
        given = given if isinstance(given, Mapping) else {}
        terms: Settings = {
            key: number(given.get(key, getattr(usual, key)), f"{name.value}.{key}", *bounds)
            for key, bounds in _BOUNDS.items()
        }
        weekdays = given.get("weekdays", [str(day) for day in sorted(usual.weekdays)])
        if not isinstance(weekdays, list) or not weekdays or not set(map(str, weekdays)) <= set("0123456"):
            problems[f"{name.value}.weekdays"] = _("Choose at least one day.")
            weekdays = []
        complete[name.value] = {**terms, "weekdays": sorted(map(str, weekdays))}
    if problems:
        raise SettingsRefusedError(problems)
    return complete


def template_name(template: Template) -> str:
    """Where the values of a promise come from."""
    return {
        Template.LARGE: _("Large distributor"),
        Template.SMALL: _("Small distributor"),
        Template.OWN: _("Agreed with it"),
    }[template]


def _days() -> str:
    return _("days")


def _settings(template: Template) -> tuple[Setting, ...]:
    group = partial(template_name, template)
    at = template.value
    return (
        Setting((at, "lead_days"), lambda: _("Delivered within (working days)"), unit=_days, group=group),
        Setting((at, "payment_days"), lambda: _("Payment within (days)"), unit=_days, group=group),
        Setting((at, "visit_days"), lambda: _("A visit at least every (days)"), unit=_days, group=group),
        Setting(
            (at, "weekdays"),
            lambda: _("Delivery days"),
            options=tuple((str(number), name) for number, name in enumerate(WEEKDAYS)),
            many=True,
            group=group,
        ),
    )


SECTIONS = (
    Section(
        NAME,
        lambda: _("Service promise"),
        (
            Setting(("days",), lambda: _("Kept and broken are counted over the last"), unit=lambda: _("days")),
            *(setting for template in TEMPLATES for setting in _settings(template)),
        ),
        _complete,
    ),
)
