"""A sheet as lines of text cells, whatever it was: CSV in UTF-8 or GB18030, or the first sheet of a workbook.

Line numbers are physical: the header of a CSV is line 1, and a row whose quoted cell runs over three lines
is named by the line it starts on. In a workbook the line is Excel's own row number. Rows are read one by
one and can be read again; only one row is in memory at a time.
"""

import codecs
import csv
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TextIO, cast

from . import limits, workbook
from .errors import N_, Message, SheetError
from .writing import unguarded

BLANK = " \t\r\n\v\f\u3000\xa0\u200b\ufeff"  # what is trimmed from a cell: also what is pasted from a web page

_CHUNK = 1 << 20
_SAVE_AS_UTF8 = Message(N_("Save it as CSV UTF-8 or as an Excel workbook (.xlsx) and try again."))

Row = tuple[int, list[str]]


class Sheet:
    """An opened sheet: `header` and `rows()`. Close it, or use it in a `with`.

    `header` is trimmed and stands on `header_line`; `encoding` is `utf-8`, `gb18030` or `xlsx`; `progress`
    goes from 0 to 1 while rows are read.
    """

    encoding: str
    header: tuple[str, ...]
    header_line: int

    def __init__(self, source: Path | BinaryIO) -> None:
        """Open a file, or a stream of one, and check all of its bytes.

        Raises SheetError for what can't be read to its end: no sheet, another format, damaged, too large,
        or a byte that belongs to no known encoding.
        """
        self._stack = ExitStack()
        self._error_cells: workbook.ErrorCells = {}
        self.progress = 0.0
        try:
            self._open(self._on_disk(source))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary files."""
        self._stack.close()

    def rows(self) -> Iterator[Row]:
        """(line number, cells) of every row below the header that holds anything.

        Cells are as written, without the exports' apostrophe guard. A row may be shorter than the header
        (Excel leaves out trailing separators) or longer. Raises SheetError at a limit or at broken quoting.
        """
        records = self._records()
        next(records)
        for count, row in enumerate(records, start=1):
            if count > limits.ROWS:
                raise workbook.too_many_rows()
            yield row
        self.progress = 1.0

    def _on_disk(self, source: Path | BinaryIO) -> Path:
        """The file's path; a stream is copied to a temporary file, no further than the limit."""
        if isinstance(source, Path):
            if source.stat().st_size > limits.FILE_BYTES:
                raise _too_many_bytes()
            return source
        copy = self._temporary("sheet")
        size = 0
        with copy.open("wb") as file:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > limits.FILE_BYTES:
                    raise _too_many_bytes()
                file.write(chunk)
        return copy

    def _temporary(self, name: str) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="fieldapp-sheet-"))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder / name

    def _open(self, path: Path) -> None:
        with path.open("rb") as file:
            start = file.read(1024)
        if start.startswith(b"PK"):
            self.encoding, self._codec, self._delimiter = "xlsx", "utf-8", ","
            self._path = self._temporary("rows.csv")
            self._error_cells = workbook.convert(path, self._path)
        else:
            _refuse_other_formats(start)
            self._path = path
            self._codec = detect_encoding(path)
            self.encoding = self._codec.removesuffix("-sig")
            self._delimiter = self._header_delimiter()
        self._size = max(self._path.stat().st_size, 1)
        first = next(self._records(), None)
        if first is None:
            raise SheetError(Message(N_("The file is empty.")), Message(N_("Its first row names the columns.")))
        self.header_line, cells = first
        self.header = tuple("\0".join(cell.strip(BLANK) for cell in cells).rstrip("\0").split("\0"))
        if len(self.header) > limits.COLUMNS:
            raise workbook.too_many_columns()

    def _header_delimiter(self) -> str:
        """`,` unless the first line that says anything holds more `;` or tabs outside quotes."""
        with self._path.open(encoding=self._codec, newline="") as file:
            header = next((line for line in file if line.strip(BLANK)), "")
        bare = "".join(header.split('"')[::2])
        return max(",;\t", key=bare.count)

    def _records(self) -> Iterator[Row]:
        """Every row that holds anything, the header first."""
        with self._path.open(encoding=self._codec, newline="") as file:
            raw = cast(BinaryIO, file.buffer)
            lines = _Lines(file)
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            line, count = 1, 0
            try:
                for cells in reader:
                    if any(cells):
                        if self.encoding == "xlsx":
                            yield self._sheet_row(cells)
                        elif any(cell.strip(BLANK) for cell in cells):
                            yield line, [unguarded(cell) if cell[:1] == "'" else cell for cell in cells]
                    line = reader.line_num + 1
                    lines.length = 0
                    count += 1
                    if not count & 1023:
                        self.progress = min(raw.tell() / self._size, 1.0)
            except csv.Error:
                raise SheetError(
                    Message(N_("The quotation marks of this row don't match.")),
                    Message(N_("A cell that holds a quotation mark is quoted, and the mark doubled.")),
                    line,
                ) from None

    def _sheet_row(self, numbered: list[str]) -> Row:
        """A line of the converted workbook: its number taken off, the errors its formulas gave put back."""
        line, cells = int(numbered[0]), numbered[1:]
        for column, text in self._error_cells.get(line, {}).items():
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = text
        return line, cells


