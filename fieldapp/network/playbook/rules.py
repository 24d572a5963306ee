"""Which of the eight customer types fits what was seen: a ranking with its reasons, never a decision."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class CustomerType(StrEnum):
    """The eight types (reading.md, S1), in the training's order."""

    FRIENDLY = "friendly"
    CAUTIOUS = "cautious"
    STRONG_WILLED = "strong-willed"
    EXPERT = "expert"
    DEBATER = "debater"
    CONSTRUCTIVE = "constructive"
    QUIET = "quiet"
    TRADITIONAL = "traditional"


class SkillKey(StrEnum):
    """The four skills of talking (reading.md, S7), in the order of a visit."""

    TELL = "tell"
    ASK = "ask"
    LISTEN = "listen"
    UNDERSTAND = "understand"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A type that something speaks for.

    `share`   — above 0 to 1: the weight of its signs among those ticked, by the weight of all ticked.
    `because` — its ticked signs, in the order in which the profile names them.
    `place`   — from 1; types of equal share stand in the same place.
    """

    type: CustomerType
    share: Fraction
    because: tuple[str, ...]
    place: int

    @property
    def percent(self) -> int:
        """The share in whole percent, for reading."""
        return round(self.share * 100)


def rank(profiles: Mapping[CustomerType, Collection[str]], seen: Collection[str]) -> list[Ranked]:
    """The types that the ticked signs speak for, the likeliest first; none when nothing (known) is ticked.

    A sign that fits several types says the less for each of them: its weight is one by their number. Ticking one of a
    type's signs never lowers its share: the share's numerator and denominator grow by the same weight. Types of equal
    share keep the order of `profiles`.
    """
    shared = [sign for signs in profiles.values() for sign in set(signs)]
    weights = {sign: Fraction(1, shared.count(sign)) for sign in set(seen) & set(shared)}
    whole = sum(weights.values())
    fitting = []
    for kind, signs in profiles.items():
        because = tuple(sign for sign in dict.fromkeys(signs) if sign in weights)
        if because:
            fitting.append((sum((weights[sign] for sign in because), Fraction()) / whole, kind, because))
    fitting.sort(key=lambda found: -found[0])
    places = {share: place for place, (share, _kind, _because) in reversed(list(enumerate(fitting, 1)))}
    return [Ranked(kind, share, because, places[share]) for share, kind, because in fitting]
