"""The people of a distributor: added, changed, taken out of the file; one of them the main one."""

import pytest

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact
from fieldapp.network.distributors.queries import search
from fieldapp.people.accounts.queries import viewer_of
from tests import cast
from tests.network.dossier.conftest import Audit, File, Visit

PERSON = {
    "name": "曾小红",
    "role": "owner",
    "phone": "139 2222 8765",
    "wechat": "wx_zeng",
    "birthday": "5-17",
    "channel": "wechat",
}


def test_a_contact_is_added_found_and_counted(file: File, visit: Visit, audit: Audit, people: dict) -> None:
    rep = visit("rep")
    assert "owner" in file.dossier.missing
    assert file.add(rep, "contacts", **PERSON).status_code == 303
    row = file.row(Contact, Contact.name == "曾小红")
    assert (row.role, row.phone, row.birthday, row.channel, row.main) == (
        "owner",
        "139 2222 8765",
        "05-17",
        "wechat",
        False,
    )
    assert row.phone_key == "13922228765"
    assert "owner" not in file.dossier.missing
    with file.app.app_context():
        assert [found.code for found in search(viewer_of(people["rep"]), "zeng")] == ["D001"]
    [entry] = audit()
    said = str(entry.changes)
    for secret in ("2222", "05-17", "wx_zeng", "曾小红"):
        assert secret not in said, secret
    assert entry.changes[f"contacts/{row.id}/phone"] == [None, "···· 8765"]


def test_a_double_tap_makes_one(file: File, visit: Visit) -> None:
    rep = visit("rep")
    form = file.open(rep, "contacts/new")
    for _tap in range(2):
        assert file.save(rep, "contacts", form, **PERSON).status_code == 303
    assert len(file.rows(Contact)) == 2


def test_another_one_becomes_the_main_contact(file: File, visit: Visit) -> None:
    rep = visit("rep")
    file.add(rep, "contacts", **PERSON, main="y")
    assert [row.name for row in file.rows(Contact) if row.main] == ["曾小红"]
    part = f"contacts/{file.contact_id}"
    assert file.save(rep, part, file.open(rep, part), main="y").status_code == 303
    assert [row.name for row in file.rows(Contact) if row.main] == ["Wang"]


def test_one_of_them_stays_the_main_one(file: File, visit: Visit) -> None:
    rep = visit("rep")
    part = f"contacts/{file.contact_id}"
    form = file.open(rep, part)
    form.pop("main")
    answer = file.save(rep, part, form)
    assert answer.status_code == 422
    assert "Make another contact the main one first" in answer.text
    file.add(rep, "contacts", **PERSON)
    assert rep.post(f"{file.url}/{part}/removal").status_code == 422
    assert len(file.rows(Contact)) == 2


def test_the_first_contact_is_the_main_one(file: File, visit: Visit) -> None:
    rep = visit("rep")
    assert rep.post(f"{file.url}/contacts/{file.contact_id}/removal").status_code == 303
    assert "main_contact" in file.dossier.missing
    file.add(rep, "contacts", name="Li", phone="13800000001")
    assert file.rows(Contact)[0].main
    assert "main_contact" not in file.dossier.missing


def test_an_other_distributors_contact_is_not_reached_through_ours(file: File, visit: Visit) -> None:
    with file.app.app_context():
        other = cast.make_distributor("D002", "420106")
        db.session.commit()
        theirs = other.contacts[0].id
    url = f"{file.url}/contacts/{theirs}"
    rep = visit("rep")
    assert rep.get(url).status_code == 404
    assert rep.post(url, {"name": "X"}).status_code == 404
    assert rep.post(f"{url}/removal").status_code == 404
    assert file.add(rep, "contacts", name="X", key=str(theirs)).status_code == 404
    assert file.row(Contact, Contact.id == theirs).name == "Wang"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("phone", "call me"),
        ("birthday", "31-12"),
        ("role", "king"),
        ("channel", "pigeon"),
        ("wechat", "x" * 65),
    ],
)
def test_bad_input_is_refused(file: File, visit: Visit, field: str, value: str) -> None:
    answer = file.add(visit("rep"), "contacts", **{**PERSON, field: value})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert len(file.rows(Contact)) == 1


def test_names_are_shown_as_text(file: File, visit: Visit) -> None:
    rep = visit("rep")
    file.add(rep, "contacts", name="<script>alert(1)</script>")
    for url in (file.url, f"{file.url}/history"):
        assert "<script>alert" not in rep.get(url).text
