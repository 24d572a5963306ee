"""Documents and photos: what is taken, what is refused, who may look, what is left on the disk."""

import io
import os
import resource
import zlib
from pathlib import Path
from struct import pack
from uuid import UUID

import pytest
import sqlalchemy as sa
from PIL import Image
from werkzeug.test import TestResponse

from fieldapp.core import contents, storage
from fieldapp.core.db import db
from fieldapp.network.dossier.models import Attachment
from tests.network.dossier.conftest import Audit, File, Visit
from tests.visitor import Visitor

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
HTML = b"<!doctype html><script>alert(1)</script>"


def photo(form: str = "JPEG", size: tuple[int, int] = (2000, 1000), mode: str = "RGB", **options: object) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, "red").save(target, form, **options)
    return target.getvalue()


def with_place() -> bytes:
    """A photo that tells where it was taken, and lies on its side."""
    exif = Image.Exif()
    exif[0x010F] = "SECRETPHONE"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (34.0, 44.0, 50.0)
    return photo(exif=exif)


def bomb() -> bytes:
    """A PNG of 30 million pixels in a few kilobytes."""
    width, height = 6000, 5000

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"\0" * ((width // 8 + 1) * height), 9)
    head = pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def send(file: File, visitor: Visitor, data: bytes, name: str = "a.jpg", kind: str = "licence") -> TestResponse:
    body = {"file": (io.BytesIO(data), name), "kind": kind}
    return visitor.post(f"{file.url}/papers", body, content_type="multipart/form-data")


def send_raw(file: File, visitor: Visitor, data: bytes) -> TestResponse:
    """The same for a large file: the test's client would leave its own copy of it on the disk."""
    head = 'Content-Disposition: form-data; name="{}"'
    body = (
        f"--x\r\n{head.format('csrf_token')}\r\n\r\n{visitor.csrf()}\r\n"
        f"--x\r\n{head.format('kind')}\r\n\r\nlicence\r\n"
        f'--x\r\n{head.format("file")}; filename="a.pdf"\r\n\r\n'
    ).encode()
    body += data + b"\r\n--x--\r\n"
    return visitor.client.post(f"{file.url}/papers", data=body, content_type="multipart/form-data; boundary=x")


def kept(file: File) -> list[Path]:
    with file.app.app_context():
        return [path for path in storage.folder().glob("**/*") if path.is_file()]


def test_a_photo_is_made_anew_small_upright_and_without_its_place(file: File, visit: Visit, audit: Audit) -> None:
    rep = visit("rep")
    assert "licence" in file.dossier.missing
    assert send(file, rep, with_place(), "营业执照.jpg").status_code == 303
    row = file.rows(Attachment)[0]
    assert (row.kind, row.filename, row.media_type) == ("licence", "营业执照.jpg", "image/jpeg")
    assert "licence" not in file.dossier.missing
    response = rep.get(f"{file.url}/papers/{row.id}")
    assert response.status_code == 200
    assert b"SECRETPHONE" not in response.data
    image = Image.open(io.BytesIO(response.data))
    assert (image.format, image.size, len(image.getexif())) == ("JPEG", (800, 1600), 0)
    [path] = kept(file)
    assert path.name == str(row.id)
    assert path.parent.name == row.sha256[:2]
    assert [entry.action for entry in audit()] == ["dossier.attach"]


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("WEBP", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L")]
)
def test_every_kind_of_photo_becomes_a_jpeg(file: File, visit: Visit, form: str, mode: str) -> None:
    rep = visit("rep")
    assert send(file, rep, photo(form, (30, 20), "RGB" if mode in {"P"} else mode)).status_code == 303
    assert rep.get(f"{file.url}/papers/{file.rows(Attachment)[0].id}").data.startswith(b"\xff\xd8\xff")


def test_what_is_sent_back_is_never_run_by_a_browser(file: File, visit: Visit) -> None:
    rep = visit("rep")
    send(file, rep, PDF, "contract.pdf", "contract")
    send(file, rep, photo(size=(9, 9)), "x.html", "photo")
    pdf, image = (rep.get(f"{file.url}/papers/{row.id}") for row in file.rows(Attachment))
    for response, kind, way in ((pdf, "application/pdf", "attachment"), (image, "image/jpeg", "inline")):
        assert response.content_type == kind
        assert response.headers["Content-Disposition"].startswith(way)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"].startswith("sandbox")
        assert response.headers["Cache-Control"] == "no-store"
    assert pdf.data == PDF
    assert "x.jpg" in image.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (HTML, "neither a photo"),
        (b"\x89PNG\r\n\x1a\n" + HTML, "damaged"),
        (b"GIF89a" + HTML, "neither a photo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "neither a photo"),
        (b"MZ\x90\x00", "neither a photo"),
        (b" " + PDF, "neither a photo"),
        (b"%PDF-1.7 cut off", "not complete"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "damaged"),
        (photo()[:300], "damaged"),
        (bomb(), "million pixels"),
        (b"", "empty"),
    ],
)
def test_anything_else_is_refused_whatever_its_name(file: File, visit: Visit, data: bytes, told: str) -> None:
    answer = send(file, visit("rep"), data, "holiday.jpg")
    assert answer.status_code == 422
    assert told in answer.text
    assert file.rows(Attachment) == []
    assert kept(file) == []


def test_a_polyglot_comes_out_as_a_plain_photo(file: File, visit: Visit) -> None:
    rep = visit("rep")
    send(file, rep, photo(size=(9, 9)) + HTML + b"PK\x03\x04", "a.html.jpg")
    got = rep.get(f"{file.url}/papers/{file.rows(Attachment)[0].id}").data
    assert b"<script" not in got
    assert b"PK\x03\x04" not in got


def test_too_large_a_file_is_refused_with_the_limit(file: File, visit: Visit) -> None:
    rep = visit("rep")
    answer = send_raw(file, rep, PDF[:-7] + b" " * contents.MAX_BYTES + b"%%EOF\n")
    assert answer.status_code == 422
    assert "larger than 10 MB" in answer.text
    assert send_raw(file, rep, b"x" * (contents.MAX_BYTES + 1024 * 1024)).status_code == 413
    assert kept(file) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "....boot.ini"),
        ("a\x1b[31m\x7f\u202e.jpg", "a[31m.jpg"),
        ("<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),
        ("中" * 400, "中" * 255),
    ],
    ids=["folders", "backslashes", "control", "tags", "long"],
)
def test_a_name_is_text_and_never_a_path(file: File, visit: Visit, name: str, shown: str) -> None:
    rep = visit("rep")
    assert send(file, rep, photo(size=(9, 9)), name).status_code == 303
    row = file.rows(Attachment)[0]
    assert row.filename == shown
    assert [path.name for path in kept(file)] == [str(row.id)]
    assert "<img src=x" not in rep.get(file.url).text
    assert "X-Odd" not in rep.get(f"{file.url}/papers/{row.id}").headers


