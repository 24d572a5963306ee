"""The message catalogues: compile them, bring them up to date, or fail on what is missing.

    python tools/translations.py compile   # .po → .mo (the set-up does this; .mo files are not committed)
    python tools/translations.py update    # take new messages from the source into the .po files
    python tools/translations.py check     # exit 1 with the list of missing, fuzzy or wrong translations

English is the language of the source, so only the other languages have a catalogue.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "fieldapp" / "translations"
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_n": (1, 2),
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def main(arguments: list[str]) -> int:
    match arguments:
        case ["compile"]:
            compile_all()
        case ["update"]:
            update_all()
        case ["check"]:
            source = source_messages()
            problems = [line for file in catalogue_files() for line in problems_of(file, source)]
            print("\n".join(problems) if problems else "Translations: complete")
            return 1 if problems else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def catalogue_files() -> list[Path]:
    return sorted(CATALOGUES.glob("*/LC_MESSAGES/*.po"))


def source_messages() -> Catalog:
    """Every message of the Python files and templates, with where it is used."""
    catalogue = Catalog(charset="utf-8")
    for folder in ("fieldapp", "templates"):
        for name, line, message, comments, context in extract_from_dir(
            ROOT / folder,
            method_map=METHODS,
            options_map={"**.html": {"trimmed": "true", "silent": "false"}, "**.txt": {"silent": "false"}},
            keywords=KEYWORDS,
            comment_tags=("translators:",),
            strip_comment_tags=True,
        ):
            catalogue.add(message, None, [(f"{folder}/{name}", line)], auto_comments=comments, context=context)
    return catalogue


def compile_all() -> None:
    """Write each catalogue's .mo beside it, whole or not at all: another process may read the old one."""
    for file in catalogue_files():
        compiled = file.with_suffix(".mo")
        draft = compiled.with_name(f"{compiled.name}.{os.getpid()}")
        with draft.open("wb") as out:
            write_mo(out, read(file))
        draft.replace(compiled)


def update_all() -> None:
    source = source_messages()
    for file in catalogue_files():
        catalogue = read(file)
        catalogue.update(source, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        text = io.BytesIO()
        write_po(text, catalogue, width=110, sort_output=True)
        file.write_bytes(text.getvalue())


def problems_of(file: Path, source: Catalog) -> Iterator[str]:
    """One line for each message of the source that this catalogue does not translate well."""
    catalogue = read(file)
    name = file.relative_to(ROOT)
    for message in source:
        if not message.id:
            continue
        place = ":".join(map(str, message.locations[0]))
        translation = catalogue.get(message.id, message.context)
        if translation is None or not all(strings(translation)):
            yield f"{name}: missing: {message.id!r} ({place})"
        elif translation.fuzzy:
            yield f"{name}: fuzzy: {message.id!r} ({place})"
    for message in catalogue:
        if not message.id:
            continue
        if source.get(message.id, message.context) is None:
            yield f"{name}: no longer used: {message.id!r}"
        for problem in message.check(catalogue):
            yield f"{name}: {problem}: {message.id!r}"


def strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)


def read(file: Path) -> Catalog:
    with file.open("rb") as text:
        return read_po(text, locale=file.parent.parent.name, abort_invalid=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
