"""Sheets as they come: encodings, separators, quoting, line numbers, and files that are no sheets."""

import io
from pathlib import Path

import pytest

from fieldapp.core.sheets import Sheet, SheetError, limits

TEXT = 'code,name,address\nD001,丰禾饲料,新郑市\nD002,"金穗,农牧","一行\n二行"\nD003,𠮷田,镕\n'
ROWS = [
    (2, ["D001", "丰禾饲料", "新郑市"]),
    (3, ["D002", "金穗,农牧", "一行\n二行"]),
    (5, ["D003", "𠮷田", "镕"]),
]


def read(content: bytes) -> tuple[Sheet, list[tuple[int, list[str]]]]:
    with Sheet(io.BytesIO(content)) as sheet:
        return sheet, list(sheet.rows())


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.replace("\n", "\r\n").replace("一行\r\n", "一行\n").encode("gb18030"), "gb18030"),
        (TEXT.replace(",", ";").replace("金穗;", "金穗,").encode(), "utf-8"),
        (TEXT.replace(",", "\t").replace("金穗\t", "金穗,").encode(), "utf-8"),
    ],
    ids=["utf-8", "with mark", "gb18030", "gb18030 crlf", "semicolon", "tab"],
)
def test_every_encoding_and_separator_gives_the_same_rows(content: bytes, encoding: str) -> None:
    sheet, rows = read(content)
    assert sheet.encoding == encoding
    assert (sheet.header_line, sheet.header) == (1, ("code", "name", "address"))
    assert rows == ROWS


def test_a_character_split_between_two_chunks_does_not_change_the_encoding(tmp_path: Path) -> None:
    chunk = 1 << 20
    for encoding in ("utf-8", "gb18030"):
        for before in range(1, 4):
            head = b"name\n" + (b"x" * 999 + b"\n") * (chunk // 1000 + 1)
            path = tmp_path / "long.csv"
            path.write_bytes(head[: chunk - before - 1] + b"\n" + "饲料\n".encode(encoding))
            with Sheet(path) as sheet:
                assert sheet.encoding == encoding
                assert [cells for _, cells in sheet.rows()][-1] == ["饲料"]


def test_blank_lines_are_skipped_and_counted() -> None:
    sheet, rows = read(b"\n\ncode,name\n\nD1,a\n , \nD2,b\n\n")
    assert sheet.header_line == 3
    assert rows == [(5, ["D1", "a"]), (7, ["D2", "b"])]


def test_a_row_cut_short_by_excel_and_a_row_too_long_come_as_they_are() -> None:
    assert read(b"a,b,c\n1\n1,2,3,4\n")[1] == [(2, ["1"]), (3, ["1", "2", "3", "4"])]


def test_rows_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text(TEXT, encoding="utf-8")
    with Sheet(path) as sheet:
        assert list(sheet.rows()) == list(sheet.rows()) == ROWS
        assert sheet.progress == 1.0


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"", None, "empty"),
        (b"\xef\xbb\xbf\r\n \r\n", None, "empty"),
        (b"code,name\nD1,\xc3\xa9\nD2,\xff\xff\n", 3, "0xFF"),
        (b"code\nok\n\xb6\xfe\n\xb6\xff\n", 4, "GB18030"),
        (b"\xef\xbb\xbfcode\n\xb6\xfe\xff\n", 2, "0xB6"),
        (b"code\nD\x001\n", 2, "0x00"),
        (b'code,name\nD1,"open\nD2,x\n', 2, "quotation"),
        (b'code,name\nD1,x\nD2,"a"b\n', 3, "quotation"),
        (b"\xff\xfec\x00o\x00d\x00e\x00", None, "UTF-16"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, None, ".xls"),
        (b"<html><table><tr><td>code</td></tr></table></html>", None, "web page"),
        (b"PK\x03\x04 not really", None, "damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_whole(content: bytes, line: int | None, said: str) -> None:
    with pytest.raises(SheetError) as refused:
        read(content)
    assert refused.value.line == line
    assert said in str(refused.value)


def test_the_limits_hold_for_paths_and_streams(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"code\n" + b"D1\n" * 100)
    monkeypatch.setattr(limits, "ROWS", 100)
    assert len(read(path.read_bytes())[1]) == 100
    monkeypatch.setattr(limits, "ROWS", 99)
    with pytest.raises(SheetError, match="99 rows"):
        read(path.read_bytes())
    monkeypatch.setattr(limits, "FILE_BYTES", 304)
    for source in (path, io.BytesIO(path.read_bytes())):
        with pytest.raises(SheetError, match="larger than"):
            Sheet(source)


def test_a_row_of_endless_separators_is_refused_before_it_is_split() -> None:
    with pytest.raises(SheetError, match="characters") as refused:
        read(b"code,name\nD1,a\nD2" + b"," * 2_000_000 + b"\n")
    assert refused.value.line == 3
    with pytest.raises(SheetError, match="columns"):
        read(b",".join(b"c%d" % n for n in range(201)) + b"\n1\n")


def test_temporary_files_are_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Sheet(io.BytesIO(b"code\n1\n")):
        assert list(tmp_path.iterdir())
    with pytest.raises(SheetError):
        Sheet(io.BytesIO(b"\0"))
    assert not list(tmp_path.iterdir())
