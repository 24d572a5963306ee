"""Who bought of a batch, as the viewer may see it: the buyers of his patch, and how many there are elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.ledger.queries import (
    BatchBuyer,
    buyers_of_batch,
    page_of_buyers,
    products_of_batch,
    regions_of_batch,
)
from fieldapp.trade.ledger.rules import batch_key
from fieldapp.trade.products.models import Product

PAGE = 50
MOST_PAGES = 10_000
MOST_TEXT = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """A batch, a product's code where one was chosen, and the page of the list, from 1."""

    batch: str = ""
    product: str = ""
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """From an address; what cannot be is left out."""
        text = {name: given.get(name, "").replace("\x00", "").strip()[:MOST_TEXT] for name in ("batch", "product")}
        number = given.get("page", "")
        page = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
        return cls(text["batch"], text["product"], min(max(page, 1), MOST_PAGES))

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address, without what is empty."""
        held = {"batch": self.batch, "product": self.product, "page": None, **changes}
        return {name: value for name, value in held.items() if value}


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the buyers of the viewer's patch; `mine`: how many there are, `others`: how many more elsewhere.

    `products`: those that carry this number; `product`: the one that was chosen.
    """

    buyers: list[BatchBuyer]
    mine: int
    others: int
    products: list[Product]
    product: Product | None


def find(viewer: Viewer, asked: Asked, most: int | None = PAGE) -> Found | None:
    """Three statements at most; None when no batch was asked for. A product that the batch is not of finds nobody.

    `most` None: all of them, for a file; `others` is not counted. A page past the end is the first one.
    """
    if not asked.batch:
        return None
    products = products_of_batch(asked.batch)
    chosen = next((one for one in products if batch_key(one.code) == batch_key(asked.product)), None)
    if not products or (asked.product and chosen is None):
        return Found([], 0, 0, products, None)
    product_id = chosen.id if chosen else None
    if most is None:
        every = buyers_of_batch(viewer, product_id, asked.batch)
        return Found(every, len(every), 0, products, chosen)
    skip = (asked.page - 1) * most
    found = page_of_buyers(viewer, product_id, asked.batch, most, skip)
    if skip and not found.rows:
        found = page_of_buyers(viewer, product_id, asked.batch, most)
    return Found(found.rows, found.mine, found.all - found.mine, products, chosen)


def regions_of_buyers(product_id: UUID, key: str) -> set[str]:
    """Where a dangerous batch went: the region codes of all who bought it, for those who warn (one statement).

    `key`: the batch however it is written.
    """
    return regions_of_batch(product_id, batch_key(key))
