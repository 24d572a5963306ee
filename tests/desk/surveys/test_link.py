"""A customer's own link: no account, one answer, a polite end; and nothing of it in the log."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import segno
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.desk.surveys.views import qr_code
from fieldapp.fieldwork.surveys.models import Survey, SurveyAnswer, SurveyLink
from fieldapp.fieldwork.surveys.rules import Channel, SurveyState
from fieldapp.people.accounts.rules import ADDRESS_ATTEMPTS
from tests import cast
from tests.visitor import Visitor

from .test_answer import DISTRIBUTOR, PHOTO_FORM, picture, survey  # noqa: F401  a fixture

_ADDRESS = re.compile(r'data-address="http://localhost(/s/[^"]+)"')


def link_of(rep: Visitor, key: str) -> str:
    found = _ADDRESS.search(rep.post(f"/surveys/{key}/link").text)
    assert found
    return found[1]


def test_a_customer_answers_without_an_account(app: Flask, survey: str, visit: Any, capfd: Any) -> None:  # noqa: F811
    address = link_of(visit("rep"), survey)
    customer = visit(None)
    page = customer.get(address)
    assert page.status_code == 200
    for said in ("Rep of your feed supplier", "voluntary", "deleted after 24 months", "tell Rep", "would rather not"):
        assert said in page.text
    assert "<nav" not in page.text
    assert "D001" not in page.text, "whoever holds the link learns nothing of the customer"
    assert len(page.data) < 15_000
    assert page.headers["Cache-Control"] == "no-store"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Referrer-Policy"] == "same-origin", "nobody else learns the address"
    thanks = customer.post(address, DISTRIBUTOR | {"q-mend": "Come on time"}, follow_redirects=True)
    assert "Your answers have arrived" in thanks.text
    again = customer.post(address, DISTRIBUTOR, follow_redirects=True)
    assert (again.status_code, "Your answers have arrived" in again.text) == (200, True), "a second tap does no harm"
    with app.app_context():
        kept = db.session.scalars(sa.select(Survey)).one()
        assert (kept.state, kept.channel) == (SurveyState.ANSWERED, Channel.LINK)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SurveyAnswer)) == len(DISTRIBUTOR) + 1
    assert "filled in by the customer" in visit("rep").get(f"/surveys/{survey}").text
    customer.get(f"{address}/")  # no route
    customer.get(f"{address}/refusal")  # another method
    assert address.removeprefix("/s/") not in capfd.readouterr().err


def test_used_expired_and_unknown_look_alike(app: Flask, survey: str, visit: Any) -> None:  # noqa: F811
    rep = visit("rep")
    replaced, used = link_of(rep, survey), link_of(rep, survey)
    visit(None).post(used, DISTRIBUTOR)
    bodies = set()
    for address in (replaced, used, "/s/never-was-one"):
        for answer in (visit(None).get(address), visit(None).post(address, DISTRIBUTOR)):
            assert answer.status_code == 410
            bodies.add(answer.data)
        assert visit(None).post(f"{address}/refusal").status_code == 410
    assert len(bodies) == 1


def test_it_expires(app: Flask, survey: str, visit: Any) -> None:  # noqa: F811
    address = link_of(visit("rep"), survey)
    with app.app_context():
        db.session.execute(sa.update(SurveyLink).values(expires_at=cast.NOW - timedelta(days=100)))
        db.session.commit()
    assert visit(None).get(address).status_code == 410


def test_what_is_missing_comes_back_and_may_be_mended(survey: str, visit: Any) -> None:  # noqa: F811
    address, customer = link_of(visit("rep"), survey), visit(None)
    back = customer.post(address, {**DISTRIBUTOR, "q-price": "", "q-mend": "Come on time"})
    assert back.status_code == 422
    assert "Prices: Answer this question." in back.text
    assert "Come on time" in back.text
    assert customer.post(address, DISTRIBUTOR).status_code == 303


def test_he_may_decline(app: Flask, survey: str, visit: Any) -> None:  # noqa: F811
    address, customer = link_of(visit("rep"), survey), visit(None)
    assert "That is all right" in customer.post(f"{address}/refusal", follow_redirects=True).text
    with app.app_context():
        assert db.session.scalars(sa.select(Survey.state)).one() is SurveyState.DECLINED


def test_his_language(survey: str, visit: Any) -> None:  # noqa: F811
    address, customer = link_of(visit("rep"), survey), visit(None)
    assert 'lang="zh-CN"' in customer.get(address, headers={"Accept-Language": "zh-CN"}).text
    switched = customer.post("/language", {"locale": "zh", "next": address}, follow_redirects=True)
    assert 'lang="zh-CN"' in switched.text


def test_a_form_from_elsewhere_is_refused(app: Flask, survey: str, visit: Any) -> None:  # noqa: F811
    address = link_of(visit("rep"), survey)
    assert app.test_client().post(address, data=DISTRIBUTOR).status_code == 400
    assert visit(None).get(address).status_code == 200


def test_guessing_has_an_end(survey: str, visit: Any) -> None:  # noqa: F811
    customer = visit(None)
    for number in range(ADDRESS_ATTEMPTS):
        assert customer.get(f"/s/guess-{number}").status_code == 410
    stopped = customer.get("/s/guess-again")
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 0
    assert visit("rep").get("/me").status_code == 200


def test_two_at_once_count_once(app: Flask, survey: str, visit: Any) -> None:  # noqa: F811
    address = link_of(visit("rep"), survey)
    gate = threading.Barrier(2)

    def send(_number: int) -> int:
        customer = Visitor(app)
        customer.get(address)
        gate.wait()
        return customer.post(address, DISTRIBUTOR).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == [303, 410]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SurveyAnswer)) == len(DISTRIBUTOR)


def test_a_closed_survey_gets_no_link(survey: str, visit: Any) -> None:  # noqa: F811
    rep = visit("rep")
    rep.post(f"/surveys/{survey}", DISTRIBUTOR)
    assert rep.post(f"/surveys/{survey}/link").status_code == 409


def test_a_customer_sends_a_photo(app: Flask, people: Any, visit: Any) -> None:
    from fieldapp.core.db import begin_writing
    from fieldapp.fieldwork.surveys.models import FormVersion, SurveyPhoto

    with app.app_context():
        begin_writing()
        cast.add(FormVersion(form="distributor", number=7, content=PHOTO_FORM, made_at=cast.NOW))
        key = str(cast.make_survey(cast.make_distributor(), people["rep"]).id)
        db.session.commit()
    address, customer = link_of(visit("rep"), key), visit(None)
    sent = customer.post(address, {"q-clean": "3", "q-shelf": (picture(), "shelf.png")})
    assert sent.status_code == 303
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SurveyPhoto)) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_code_holds_the_address(app: Flask) -> None:
    """Drawn module by module as the library's own matrix of that address says."""
    address = "https://example.com/s/vRWOx0dvVcie7MUrze92edvniQ2_UXNt"
    path = re.findall(r' d="([^"]+)"', str(qr_code(address)))[-1]
    x, y, dark = 0.0, 0.0, set()
    for step, numbers in re.findall(r"([Mmh])([-0-9. ]+)", path):
        given = [float(number) for number in numbers.split()]
        if step == "h":
            dark |= {(int(x) - 3 + number, int(y) - 3) for number in range(int(given[0]))}
            x += given[0]
        else:
            x, y = (given[0], given[1]) if step == "M" else (x + given[0], y + given[1])
    matrix = segno.make(address, error="m", micro=False).matrix
    assert dark == {(column, line) for line, row in enumerate(matrix) for column, one in enumerate(row) if one}
