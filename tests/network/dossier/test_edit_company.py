"""Editing the company: POST /distributors/<id>/file/company."""

import pytest

from fieldapp.network.distributors.queries import search
from fieldapp.people.accounts.queries import viewer_of
from tests.network.dossier.conftest import ACCOUNT, Audit, File, Visit


def test_what_was_typed_is_kept_found_counted_and_audited(file: File, visit: Visit, audit: Audit, people: dict) -> None:
    rep = visit("rep")
    before = file.dossier.percent
    form = file.open(rep, "company")
    response = file.save(rep, "company", form, name="郑州大江饲料", capital="500,000", legal_person="李强")
    assert (response.status_code, response.location) == (303, f"{file.url}#s-company")
    row = file.distributor
    assert (row.name, row.legal_person, row.bank_account) == ("郑州大江饲料", "李强", ACCOUNT)
    assert file.dossier.capital == 50_000_000
    assert file.dossier.percent == before + 5
    assert "capital" not in file.dossier.missing
    with file.app.app_context():
        assert [found.name for found in search(viewer_of(people["rep"]), "dajiang")] == ["郑州大江饲料"]
    [entry] = audit()
    assert entry.actor_id == people["rep"].id
    assert entry.changes == {
        "company/name": ["郑州丰禾饲料有限公司", "郑州大江饲料"],
        "company/legal_person": ["王··", "李··"],
        "company/capital": [None, "50000000"],
    }


def test_htmx_gets_the_section_and_the_new_completeness(file: File, visit: Visit) -> None:
    rep = visit("rep")
    form = file.open(rep, "company")
    response = rep.client.post(
        f"{file.url}/company", data={**form, "capital": "1", "csrf_token": rep.csrf()}, headers={"HX-Request": "true"}
    )
    assert response.status_code == 200
    assert 'id="s-company"' in response.text
    assert "¥1.00" in response.text
    assert 'hx-swap-oob="true"' in response.text
    assert "<html" not in response.text


def test_saving_without_a_change_leaves_no_trace(file: File, visit: Visit, audit: Audit) -> None:
    rep = visit("rep")
    at = file.distributor.updated_at
    assert file.save(rep, "company", file.open(rep, "company")).status_code == 303
    assert audit() == []
    assert file.distributor.updated_at == at


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("name", "", "Fill this in"),
        ("name", "x" * 201, "at most 200"),
        ("capital", "viel", "Give yuan"),
        ("capital", "-1", "Give yuan"),
        ("business_since", "2019-02-30", "Give a date such as"),
        ("since", "0001-01-01", "Give a date such as"),
        ("bank_account", "9" * 65, "at most 64"),
    ],
)
def test_bad_input_is_named_and_kept(file: File, visit: Visit, field: str, value: str, remedy: str) -> None:
    rep = visit("rep")
    response = file.save(rep, "company", file.open(rep, "company"), legal_person="Typed", **{field: value})
    assert response.status_code == 422
    assert remedy in response.text
    assert 'value="Typed"' in response.text
    assert file.distributor.legal_person == "王建国"


def test_a_wrong_check_character_is_a_warning_and_no_refusal(file: File, visit: Visit) -> None:
    rep = visit("rep")
    response = file.save(rep, "company", file.open(rep, "company"), credit_code="91410100 ma3x9e3t4l")
    assert response.status_code == 303
    assert file.distributor.credit_code == "91410100MA3X9E3T4L"
    assert "check character does not fit" in rep.get(file.url).text
    file.save(rep, "company", file.open(rep, "company"), credit_code="91350100M000100Y43")
    assert "check character does not fit" not in rep.get(file.url).text


def test_a_rep_sees_the_end_of_the_account_and_keeps_it_by_leaving_it_empty(file: File, visit: Visit) -> None:
    rep, boss = visit("rep"), visit("boss")
    for url in (file.url, f"{file.url}/company"):
        assert ACCOUNT not in rep.get(url).text
        assert "5678" in rep.get(url).text
        assert ACCOUNT in boss.get(url).text
    file.save(rep, "company", file.open(rep, "company"), legal_person="X")
    assert file.distributor.bank_account == ACCOUNT
    file.save(rep, "company", file.open(rep, "company"), bank_account="1111222233334444")
    assert file.distributor.bank_account == "1111222233334444"
    file.save(boss, "company", file.open(boss, "company"), bank_account="")
    assert file.distributor.bank_account is None


def test_in_another_patch_it_is_not_there(file: File, visit: Visit) -> None:
    form = file.open(visit("rep"), "company")
    for who in ("colleague", "stranger"):
        visitor = visit(who)
        assert visitor.get(file.url).status_code == 404
        assert file.save(visitor, "company", form, name="Mine").status_code == 404
    assert file.distributor.name == "郑州丰禾饲料有限公司"


def test_fields_that_the_form_does_not_have_are_ignored(file: File, visit: Visit) -> None:
    rep = visit("rep")
    extra = {"region_code": "4201", "status": "ended", "code": "X", "rep_id": "1", "percent": "100", "tier": "S"}
    file.save(rep, "company", file.open(rep, "company"), legal_person="X", **extra)
    row = file.distributor
    assert (row.region_code, row.status, row.code, row.tier) == ("410102", "active", "D001", "A")


def test_the_place_is_kept_whole_or_not_at_all(file: File, visit: Visit) -> None:
    rep = visit("rep")
    form = file.open(rep, "place")
    assert file.save(rep, "place", form, lat="34.74725", lng="").status_code == 422
    assert file.save(rep, "place", form, lat="91", lng="113").status_code == 422
    assert file.save(rep, "place", form, lat="34.74725", lng="113.62493").status_code == 303
    assert (file.distributor.lat, file.distributor.lng) == (34.74725, 113.62493)
    assert "location" not in file.dossier.missing
