"""How two people's changes of one policy go together."""

from itertools import product
from typing import Any

import pytest

from fieldapp.people.policy.rules import differences, merge

BASE = {"a": {"x": 1, "y": 2}, "roles": ["rep"]}


@pytest.mark.parametrize(
    ("mine", "theirs", "merged", "clashes"),
    [
        ({"a": {"x": 5, "y": 2}}, {"a": {"x": 1, "y": 6}}, {"a": {"x": 5, "y": 6}}, []),
        ({"a": {"x": 5, "y": 2}}, {"a": {"x": 6, "y": 2}}, {"a": {"x": 5, "y": 2}}, ["a.x"]),
        ({"a": {"x": 5, "y": 2}}, {"a": {"x": 5, "y": 2}}, {"a": {"x": 5, "y": 2}}, []),
        ({"roles": []}, {"roles": ["rep", "admin"]}, {"roles": []}, ["roles"]),
        ({"roles": []}, {"roles": ["rep"]}, {"roles": []}, []),
    ],
)
def test_each_keeps_what_he_changed(
    mine: dict[str, Any], theirs: dict[str, Any], merged: dict[str, Any], clashes: list[str]
) -> None:
    assert merge(BASE, {**BASE, **mine}, {**BASE, **theirs}) == ({**BASE, **merged}, clashes)


def test_a_value_can_be_given_up() -> None:
    mine, theirs = {**BASE, "a": {"x": 5, "y": 5}}, {**BASE, "a": {"x": 6, "y": 6}}
    merged, clashes = merge(BASE, mine, theirs, {"a.y"})
    assert (merged["a"], clashes) == ({"x": 5, "y": 6}, ["a.x", "a.y"])


def test_settings_that_came_or_went() -> None:
    assert merge({"a": 1}, {"a": 1}, {}) == ({}, [])
    assert merge({}, {"a": 1}, {}) == ({"a": 1}, [])
    assert merge({"a": 1}, {"a": 2}, {}) == ({"a": 2}, ["a"])


def test_nothing_is_lost_and_nothing_invented() -> None:
    """Every way in which two people can change two values of three."""
    policies = [{"one": {"a": a}, "two": {"b": b}} for a, b in product(range(3), repeat=2)]
    for base, mine, theirs in product(policies, repeat=3):
        merged, clashes = merge(base, mine, theirs)
        changed, others, kept = (differences(base, one) for one in (mine, theirs, merged))
        for name in {*changed, *others, *kept}:
            assert kept[name] == (changed[name] if name in changed else others[name])
            assert (name in clashes) == (name in changed and name in others and changed[name] != others[name])
