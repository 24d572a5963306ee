"""A new distributor: POST /distributors, with a warning when it looks like one that is there."""

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.queries import search
from fieldapp.network.dossier import upkeep
from fieldapp.people.accounts.queries import viewer_of
from tests import cast
from tests.desk.portfolio.conftest import counted
from tests.network.dossier.conftest import Audit, File, Visit

NEW = {"name": "金水大江农牧", "region": "410105", "contact": "李强", "phone": "139 1111 2222"}


def test_a_prospect_is_made_with_a_code_of_its_own_found_and_audited(
    file: File, visit: Visit, audit: Audit, people: dict
) -> None:
    rep = visit("rep")
    response = rep.post("/distributors", NEW)
    row = file.row(Distributor, Distributor.name == "金水大江农牧")
    assert (response.status_code, response.location) == (303, f"/distributors/{row.id}/file")
    assert (row.code, row.status, row.region_code, row.rep_id) == ("P2611-001", "prospect", "410105", people["rep"].id)
    assert file.row(Contact, Contact.distributor_id == row.id).main
    with file.app.app_context():
        assert [found.code for found in search(viewer_of(people["rep"]), "djnm")] == ["P2611-001"]
    [entry] = audit()
    assert "2222" not in str(entry.changes)
    assert "P2611-001" in rep.get(response.location).text


def test_the_region_may_be_typed_by_name_and_must_lie_in_the_patch(file: File, visit: Visit) -> None:
    rep = visit("rep")
    assert rep.post("/distributors", {**NEW, "region": "金水区"}).status_code == 303
    foreign = rep.post("/distributors", {**NEW, "region": "420106", "name": "别家"})
    assert foreign.status_code == 422
    assert "No region of your patch" in foreign.text
    assert 'value="别家"' in foreign.text
    found = rep.fragment("/distributors/new/regions?region=jinshui").text
    assert 'data-value="410105"' in found
    assert 'data-value="42' not in rep.fragment("/distributors/new/regions?region=wuchang").text


def test_a_place_that_its_name_begins_with_need_not_be_its_region(file: File, visit: Visit) -> None:
    rep = visit("rep")
    assert rep.post("/distributors", {**NEW, "name": "金水区大江农牧有限公司", "region": "410105"}).status_code == 303
    for region in ("4101", "410102"):
        asked = rep.post(
            "/distributors", {**NEW, "name": "金水区大江农牧有限责任公司", "region": region, "phone": "13900000077"}
        )
        assert asked.status_code == 409
        assert "same name but for place and trade" in asked.text


def test_one_that_looks_like_another_is_asked_about_first(file: File, visit: Visit, audit: Audit) -> None:
    rep = visit("rep")
    twin = {**NEW, "name": "郑州市丰禾饲料经营部", "region": "410102"}
    asked = rep.post("/distributors", twin)
    assert asked.status_code == 409
    for told in ("郑州丰禾饲料有限公司", "D001", "same name but for place and trade", file.url):
        assert told in asked.text, told
    assert rep.post("/distributors", {**twin, "anyway": "1", "reason": " "}).status_code == 422
    assert len(file.rows(Distributor)) == 1
    assert rep.post("/distributors", {**twin, "anyway": "1", "reason": "Another owner"}).status_code == 303
    [entry] = audit()
    assert entry.changes["alike"] == [None, ["D001"]]
    assert entry.changes["company/reason"] == [None, "Another owner"]


def test_of_those_outside_the_patch_no_name_is_told(file: File, visit: Visit) -> None:
    with file.app.app_context():
        other = cast.make_distributor("D777", "420106", name="武汉秘密饲料", credit_code="91350100M000100Y43")
        upkeep.refresh([other.id], {})
        db.session.commit()
    asked = visit("rep").post("/distributors", {**NEW, "credit_code": "91350100m000100y43"})
    assert asked.status_code == 409
    assert "Another distributor outside your patch" in asked.text
    assert "same credit code" in asked.text
    for secret in ("武汉秘密", "D777", str(other.id)):
        assert secret not in asked.text
    assert "武汉秘密" in visit("admin").post("/distributors", {**NEW, "credit_code": "91350100m000100y43"}).text


def test_a_double_tap_finds_the_first_one(file: File, visit: Visit) -> None:
    rep = visit("rep")
    assert [rep.post("/distributors", NEW).status_code for _tap in range(2)] == [303, 409]


def test_a_code_that_is_taken_is_refused(file: File, visit: Visit) -> None:
    answer = visit("rep").post("/distributors", {**NEW, "code": "d001"})
    assert answer.status_code == 422
    assert "Another distributor has this code" in answer.text
    assert visit("rep").post("/distributors", {**NEW, "code": "two words"}).status_code == 422
    assert visit("rep").post("/distributors", {**NEW, "code": "K-9"}).status_code == 303


def test_many_at_once_get_codes_of_their_own(file: File, visit: Visit) -> None:
    names = ("甲子", "乙丑", "丙寅", "丁卯", "戊辰", "己巳")
    bodies = [{**NEW, "name": f"{name}饲料", "phone": f"1390000000{n}"} for n, name in enumerate(names)]
    visitors = [visit("rep") for _body in bodies]

    def create(number: int) -> int:
        return visitors[number].post("/distributors", bodies[number]).status_code

    with ThreadPoolExecutor(len(bodies)) as pool:
        statuses = list(pool.map(create, range(len(bodies))))
    assert statuses == [303] * len(bodies)
    codes = sorted(row.code for row in file.rows(Distributor) if row.code != "D001")
    assert codes == [f"P2611-{number:03d}" for number in range(1, len(bodies) + 1)]


def test_ten_thousand_others_are_not_read(file: File, visit: Visit) -> None:
    """Candidates come from equal keys in few statements; nobody looks through the table."""
    with file.app.app_context():
        rows = [
            {"name": f"郑州{chr(0x5000 + n)}{chr(0x6000 + n % 300)}饲料", "code": f"X{n}", "region_code": "410102"}
            for n in range(10_000)
        ]
        db.session.execute(
            sa.insert(Distributor),
            [{**row, "code_key": row["code"].casefold(), "status": "active", "updated_at": cast.NOW} for row in rows],
        )
        upkeep.refresh_all()
        db.session.commit()
    rep = visit("rep")
    with counted(file.app) as seen:
        assert rep.post("/distributors", {**NEW, "name": "郑州丰禾饲料", "region": "410102"}).status_code == 409
    assert len(seen) < 20
    with file.app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(
                "EXPLAIN QUERY PLAN SELECT distributor_id FROM dossier WHERE name_key IN ('a', 'b')"
            ).fetchall()
            assert "ix_dossier_name_key" in str(plan)
