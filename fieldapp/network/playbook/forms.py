"""What was ticked, which type was tapped, and which judgement the page showed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from werkzeug.datastructures import MultiDict

from .rules import CustomerType

NONE_FITS = "none"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A set type. `given`: what came as type; `type` None: none fits; `valid`: whether it is one of these."""

    given: str
    type: CustomerType | None
    valid: bool


def read_seen(given: MultiDict[str, str], known: Collection[str]) -> tuple[str, ...]:
    """Keys of the ticked signs, each once; one that is not in the playbook (any more) counts as not ticked."""
    return tuple(key for key in dict.fromkeys(given.getlist("seen")) if key in known)


def was_ticked(given: Mapping[str, str]) -> bool:
    """Whether the ticks of the form came along: none of them ticked is an answer too."""
    return given.get("ticked") == "1"


def read_type(given: Mapping[str, str]) -> Chosen:
    """The type that was tapped."""
    text = given.get("type", "")
    if text == NONE_FITS:
        return Chosen(text, None, True)
    valid = text in set(CustomerType)
    return Chosen(text, CustomerType(text) if valid else None, valid)


def read_was(given: Mapping[str, str]) -> UUID | None:
    """The open judgement that the page showed; None when it showed none."""
    try:
        return UUID(given.get("was", ""))
    except ValueError:
        return None