class _Lines:
    """The physical lines of a file for csv.reader, so many characters to a row and no more.

    `length` is what the row under way has taken; the reader's loop sets it back after each row.
    """

    def __init__(self, file: TextIO) -> None:
        self.length = 0
        self._file = file
        self._number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._file)
        self._number += 1
        self.length += len(line)
        if self.length > limits.RECORD_CHARACTERS:
            raise SheetError(
                Message(
                    N_("A row has more than %(characters)s characters."),
                    {"characters": f"{limits.RECORD_CHARACTERS:,}"},
                ),
                Message(N_("Look for a quotation mark that is never closed.")),
                self._number,
            )
        return line


def detect_encoding(path: Path) -> str:
    """`utf-8-sig`, `utf-8` or `gb18030`: the byte order mark, else whichever decodes every byte, UTF-8 first.

    Raises SheetError naming the line and the byte when neither does, or when the file holds NUL bytes.
    """
    with path.open("rb") as file:
        has_mark = file.read(3) == codecs.BOM_UTF8
    bad_utf8 = _undecodable(path, "utf-8")
    if bad_utf8 is None:
        return "utf-8-sig" if has_mark else "utf-8"
    if has_mark:
        raise _bad_byte(path, bad_utf8, N_("Byte %(byte)s is not UTF-8, which the file says it is."))
    bad_gb18030 = _undecodable(path, "gb18030")
    if bad_gb18030 is None:
        return "gb18030"
    # The encoding that got further is the one the file was meant in.
    raise _bad_byte(path, max(bad_utf8, bad_gb18030), N_("Byte %(byte)s is neither UTF-8 nor GB18030."))


def _undecodable(path: Path, encoding: str) -> int | None:
    """The offset of the first byte that the encoding can't read; None when it reads all."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            if (nul := chunk.find(b"\0")) >= 0:
                raise _bad_byte(path, offset + nul, N_("Byte %(byte)s stands in no text file."))
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                # The decoder's object is what it had kept from before and the chunk: count back from its end.
                return offset + len(chunk) - len(error.object) + error.start
            if not chunk:
                return None
            offset += len(chunk)


def _bad_byte(path: Path, offset: int, text: str) -> SheetError:
    line = 1
    with path.open("rb") as file:
        left = offset
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            line += chunk.count(b"\n")
            left -= len(chunk)
        byte = file.read(1)
    return SheetError(Message(text, {"byte": f"0x{byte.hex().upper()}"}), _SAVE_AS_UTF8, line)


def _refuse_other_formats(start: bytes) -> None:
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError(
            Message(N_("This is an old Excel file (.xls), or a workbook protected by a password.")),
            _SAVE_AS_UTF8,
        )
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SheetError(Message(N_("This text file is in UTF-16.")), _SAVE_AS_UTF8)
    plain = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if plain.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"%pdf", b"{\\rtf")):
        raise SheetError(Message(N_("This is a web page or a document under a sheet's name.")), _SAVE_AS_UTF8)


def _too_many_bytes() -> SheetError:
    return SheetError(
        Message(N_("The file is larger than %(megabytes)s MB."), {"megabytes": limits.FILE_BYTES >> 20}),
        Message(N_("Split it into several files.")),
    )
