"""What can be set, told by the concerns that use it.

Policy stands below every concern that has numbers, so each of them declares its section when the app is built
(`declare`); the page and the publishing know settings only through these declarations.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

Text = Callable[[], str]
Settings = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """One value. `path` — where it stands in the section: `("tolerance_percent",)`, `("levels", "price.ok")`.

    `options` — (value, name) of which one is chosen, or any number when `many`; empty: a number is typed, in `unit`, or
    plain words where `text` says so.
    """

    path: tuple[str, ...]
    label: Text
    help: Text | None = None
    unit: Text | None = None
    options: Sequence[tuple[str, Text]] = ()
    many: bool = False
    text: bool = False
    group: Text | None = None

    @property
    def key(self) -> str:
        """The path as one word: `levels.price.ok`."""
        return ".".join(self.path)

    def value(self, settings: Mapping[str, Any]) -> Any:
        """This setting's value in the section's settings; None when absent."""
        found: Any = settings
        for step in self.path:
            found = found.get(step) if isinstance(found, Mapping) else None
        return found

    def name(self) -> str:
        """The label, after its group's: what tells it from the others when it stands alone."""
        return f"{self.group()} · {self.label()}" if self.group else self.label()

    def choices(self) -> list[tuple[str, str]]:
        """(value, name) of the options, in the reader's language."""
        return [(value, name()) for value, name in self.options]

    def shown(self, value: Any) -> str:
        """A value with its unit, or by the names of its options; "—" when absent or empty."""
        if value is None or value == "":
            return "—"
        if self.options:
            names = dict(self.choices())
            chosen = value if isinstance(value, list) else [value]
            return ", ".join(names.get(one, str(one)) for one in chosen) or "—"
        return f"{value} {self.unit()}" if self.unit else str(value)

    def put(self, settings: Settings, value: Any) -> None:
        """Set the value in the section's settings."""
        *tables, last = self.path
        for step in tables:
            settings = settings.setdefault(step, {})
        settings[last] = value


class SettingsRefusedError(ValueError):
    """Settings that cannot be; `problems`: {key of the setting: what to do}, translated."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(str(dict(problems)))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Section:
    """A concern's settings. `complete(settings)` checks them and fills in what is absent; SettingsRefusedError."""

    name: str
    title: Text
    settings: tuple[Setting, ...]
    complete: Callable[[Mapping[str, Any]], Settings]

    def count(self, changed: Iterable[str]) -> int:
        """How many of these dotted names (`section.key`) are this section's."""
        return sum(name.startswith(f"{self.name}.") for name in changed)

    def groups(self) -> list[tuple[str, list[Setting]]]:
        """(title, settings) of the tables of the section, in the order in which they were declared."""
        found: dict[str, list[Setting]] = {}
        for setting in self.settings:
            if setting.group is not None:
                found.setdefault(setting.group(), []).append(setting)
        return list(found.items())


def declare(app: Flask, sections: Iterable[Section]) -> None:
    """Add a concern's sections to the policy of the app."""
    app.extensions.setdefault("policy_sections", []).extend(sections)


def declared() -> list[Section]:
    """All sections of the current app."""
    found: list[Section] = current_app.extensions.get("policy_sections", [])
    return found


def section(name: str) -> Section | None:
    """The section of a name, None when there is none."""
    return next((one for one in declared() if one.name == name), None)


def named() -> dict[str, Setting]:
    """Every setting by its dotted name, `section.key`."""
    return {f"{one.name}.{setting.key}": setting for one in declared() for setting in one.settings}


def check(settings: Mapping[str, Any]) -> tuple[Settings, dict[str, str]]:
    """(settings with every default filled in, {"section.key": what is wrong}); a wrong section stays as given."""
    checked: Settings = dict(settings)
    problems: dict[str, str] = {}
    for one in declared():
        try:
            checked[one.name] = one.complete(settings.get(one.name, {}))
        except SettingsRefusedError as error:
            problems |= {f"{one.name}.{key}": text for key, text in error.problems.items()}
    return checked, problems


def complete(settings: Mapping[str, Any]) -> Settings:
    """Stored settings with every default filled in, section by section."""
    return check(settings)[0]
