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

    `options` — (value, name) of which one is chosen, or any number when `many`; empty: a number is typed, in `unit`.
    """

    path: tuple[str, ...]
    label: Text
    help: Text | None = None
    unit: Text | None = None
    options: Sequence[tuple[str, Text]] = ()
    many: bool = False
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