def test_the_same_content_twice_is_one_document(file: File, visit: Visit) -> None:
    rep = visit("rep")
    for _tap in range(2):
        assert send(file, rep, PDF, "a.pdf").status_code == 303
    assert len(file.rows(Attachment)) == len(kept(file)) == 1


def test_removing_needs_a_reason_deletes_the_content_and_keeps_the_history(file: File, visit: Visit) -> None:
    rep = visit("rep")
    send(file, rep, PDF, "old.pdf")
    row = file.rows(Attachment)[0]
    url = f"{file.url}/papers/{row.id}"
    assert rep.post(f"{url}/removal", {"reason": " "}).status_code == 422
    assert rep.get(url).status_code == 200
    assert rep.post(f"{url}/removal", {"reason": "Out of date"}).status_code == 303
    assert rep.get(url).status_code == 404
    assert rep.post(f"{url}/removal", {"reason": "Again"}).status_code == 404
    assert kept(file) == []
    assert "licence" in file.dossier.missing
    for page in (file.url, f"{file.url}/history"):
        assert "old.pdf" in rep.get(page).text
        assert "Out of date" in rep.get(page).text


def test_nobody_else_gets_it(file: File, visit: Visit) -> None:
    send(file, visit("rep"), PDF, "a.pdf")
    key = file.rows(Attachment)[0].id
    for who in ("colleague", "stranger"):
        visitor = visit(who)
        assert visitor.get(f"{file.url}/papers/{key}").status_code == 404
        assert send(file, visitor, PDF).status_code == 404
        assert visitor.post(f"{file.url}/papers/{key}/removal", {"reason": "x"}).status_code == 404
    assert visit(None).get(f"{file.url}/papers/{key}").status_code == 303
    other = UUID("01930000-0000-7000-8000-000000000000")
    assert visit("admin").get(f"/distributors/{other}/file/papers/{key}").status_code == 404


def test_a_disk_that_takes_no_more_is_named_and_leaves_nothing(file: File, visit: Visit) -> None:
    """The process may write no file beyond 200 kB: the system's own refusal, as of a full disk."""
    rep = visit("rep")
    target = io.BytesIO()
    Image.effect_noise((900, 600), 90).save(target, "JPEG", quality=85)
    noise = target.getvalue()
    assert 220_000 < len(noise) < 450_000  # more than may be written, less than a form keeps in a file of its own
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    rep.get(file.url)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        answer = send(file, rep, noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert answer.status_code == 422
    assert "could not keep the file" in answer.text
    assert file.rows(Attachment) == []
    assert kept(file) == []


def test_a_row_that_cannot_be_stored_leaves_no_content(file: File, visit: Visit) -> None:
    with file.app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(
                "CREATE TRIGGER refuse BEFORE INSERT ON attachment BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        else:
            connection.exec_driver_sql("ALTER TABLE attachment ADD CONSTRAINT refuse CHECK (size < 0)")
    assert send(file, visit("rep"), PDF).status_code == 500
    assert file.rows(Attachment) == []
    assert kept(file) == []


def test_what_a_killed_upload_left_is_swept_away_when_it_is_old(file: File, visit: Visit) -> None:
    send(file, visit("rep"), PDF)
    with file.app.app_context():
        stray = storage.path_of(UUID("01930000-0000-7000-8000-000000000000"), "ab" * 32)
        stray.parent.mkdir(parents=True, exist_ok=True)
        for path in (stray, stray.with_name("x.part")):
            path.write_bytes(b"x")
    runner = file.app.test_cli_runner()
    assert "0 contents" in runner.invoke(args=["files", "sweep"]).output
    for path in kept(file):
        os.utime(path, (1, 1))
    assert "2 contents" in runner.invoke(args=["files", "sweep"]).output
    assert len(kept(file)) == 1
    with file.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 1
