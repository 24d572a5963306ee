"""What a patch's codes are called.

People stand below the network (imports go down only), so the territory concern is handed to us when the app is built.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app


@dataclass(frozen=True, slots=True)
class RegionBook:
    """`names(codes)` → {code: name with the names above it} of those that exist; `search(text, limit)` → (code, name)
    by name, pinyin, initials or code."""

    names: Callable[[Iterable[str]], dict[str, str]]
    search: Callable[[str, int], Sequence[tuple[str, str]]]


def use(app: Flask, book: RegionBook) -> None:
    """Give the app its regions."""
    app.extensions["region_book"] = book


def book() -> RegionBook:
    """The regions of the current app."""
    found: RegionBook = current_app.extensions["region_book"]
    return found
