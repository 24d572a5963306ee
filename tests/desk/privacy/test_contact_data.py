"""All that is held about a contact person: shown, handed over as a copy, erased from every table."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.standing.grading.models import Assessment, AssessmentState, SensitiveAnswer
from tests import cast
from tests.visitor import Visitor

NAME, PHONE, WECHAT, BIRTHDAY = "Ouyang Ruolan", "13876543219", "ruolan-wx-77", "1979-03-17"
PLANTED = (NAME, PHONE, WECHAT, BIRTHDAY, "ruolan", "6543219")
WORST = "Here for the time being"


class Data:
    """The app with D001, whose main contact is the planted person, known in every way the app knows people."""

    def __init__(self, app: Flask, visit: Callable[[str | None], Visitor]) -> None:
        self.app = app
        self.as_ = visit
        with app.app_context():
            row = cast.make_distributor("D001")
            row.contacts[0].name = None
            row.contacts[0].phone = None
            row.contacts.append(Contact(name="Zeng", phone="13922228765"))
            db.session.commit()
            self.distributor: UUID = row.id
            self.id: UUID = next(one.id for one in row.contacts if one.main)
        rep = visit("rep")
        typed = {"name": NAME, "phone": PHONE, "wechat": WECHAT, "birthday": BIRTHDAY, "role": "owner", "main": "y"}
        form = f"/distributors/{self.distributor}/file/contacts/{self.id}"
        page = rep.get(form).text
        seen = page.partition('name="seen" value="')[2].partition('"')[0].replace("&#34;", '"')
        answer = rep.post(form, {**typed, "seen": seen})
        assert answer.status_code == 303, answer.text
        assert (
            rep.post(f"/contacts/{self.id}/type", {"type": "quiet", "seen": ["serious"], "was": ""}).status_code == 303
        )
        with app.app_context():
            distributor = db.session.get_one(Distributor, self.distributor)
            user = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
            private = cast.make_sensitive(distributor, user)
            boss = db.session.scalars(sa.select(User.id).where(User.username == "boss")).one()
            rating = cast.make_rating(
                distributor, user, state=AssessmentState.CONFIRMED, decided_by_id=boss, decided_at=cast.NOW
            )
            rating.answers = {**rating.answers, "residence": {"kept": str(private.id), "source": {}, "as_of": None}}
            db.session.commit()

    @property
    def url(self) -> str:
        return f"/contacts/{self.id}/data"

    def erase(self, who: str = "boss", reason: str = "Asked for by letter") -> int:
        return self.as_(who).post(f"{self.url}/erasure", {"reason": reason}).status_code

    def everything(self) -> dict[str, str]:
        """{table: all of it as one text}, of every table there is, the search index with it."""
        with self.app.app_context():
            found: dict[str, str] = {}
            for table in sa.inspect(db.engine).get_table_names():
                if table != "region" and not (table == "distributor_fts" and db.engine.dialect.name == "sqlite"):
                    rows = db.session.execute(sa.select(sa.text("*")).select_from(sa.table(table))).all()
                    found[table] = "\n".join(str(tuple(row)) for row in rows)
            return found


@pytest.fixture
def data(app: Flask, visit: Callable[[str | None], Visitor]) -> Data:
    return Data(app, visit)


def test_all_of_it_stands_on_one_page(data: Data) -> None:
    text = data.as_("rep").get(data.url).text
    for one in (NAME, PHONE, WECHAT, BIRTHDAY, "Owner", "Local base: recorded, not shown", "agreed when asked"):
        assert one in text
    assert WORST not in text
    assert f"/distributors/{data.distributor}/file/contacts/{data.id}" in text, "where it is corrected"
    assert "the next file of the ERP brings name and phone back" in text
    assert "A supervisor erases it." in text
    assert "Quiet" in text


def test_the_copies_hold_the_same_but_no_sensitive_answer(data: Data) -> None:
    told = data.as_("boss").get(f"{data.url}.json")
    assert told.headers["Content-Disposition"].startswith("attachment")
    copy = told.get_json()
    assert (copy["contact"]["name"], copy["contact"]["phone"]) == (NAME, PHONE)
    assert [one["type"] for one in copy["customer_types"]] == ["quiet"]
    assert [one["about"] for one in copy["sensitive_answers"]] == ["residence"]
    assert "worst" not in told.text
    page = data.as_("boss").get(f"{data.url}.html").text
    assert NAME in page
    assert WORST not in page


def test_only_within_the_patch(data: Data) -> None:
    for who, status in (("colleague", 404), ("stranger", 404), ("admin", 403)):
        for url in (data.url, f"{data.url}.json", f"{data.url}.html"):
            assert data.as_(who).get(url).status_code == status
    assert [data.erase(who) for who in ("rep", "stranger", "admin")] == [403, 404, 403]
    assert data.as_("rep").get(data.url).status_code == 200


def test_it_takes_a_reason(data: Data) -> None:
    answer = data.as_("boss").post(f"{data.url}/erasure", {"reason": " "})
    assert answer.status_code == 422
    assert "Say who asked for it" in answer.text
    assert data.as_("rep").get(data.url).status_code == 200


def test_erased_it_is_in_no_table_any_more(data: Data) -> None:
    before = data.everything()
    assert any(NAME in text for text in before.values()), "the scan would see it"
    assert any(PHONE in text for text in before.values())
    assert data.as_("boss").get("/distributors?q=ruolan").text.count("D001") > 0
    assert data.erase() == 303
    for table, text in data.everything().items():
        for planted in (*PLANTED, "O··", "3219"):
            assert planted.casefold() not in text.casefold(), (table, planted)
    assert "D001" not in data.as_("boss").get("/distributors?q=ruolan").text
    assert data.as_("boss").get(data.url).status_code == 404
    assert data.erase() == 404
    with data.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SensitiveAnswer)) == 0
        [entry] = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "privacy.erase"))
        assert entry.changes == {"reason": [None, "Asked for by letter"]}
        assert db.session.scalars(sa.select(Contact.name)).all() == ["Zeng"]
    assert data.as_("boss").get(f"/distributors/{data.distributor}/file/history").status_code == 200


def test_the_grade_that_rested_on_it_is_proposed_again(data: Data) -> None:
    data.erase()
    with data.app.app_context():
        [again] = db.session.scalars(sa.select(Assessment).where(Assessment.state == AssessmentState.PROPOSED))
        assert "residence" not in again.answers
        assert (again.on, again.score) == (date(2026, 11, 23), 1000)
