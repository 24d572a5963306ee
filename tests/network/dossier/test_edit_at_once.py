"""Two people edit one file at once: nothing is lost silently."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from fieldapp.network.distributors.models import Contact
from fieldapp.network.dossier.models import Warehouse
from tests.network.dossier.conftest import ACCOUNT, File, Visit, typed_in


def test_changes_of_different_fields_merge(file: File, visit: Visit) -> None:
    rep, boss = visit("rep"), visit("boss")
    mine, theirs = file.open(rep, "company"), file.open(boss, "company")
    assert file.save(boss, "company", theirs, capital="900000").status_code == 303
    assert file.save(rep, "company", mine, legal_person="李强").status_code == 303
    assert (file.dossier.capital, file.distributor.legal_person) == (90_000_000, "李强")


def test_the_same_field_is_shown_with_both_values_and_who_stored_it(file: File, visit: Visit) -> None:
    rep, boss = visit("rep"), visit("boss")
    mine, theirs = file.open(rep, "company"), file.open(boss, "company")
    file.save(boss, "company", theirs, legal_person="Stored")
    late = file.save(rep, "company", mine, legal_person="Typed", capital="7")
    assert late.status_code == 409
    for told in ("Typed", "Stored", "stored by Boss", "Somebody changed the same"):
        assert told in late.text, told
    assert file.distributor.legal_person == "Stored"
    assert file.dossier.capital is None
    again = typed_in(late.text)
    assert again["capital"] == "7"
    unchosen = file.save(rep, "company", again)
    assert unchosen.status_code == 409
    assert file.distributor.legal_person == "Stored"
    assert file.save(rep, "company", typed_in(unchosen.text), **{"choose.legal_person": "mine"}).status_code == 303
    assert (file.distributor.legal_person, file.dossier.capital) == ("Typed", 700)


def test_the_stored_value_can_be_chosen(file: File, visit: Visit) -> None:
    rep, boss = visit("rep"), visit("boss")
    mine = file.open(rep, "company")
    file.save(boss, "company", file.open(boss, "company"), legal_person="Stored")
    late = file.save(rep, "company", mine, legal_person="Typed", capital="7")
    assert file.save(rep, "company", typed_in(late.text), **{"choose.legal_person": "stored"}).status_code == 303
    assert (file.distributor.legal_person, file.dossier.capital) == ("Stored", 700)


def test_what_others_changed_beside_the_conflict_stays_too(file: File, visit: Visit) -> None:
    rep, boss = visit("rep"), visit("boss")
    mine = file.open(rep, "company")
    file.save(boss, "company", file.open(boss, "company"), legal_person="Stored", capital="300000")
    late = file.save(rep, "company", mine, legal_person="Typed", since="2020-01-01")
    again = typed_in(late.text)
    assert (again["capital"], again["since"]) == ("300000.00", "2020-01-01")
    for choice in ("mine", "stored"):
        file.save(rep, "company", again, **{"choose.legal_person": choice})
    assert (file.dossier.capital, file.distributor.since.year) == (30_000_000, 2020)


def test_a_third_change_while_one_chooses_is_asked_again(file: File, visit: Visit) -> None:
    rep, boss = visit("rep"), visit("boss")
    mine = file.open(rep, "company")
    file.save(boss, "company", file.open(boss, "company"), legal_person="Second")
    late = file.save(rep, "company", mine, legal_person="Typed")
    file.save(boss, "company", file.open(boss, "company"), legal_person="Third")
    answer = file.save(rep, "company", typed_in(late.text), **{"choose.legal_person": "mine"})
    assert answer.status_code == 409
    assert "Third" in answer.text


def test_without_knowing_what_was_seen_nothing_is_overwritten(file: File, visit: Visit) -> None:
    rep = visit("rep")
    form = file.open(rep, "company")
    for mark in ("", "legal_person:0000", "x" * 5000, ",,,:::"):
        assert file.save(rep, "company", {**form, "seen": mark}, legal_person="X").status_code == 409
    assert file.distributor.legal_person == "王建国"


def test_a_conflict_over_the_account_does_not_show_it_to_a_rep(file: File, visit: Visit) -> None:
    rep, boss = visit("rep"), visit("boss")
    mine = file.open(rep, "company")
    file.save(boss, "company", file.open(boss, "company"), bank_account="8888777766665555")
    late = file.save(rep, "company", mine, bank_account="1234123412341234")
    assert late.status_code == 409
    assert "8888777766665555" not in late.text
    assert "5555" in late.text
    assert ACCOUNT not in late.text


def test_an_entry_that_was_taken_out_meanwhile_is_not_brought_back(file: File, visit: Visit) -> None:
    rep, boss = visit("rep"), visit("boss")
    file.add(rep, "warehouses", name="Old one")
    part = f"warehouses/{file.rows(Warehouse)[0].id}"
    form = file.open(rep, part)
    assert boss.post(f"{file.url}/{part}/removal").status_code == 303
    assert file.save(rep, part, form, name="New").status_code == 404
    assert file.rows(Warehouse) == []


def test_many_at_the_same_moment_one_wins_and_the_others_are_told(file: File, visit: Visit) -> None:
    people = [visit(name) for name in ("rep", "boss", "admin", "rep", "boss", "admin")]
    part = f"contacts/{file.contact_id}"
    forms = [file.open(person, part) for person in people]
    together = Barrier(len(people))

    def save(number: int) -> int:
        together.wait()
        return file.save(people[number], part, forms[number], name=f"Name {number}").status_code

    with ThreadPoolExecutor(len(people)) as pool:
        statuses = sorted(pool.map(save, range(len(people))))
    assert statuses == [303, *[409] * (len(people) - 1)]
    assert file.row(Contact, Contact.id == file.contact_id).name.startswith("Name ")
