"""What differs between two policies, and how two people's changes of one go together. Settings are JSON objects."""

from collections.abc import Container, Mapping
from typing import Any

_ABSENT = object()


def differences(before: Mapping[str, Any], after: Mapping[str, Any], head: str = "") -> dict[str, list[Any]]:
    """{dotted name: [before, after]} of the settings that differ; an absent one is None."""
    found: dict[str, list[Any]] = {}
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found |= differences(old, new, f"{head}{name}.")
        elif old != new:
            found[f"{head}{name}"] = [old, new]
    return found


def merge(
    base: Mapping[str, Any],
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    yielding: Container[str] = (),
    head: str = "",
) -> tuple[dict[str, Any], list[str]]:
    """(both changes of `base` together, dotted names of the values that both changed, and not to the same).

    Of such a value `mine` counts, or `theirs` where its name is in `yielding`.
    """
    merged: dict[str, Any] = {}
    clashes: list[str] = []
    for name in dict.fromkeys([*theirs, *mine, *base]):
        was, one, other = (settings.get(name, _ABSENT) for settings in (base, mine, theirs))
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            below = was if isinstance(was, Mapping) else {}
            merged[name], inner = merge(below, one, other, yielding, f"{head}{name}.")
            clashes += inner
            continue
        if one != was and other not in (was, one):
            clashes.append(f"{head}{name}")
        taken = other if one == was or f"{head}{name}" in yielding else one
        if taken is not _ABSENT:
            merged[name] = taken
    return merged, clashes
