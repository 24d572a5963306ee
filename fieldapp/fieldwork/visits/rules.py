"""The words of a visit: what a note can be about, how a place could not be found, how a visit ended."""

from enum import StrEnum


class NoteSection(StrEnum):
    """What a note is about. `retail`: a price seen in a shop, an observation that gates and penalises nothing."""

    STOCK = "stock"
    COMPETITOR = "competitor"
    ORDER = "order"
    LIVESTOCK = "livestock"
    RETAIL = "retail"
    BRAND = "brand"
    TALK = "talk"
    OTHER = "other"


class PlaceProblem(StrEnum):
    """Why a check-in or check-out has no place: the phone was not allowed to, found none, or took too long."""

    DENIED = "denied"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"


class Ending(StrEnum):
    """`repaired`: the check-out was forgotten, and the time put in later; such a visit is flagged."""

    CHECKED_OUT = "checked-out"
    REPAIRED = "repaired"


class PhotoPurpose(StrEnum):
    """What a photo is to show: that he was there, that a task was done, or what a note speaks of."""

    ARRIVAL = "arrival"
    TASK = "task"
    NOTE = "note"
