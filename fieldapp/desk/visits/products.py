"""Which of our products a rep means by what he types on a visit."""

from collections.abc import Mapping
from uuid import UUID

from fieldapp.desk.checks import reference
from fieldapp.desk.checks.reference import ProductRow, Reference


def names() -> tuple[str, ...]:
    """Names of the products that we sell now, by code: what a field offers."""
    return reference.read()[0].once(_names)


def meant(text: str) -> UUID | None:
    """The key of the product with this name or code, or None."""
    return reference.read()[0].once(_by_word).get(text.strip().casefold())


def _active(held: Reference) -> list[ProductRow]:
    return [product for product in held.products.values() if product.active]


def _names(held: Reference) -> tuple[str, ...]:
    return tuple(dict.fromkeys(product.name for product in _active(held)))


def _by_word(held: Reference) -> Mapping[str, UUID]:
    """A code wins over a name; of two products of one name neither is meant."""
    by_name: dict[str, UUID | None] = {}
    for product in _active(held):
        name = product.name.strip().casefold()
        by_name[name] = None if name in by_name else product.id
    codes = {product.code.casefold(): product.id for product in _active(held)}
    return {name: key for name, key in by_name.items() if key is not None} | codes
