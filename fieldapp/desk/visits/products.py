"""Which of our products a rep means by what he types on a visit."""

from collections.abc import Mapping

from fieldapp.desk.checks import reference
from fieldapp.desk.checks.reference import ProductRow, Reference


def names() -> tuple[str, ...]:
    """Names of the products that we sell now, by code: what a field offers."""
    return reference.read()[0].once(_names)


def meant(text: str) -> ProductRow | None:
    """The product with this name or code, or None."""
    return reference.read()[0].once(_by_word).get(text.strip().casefold())


def _active(held: Reference) -> list[ProductRow]:
    return [product for product in held.products.values() if product.active]


def _names(held: Reference) -> tuple[str, ...]:
    return tuple(dict.fromkeys(product.name for product in _active(held)))


def _by_word(held: Reference) -> Mapping[str, ProductRow]:
    """A code wins over a name; of two products of one name neither is meant."""
    by_name: dict[str, ProductRow | None] = {}
    for product in _active(held):
        name = product.name.strip().casefold()
        by_name[name] = None if name in by_name else product
    codes = {product.code.casefold(): product for product in _active(held)}
    return {name: product for name, product in by_name.items() if product is not None} | codes
