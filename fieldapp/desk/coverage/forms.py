"""What is asked of the map: a region, a product line, a day, the colouring, the order of the table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Self

from fieldapp.core.forms import clean
from fieldapp.network.territory.rules import ALL_LINES, REGION_LENGTHS

MOST_PAGES = 10_000


class By(StrEnum):
    """What the colours say: whose a region is, whose rep looks after it, or only what is nobody's."""

    DISTRIBUTOR = "distributor"
    REP = "rep"
    WHITE = "white"


class Sort(StrEnum):
    """Orders of the table. `white`: most white counties first; `owners`: most distributors first."""

    CODE = "code"
    NAME = "name"
    WHITE = "white"
    OWNERS = "owners"


@dataclass(frozen=True, slots=True)
class Asked:
    """`region` None: where the viewer works; "" is the country. `line`: the key of a product line or `*`."""

    on: date
    today: date
    region: str | None = None
    line: str = ALL_LINES
    by: By = By.DISTRIBUTOR
    sort: Sort = Sort.CODE
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str], today: date) -> Self:
        """From an address; what cannot be is left out."""
        region, by, sort, number = (given.get(name, "") for name in ("region", "by", "sort", "page"))
        if region == "all":
            wanted: str | None = ""
        else:
            wanted = region if region.isascii() and region.isdecimal() and len(region) in REGION_LENGTHS else None
        try:
            on = date.fromisoformat(given.get("on", ""))
        except ValueError:
            on = today
        page = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
        return cls(
            on if 2000 <= on.year <= 2100 else today,
            today,
            wanted,
            clean(given.get("line", ""))[:64].casefold() or ALL_LINES,
            By(by) if by in set(By) else By.DISTRIBUTOR,
            Sort(sort) if sort in set(Sort) else Sort.CODE,
            min(max(page, 1), MOST_PAGES),
        )

    def at(self, region: str) -> Self:
        """The same of another region."""
        return replace(self, region=region)

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address, without what is usual: the first page, unless one is among them."""
        held = {
            "region": "all" if self.region == "" else self.region,
            "line": self.line if self.line != ALL_LINES else None,
            "on": self.on.isoformat() if self.on != self.today else None,
            "by": self.by if self.by is not By.DISTRIBUTOR else None,
            "sort": self.sort if self.sort is not Sort.CODE else None,
            **changes,
        }
        return {name: str(value) for name, value in held.items() if value}
