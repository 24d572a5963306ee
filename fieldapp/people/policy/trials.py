"""What a change of policy would have done, told by the concerns that can replay their past.

Like the sections, trials are declared when the app is built: policy stands below the concerns whose results it
changes. A trial only reads, and what it finds is kept with the draft as plain values, so that a reader of either
language and of later rights sees it in his own way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

from flask import Flask, current_app

from fieldapp.people.accounts.viewer import Viewer

from .sections import Settings, Text

MOST_EXAMPLES = 50

Progress = Callable[[float], None]  # told a share from 0 to 1, as often as one likes


@dataclass(frozen=True, slots=True)
class Group:
    """How many results went from one word to another: `("go", "approval", 9)`."""

    before: str
    after: str
    count: int


@dataclass(frozen=True, slots=True)
class Example:
    """One result that would change. `data`: JSON values from which the trial tells what it was (`Trial.show`)."""

    before: str
    after: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of it. `looked_at` counts the replayed results, `unreadable` those whose facts were not all kept.

    `changed` would get another answer, and are counted by `groups`; `touched` keep theirs with something else about it.
    At most MOST_EXAMPLES `examples`.
    """

    looked_at: int
    changed: int
    groups: tuple[Group, ...] = ()
    examples: tuple[Example, ...] = ()
    touched: int = 0
    unreadable: int = 0

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `from_json` gives the same result back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """A stored result."""
        groups = tuple(Group(**group) for group in stored["groups"])
        examples = tuple(Example(**example) for example in stored["examples"])
        return cls(**{**stored, "groups": groups, "examples": examples})


@dataclass(frozen=True, slots=True)
class ShownExample:
    """An example in the reader's language; `changes` are sentences: what was found instead of what."""

    title: str
    subtitle: str
    href: str
    before: str
    after: str
    changes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """A concern's replay.

    `size()` — about how many results it will look at: few are tried within the request, many by a process of their own.
    `run(before, after, today, progress)` — replay under both policies' complete settings.
    `headline(result)` — the sentence with the number: "Of the last 500 checks, 14 would get another answer."
    `aside(touched)` — the sentence on those that keep their answer and yet change.
    `word(answer)` — (text, tone of its badge) of an answer in groups and examples.
    `show(viewer, examples)` — each example for this reader, in the same order.
    """

    name: str
    title: Text
    size: Callable[[], int]
    run: Callable[[Settings, Settings, date, Progress], TrialResult]
    headline: Callable[[TrialResult], str]
    aside: Callable[[int], str]
    word: Callable[[str], tuple[str, str]]
    show: Callable[[Viewer, Sequence[Example]], list[ShownExample]]


def declare(app: Flask, trials: Iterable[Trial]) -> None:
    """Add a concern's trials to the app."""
    app.extensions.setdefault("policy_trials", []).extend(trials)


def declared() -> list[Trial]:
    """All trials of the current app."""
    found: list[Trial] = current_app.extensions.get("policy_trials", [])
    return found
