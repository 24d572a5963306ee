"""The file's page: completeness, what is stale, its weight; the panel on the overview; the kept column."""

from datetime import timedelta

import brotli
import pytest
import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Dossier
from fieldapp.people.policy.models import PolicyVersion
from tests import cast
from tests.desk.portfolio.conftest import counted
from tests.network.dossier.conftest import Audit, File, Visit


def test_the_page_is_light_and_asks_little(file: File, visit: Visit) -> None:
    rep = visit("rep")
    for number in range(8):
        file.add(rep, "contacts", name=f"Person {number}", phone=f"1380000000{number}")
        file.add(rep, "brands", name=f"Brand {number}", percent="5", as_of="2026-06-01")
        file.add(rep, "vehicles", kind="truck", count="1")
        file.add(rep, "sites", kind="store", address=f"Street {number}")
    rep.get(file.url)
    with counted(file.app) as seen:
        response = rep.get(file.url)
    assert response.status_code == 200
    assert len(seen) <= 10, "\n".join(seen)
    assert len(brotli.compress(response.data, quality=6)) <= 14_000  # as it is sent


def test_what_is_missing_is_named_with_why_it_matters(file: File, visit: Visit) -> None:
    text = visit("rep").get(file.url).text
    assert f">{file.dossier.percent} %<" in text
    assert "Outlets and farms" in text
    assert "its network shows whom to supply at once" in text
    overview = visit("rep").get(f"/distributors/{file.id}").text
    assert f"File {file.dossier.percent} % complete" in overview
    assert file.url in overview


def test_a_distributor_that_has_no_file_yet_shows_all_as_missing(file: File, visit: Visit) -> None:
    with file.app.app_context():
        db.session.execute(sa.delete(Dossier))
        db.session.commit()
    rep = visit("rep")
    assert "0 %" in rep.get(file.url).text
    assert "File 0 % complete" in rep.get(f"/distributors/{file.id}").text
    assert file.save(rep, "company", file.open(rep, "company"), capital="1").status_code == 303
    assert file.dossier.percent > 40


def aged(file: File, days: int) -> None:
    with file.app.app_context():
        at = cast.NOW - timedelta(days=days)
        db.session.execute(sa.update(Distributor).values(updated_at=at))
        db.session.commit()


@pytest.mark.parametrize(("days", "stale"), [(364, False), (367, True)])
def test_a_section_is_stale_after_a_year(file: File, visit: Visit, days: int, stale: bool) -> None:
    aged(file, days)
    assert ("Still right" in visit("rep").get(file.url).text) is stale


def test_still_right_takes_the_mark_away_from_that_section_alone(file: File, visit: Visit, audit: Audit) -> None:
    aged(file, 800)
    rep = visit("rep")
    assert rep.get(file.url).text.count("Still right") == 3
    assert rep.post(f"{file.url}/sections/company/confirmation").status_code == 303
    assert rep.post(f"{file.url}/sections/company/confirmation").status_code == 303
    assert rep.get(file.url).text.count("Still right") == 2
    [entry] = audit()
    assert entry.changes == {"company/checked": [None, "2026-11-23"]}
    assert rep.post(f"{file.url}/sections/nonsense/confirmation").status_code == 404
    assert visit("colleague").post(f"{file.url}/sections/place/confirmation").status_code == 404


def test_an_edit_confirms_its_section(file: File, visit: Visit) -> None:
    aged(file, 800)
    rep = visit("rep")
    part = f"contacts/{file.contact_id}"
    file.save(rep, part, file.open(rep, part), name="Zhang")
    assert file.dossier.checked["contacts"][0] == "2026-11-23"


def test_the_policy_says_what_counts_and_when_it_is_stale(file: File, visit: Visit) -> None:
    aged(file, 100)
    with file.app.app_context():
        weights = dict.fromkeys(("outlets", "bank_account"), 50)
        every = dict.fromkeys(file.dossier.missing, 0) | weights
        settings = {"dossier": {"stale_months": 3, "weights": {**dict.fromkeys(ALL, 0), **every, **weights}}}
        db.session.add(
            PolicyVersion(version=2, valid_from=cast.TODAY, settings=settings, note="", published_at=cast.NOW)
        )
        db.session.commit()
    text = visit("rep").get(file.url).text
    assert "50 %" in text
    assert "Still right" in text
    runner = file.app.test_cli_runner()
    assert "1 files" in runner.invoke(args=["files", "refresh"]).output
    assert file.dossier.percent == 50


ALL = (
    "legal_person",
    "credit_code",
    "bank_account",
    "capital",
    "business_since",
    "since",
    "main_contact",
    "owner",
    "address",
    "location",
    "outlets",
    "brands",
    "vehicles",
    "warehouse",
    "licence",
)
