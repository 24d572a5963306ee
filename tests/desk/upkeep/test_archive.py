"""The file of a backup: what is refused before anything in it is believed."""

import stat
import zipfile
from pathlib import Path

import pytest

from fieldapp.core.clock import now
from fieldapp.desk.upkeep.archive import FORMAT, Archive, Manifest, UpkeepError, writing
from tests.desk.upkeep.conftest import body, forge


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small whole one."""
    path = tmp_path / "b.zip"
    with writing(path, now(), force=False) as writer:
        writer.add("database.sqlite", [b"SQLite " * 1000])
        writer.add("files/照片 1.jpg", [b"a ", b"photo"], packed=False)
        writer.finish(Manifest(FORMAT, "0.1.0", "0001", "sqlite", now().isoformat()))
    return path


def verify(path: Path) -> None:
    with Archive(path) as archive:
        archive.verify()


def test_what_was_written_is_read(archive: Path) -> None:
    with Archive(archive) as read:
        read.verify()
        assert read.names == ["database.sqlite", "files/照片 1.jpg"]
        assert b"".join(read.pieces("files/照片 1.jpg")) == b"a photo"
        assert (read.unpacked, read.manifest.schema) == (7007, "0001")


def test_cut_off_anywhere(archive: Path) -> None:
    whole = archive.read_bytes()
    for length in range(0, len(whole), 7):
        archive.write_bytes(whole[:length])
        with pytest.raises(UpkeepError, match="damaged"):
            verify(archive)


def test_a_flipped_bit_anywhere_in_the_contents(archive: Path) -> None:
    whole = archive.read_bytes()
    with zipfile.ZipFile(archive) as read:
        ends = [*[info.header_offset for info in read.infolist()][1:], read.start_dir]
    for end in ends:  # a member's data end where the next begins
        place = end - 3
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        with pytest.raises(UpkeepError):
            verify(archive)


@pytest.mark.parametrize("name", ["files/照片 1.jpg", "manifest.json", "database.sqlite"])
def test_a_member_put_in_by_somebody_else(archive: Path, name: str) -> None:
    """The zip is sound, the sum is not."""
    with zipfile.ZipFile(archive) as read:
        members = {info.filename: read.read(info) for info in read.infolist()}
    members[name] += b" "
    with zipfile.ZipFile(archive, "w") as written:
        for member, data in members.items():
            written.writestr(member, data)
    with pytest.raises(UpkeepError, match="is not what was written"):
        verify(archive)


def test_a_member_more_or_less_than_listed(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("files/more", b"x")
    with pytest.raises(UpkeepError, match="not those it lists"):
        verify(archive)


@pytest.mark.parametrize(
    "name",
    [
        "files/../../../etc/evil",
        "/etc/evil",
        "files//evil",
        "../evil",
        "files/a\\..\\evil",
        "secret",
        "database/../x.copy",
        "files/",
        "files/a/./b",
    ],
)
def test_a_name_that_leads_elsewhere(archive: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(UpkeepError, match="does not belong"):
        verify(forge(tmp_path / "evil.zip", {**body(archive), name: b"evil"}))


def test_a_link(archive: Path, tmp_path: Path) -> None:
    path = forge(tmp_path / "evil.zip", body(archive))
    with zipfile.ZipFile(path, "a") as more:
        link = zipfile.ZipInfo("files/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        more.writestr(link, "/etc")
    with pytest.raises(UpkeepError, match="does not belong"):
        verify(path)


def test_a_bomb(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as more, more.open("files/bomb", "w") as member:
        for _ in range(200):
            member.write(bytes(1 << 20))
    with pytest.raises(UpkeepError, match="would become"):
        Archive(archive)


def test_what_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    forge(tmp_path / "other.zip", {"files/a": b"x"})
    for name, said in (("text", "no backup"), ("other.zip", "no manifest"), ("none.zip", "cannot be read")):
        with pytest.raises(UpkeepError, match=said):
            Archive(tmp_path / name)
