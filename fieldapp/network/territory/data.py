"""The regions the app ships with: China down to the township, as dated data (source: data/README.md)."""

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from typing import NamedTuple

AS_OF = date(2023, 6, 30)


class RegionRow(NamedTuple):
    """One administrative division.

    `code`     — 2, 4, 6 or 9 digits (GB/T 2260); the parent's code is a prefix of it.
    `pinyin`   — toneless and without gaps, ü as v: `shanxian`, `luan`.
    `initials` — the first letter of each syllable: `sx`, `la`.
    `lat`, `lng` — degrees, within about 20 km of the seat of government; None where not known.
    """

    code: str
    name: str
    pinyin: str
    initials: str
    lat: float | None
    lng: float | None


def read_regions() -> Iterator[RegionRow]:
    """Every shipped region in the order of its code, so that a parent always comes before its children."""
    source = files(__package__) / "data" / f"regions-{AS_OF.isoformat()}.csv.gz"
    with (
        source.open("rb") as packed,
        gzip.open(packed, "rb") as unpacked,
        io.TextIOWrapper(unpacked, encoding="utf-8", newline="") as text,
    ):
        rows = csv.reader(text)
        next(rows)  # header: code, name, pinyin, lat, lng
        for code, name, spoken, lat, lng in rows:
            syllables = spoken.split()
            yield RegionRow(
                code,
                name,
                "".join(syllables),
                "".join(syllable[0] for syllable in syllables),
                float(lat) if lat else None,
                float(lng) if lng else None,
            )
