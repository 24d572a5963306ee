"""The ranking of the types: a golden table on the real playbook, and what always holds."""

import random
from fractions import Fraction
from itertools import pairwise

import pytest

from fieldapp.network.playbook.book import playbook
from fieldapp.network.playbook.rules import CustomerType, rank

PROFILES = playbook("en").profiles
SIGNS = sorted(playbook("en").signs)
T = CustomerType

# What was ticked → (type, percent, place), the likeliest first.
GOLDEN: list[tuple[str, list[tuple[CustomerType, int, int]]]] = [
    ("", []),
    ("no-such-sign", []),
    ("serious", [(T.QUIET, 100, 1)]),
    ("serious no-such-sign", [(T.QUIET, 100, 1)]),
    ("chatty welcomes humour", [(T.FRIENDLY, 100, 1)]),
    # A sign of two types speaks for both alike, and half as much as one of a single type.
    ("silent", [(T.CAUTIOUS, 100, 1), (T.QUIET, 100, 1)]),
    ("silent evades", [(T.QUIET, 100, 1), (T.CAUTIOUS, 33, 2)]),
    ("silent unsure", [(T.CAUTIOUS, 100, 1), (T.QUIET, 50, 2), (T.TRADITIONAL, 50, 2)]),
    ("insists loud", [(T.DEBATER, 100, 1), (T.EXPERT, 33, 2)]),
    ("insists loud criticises suspects", [(T.EXPERT, 71, 1), (T.DEBATER, 43, 2)]),
    ("bargains discount interrupts shy", [(T.STRONG_WILLED, 75, 1), (T.CAUTIOUS, 25, 2)]),
    ("rules risk habits wavers", [(T.TRADITIONAL, 71, 1), (T.CAUTIOUS, 43, 2)]),
    ("listens practical foresight", [(T.CONSTRUCTIVE, 100, 1), (T.QUIET, 20, 2)]),
    # One of each type: everybody stands first, in the training's order.
    (
        "warm shy bargains refuses loud wise serious risk",
        [(kind, 12, 1) for kind in CustomerType],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "expected"), GOLDEN, ids=lambda value: value if isinstance(value, str) else "")
def test_the_golden_table(seen: str, expected: list[tuple[CustomerType, int, int]]) -> None:
    assert [(found.type, found.percent, found.place) for found in rank(PROFILES, seen.split())] == expected


def test_it_says_which_ticks_speak_for_a_type() -> None:
    first, second = rank(PROFILES, ["evades", "silent", "shy"])
    assert (first.type, set(first.because)) == (T.CAUTIOUS, {"shy", "silent"})
    assert (second.type, set(second.because)) == (T.QUIET, {"evades", "silent"})
    assert first.share == second.share == Fraction(3, 5)


def any_ticks(number: int) -> set[str]:
    """Up to twelve signs; the same for the same number."""
    chance = random.Random(number)
    return set(chance.sample(SIGNS, chance.randint(0, 12)))


def share(seen: set[str], kind: CustomerType) -> Fraction:
    return {found.type: found.share for found in rank(PROFILES, seen)}.get(kind, Fraction())


@pytest.mark.parametrize("number", range(40))
def test_a_tick_of_a_type_never_lowers_its_share_and_one_of_others_never_raises_it(number: int) -> None:
    seen = any_ticks(number)
    for kind, signs in PROFILES.items():
        before = share(seen, kind)
        for one in SIGNS:
            after = share(seen | {one}, kind)
            assert after >= before if one in signs else after <= before, (kind, one)


@pytest.mark.parametrize("number", range(100))
def test_it_hangs_on_what_was_ticked_alone(number: int) -> None:
    """Whatever order the ticks come in, and however often: the same ranking, falling, of types with a tick."""
    seen = any_ticks(number)
    shuffled = [*seen, *seen]
    random.Random(number).shuffle(shuffled)
    found = rank(PROFILES, shuffled)
    assert found == rank(PROFILES, sorted(seen))
    assert {one.type for one in found} == {kind for kind, signs in PROFILES.items() if seen & set(signs)}
    for one, following in pairwise(found):
        assert one.share >= following.share
        assert (one.place == following.place) == (one.share == following.share)
    for one in found:
        assert set(one.because) == seen & set(PROFILES[one.type])
        assert 0 < one.share <= 1
