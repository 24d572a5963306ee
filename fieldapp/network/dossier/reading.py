"""A file put together for its pages: the rows, what is missing, what is stale."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fieldapp.network.territory import patches
from fieldapp.people.accounts.viewer import Viewer

from . import policy, queries
from .queries import Lists
from .rules import ITEMS, SECTIONS, asked_for, percent, stale

_LISTS = {
    "company": (),
    "contacts": ("contacts",),
    "place": ("sites",),
    "network": ("outlets",),
    "brands": ("brands",),
    "means": ("vehicles", "warehouses"),
    "papers": ("papers",),
}
_SECTION_OF = {item.code: item.section for item in ITEMS}


@dataclass(frozen=True, slots=True)
class File:
    """A file as a page shows it. `checked`: when each section that holds something was last changed or confirmed;
    `stale`: those sections that have to be looked at again. `place(code)`: the name of a region."""

    head: Any
    lists: Lists
    percent: int
    missing: list[str]
    checked: dict[str, date]
    stale: Collection[str]
    place: Callable[[str | None], str]

    def missing_in(self, section: str) -> list[str]:
        """What a section lacks."""
        return [code for code in self.missing if _SECTION_OF[code] == section]


def read(viewer: Viewer, distributor_id: UUID, today: date, section: str | None = None) -> File | None:
    """The file of a distributor in the viewer's patch, or None. `section`: only the lists of this one."""
    head = queries.head(viewer, distributor_id)
    if head is None:
        return None
    lists = queries.lists(distributor_id, _LISTS[section] if section else None)
    holds = policy.on(today)
    # A distributor that no change has touched since its row was made elsewhere: nothing is known to be there.
    absent = head.missing if head.missing is not None else [item.code for item in ITEMS]
    checked = {
        name: on for name in SECTIONS if (on := queries.checked_on(head, name, _filled(head, lists, name))) is not None
    }
    return File(
        head=head,
        lists=lists,
        percent=percent(absent, holds.weights),
        missing=asked_for(absent, holds.weights),
        checked=checked,
        stale={name for name, on in checked.items() if stale(on, today, holds.stale_months)},
        place=place_of([head.region_code]),
    )


def place_of(codes: Collection[str | None]) -> Callable[[str | None], str]:
    """The names of regions, from the province down."""
    names = patches.names(code for code in codes if code)
    return lambda code: names.get(code or "", "").replace(" · ", " ")


def _filled(head: Any, lists: Lists, section: str) -> bool:
    """Does a section hold anything? Of an empty one there is nothing to confirm; documents don't go stale."""
    return {
        "company": True,
        "contacts": bool(lists.contacts),
        "place": bool(head.address or lists.sites),
        "network": bool(lists.outlets),
        "brands": bool(lists.brands),
        "means": bool(lists.vehicles or lists.warehouses),
    }.get(section, False)
