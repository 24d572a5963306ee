"""Temporary limits: asked, decided, ended, and what the deal check and the list make of them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldapp.desk.approvals.queries import badges
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.standing.grading.models import CreditIncrease, ImportedCredit, IncreaseState
from tests import cast
from tests.desk.conftest import Desk
from tests.standing.grading.office import Office

TODAY = cast.TODAY


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def waiting(office: Office, who: str) -> int:
    with office.desk.app.app_context():
        return badges(office.desk.viewer(who), cast.TODAY)[0]


@pytest.mark.parametrize(
    ("amount", "days", "status", "said"),
    [
        ("49000", "30", 303, ""),
        ("50,000.00", "30", 303, ""),
        ("50000.01", "30", 422, "at most ¥50,000.00"),
        ("51000", "30", 422, "at most ¥50,000.00"),
        ("50000", "31", 422, "Give 1 to 30 days"),
        ("0", "10", 422, "amount in yuan"),
        ("-5", "10", 422, "amount in yuan"),
        ("much", "10", 422, "amount in yuan"),
        ("", "10", 422, "Fill this in"),
        ("100", "0", 422, "whole number of days"),
        ("100", "1.5", 422, "whole number of days"),
        ("99999999999999", "10", 422, "amount in yuan"),
    ],
)
def test_what_may_be_asked(office: Office, amount: str, days: str, status: int, said: str) -> None:
    response = office.ask(amount, days)
    assert response.status_code == status
    assert said in response.text
    assert office.desk.count(CreditIncrease) == (1 if status == 303 else 0)
    if status == 422:
        assert "Two barns" in response.text, "what was typed is kept"


@pytest.mark.parametrize(
    ("values", "said"),
    [({"grade": "D"}, "prepayment"), ({"grade": None}, "rated first"), ({"limit": 0}, "limit is 0")],
)
def test_who_cannot_have_one(office: Office, values: dict[str, object], said: str) -> None:
    office.change(ImportedCredit, **values)
    page = office.shown()
    assert said in page
    assert "/increases" not in page
    response = office.ask("1", "1")
    assert response.status_code == 409
    assert said in response.text
    assert office.desk.count(CreditIncrease) == 0


def test_the_numbers_are_the_policys(office: Office) -> None:
    with office.desk.app.app_context():
        settings = office.desk.one(PolicyVersion).settings
    settings = {**settings, "credit_terms": {"increase_percent": "10", "increase_days": 5}}
    office.desk.change(sa.update(PolicyVersion).values(settings=settings))
    assert office.ask("10000.01", "5").status_code == 422
    assert office.ask("10000", "6").status_code == 422
    assert office.ask("10000", "5").status_code == 303


def test_it_raises_the_limit_from_today_until_its_last_day(office: Office) -> None:
    key = office.asked()
    assert office.record().extra_limit is None, "asked is not approved"
    assert office.decide(key).status_code == 303
    last = TODAY + timedelta(days=9)
    one = office.increase(key)
    assert (one.state, one.valid_from, one.valid_until, one.policy_version) == (
        IncreaseState.APPROVED,
        TODAY,
        last,
        1,
    )
    for on, limit in (
        (TODAY - timedelta(days=1), "100000.00"),
        (TODAY, "120000.00"),
        (last, "120000.00"),
        (last + timedelta(days=1), "100000.00"),
    ):
        facts = office.check("5000", on)["facts"]
        assert facts["limit"] == limit, on
        assert facts.get("temporary") == ("20000.00" if limit == "120000.00" else None)
        assert facts.get("temporary_until") == (last.isoformat() if limit == "120000.00" else None)


def test_interface_screen_list_export_and_pages_say_the_same(office: Office) -> None:
    # 18 t are ¥57,420: over the ¥40,000 that the usual limit leaves, within the ¥60,000 of the raised one.
    assert office.check("18000", TODAY)["code"] == "credit.far_over_limit"
    office.running()
    finding = office.check("18000", TODAY)
    assert finding["code"] == "credit.ok"
    assert (finding["facts"]["limit"], finding["facts"]["available"]) == ("120000.00", "60000.00")
    said = f"¥20,000.00 of the limit is temporary, until {TODAY + timedelta(days=9)}."
    assert said in finding["message"]
    rep = office.desk.as_("rep")
    deal = office.desk.deal("3190.00", kg="18000")
    screen = rep.get("/deals/new", query_string=deal).text
    assert said in screen
    assert finding["message"] in screen
    assert "¥60,000" in rep.get("/distributors").text
    [row] = [line for line in rep.get("/distributors/export.csv").text.splitlines() if line.startswith("D001")]
    assert ",120000" in row
    assert ",60000" in row
    overview = rep.get(f"/distributors/{office.id}").text
    assert "¥120,000.00, of it ¥20,000.00 temporary" in overview
    assert f'href="{office.page}"' in overview
    page = office.shown()
    assert "¥120,000.00" in page
    assert "¥60,000.00" in page


def test_a_supervisor_of_the_patch_decides_never_his_own(office: Office) -> None:
    key = office.asked()
    assert office.decide(key, who="rep").status_code == 403
    assert office.decide(key, who="admin").status_code == 403
    assert office.decide(key, who="stranger").status_code == 404
    assert office.increase(key).state is IncreaseState.ASKED
    assert office.decide(key, "decline").status_code == 303
    own = office.asked(who="boss")
    assert office.decide(own).status_code == 403
    assert f"{own}/decision" not in office.shown("boss")
    assert f"{own}/decision" in office.shown("deputy")
    assert office.decide(own, who="deputy").status_code == 303


def test_a_decision_needs_a_reason_and_a_button(office: Office) -> None:
    key = office.asked()
    boss, url = office.desk.as_("boss"), f"{office.page}/increases/{key}/decision"
    assert boss.post(url, {"decision": "approve", "reason": " "}).status_code == 422
    answer = boss.post(url, {"decision": "perhaps", "reason": "Because"})
    assert answer.status_code == 422
    assert "Because" in answer.text
    assert office.increase(key).state is IncreaseState.ASKED


def test_it_waits_on_the_page_of_approvals_and_in_its_badge(office: Office) -> None:
    before = [waiting(office, who) for who in ("boss", "deputy", "stranger", "rep", "admin")]
    key = office.asked()
    assert before == [0, 0, 0, 0, 0]
    assert [waiting(office, who) for who in ("boss", "deputy", "stranger", "rep", "admin")] == [1, 1, 0, 0, 0]
    assert office.page in office.desk.as_("boss").get("/approvals").text
    assert "1 temporary limit asked for" in office.desk.as_("boss").get("/").text
    assert "temporary limit" not in office.desk.as_("stranger").get("/").text
    assert office.page in office.desk.as_("rep").get("/approvals").text
    assert office.page not in office.desk.as_("stranger").get("/approvals").text
    assert office.page not in office.desk.as_("mate").get("/approvals").text
    office.desk.ask()
    assert waiting(office, "boss") == 2
    office.decide(key)
    assert waiting(office, "boss") == 1
    own = Office(office.desk, "D002").asked(who="boss")
    assert (waiting(office, "boss"), waiting(office, "deputy")) == (1, 2), own


def test_one_at_a_time(office: Office) -> None:
    key = office.asked()
    assert office.ask().status_code == 409
    office.decide(key)
    again = office.ask()
    assert again.status_code == 409
    assert "runs already" in again.text
    office.change(CreditIncrease, valid_until=TODAY)
    assert office.ask().status_code == 409, "it ends today"
    office.change(CreditIncrease, valid_until=TODAY - timedelta(days=1))
    assert office.ask().status_code == 303, "it ended yesterday"


def test_a_double_tap_asks_and_decides_once(office: Office) -> None:
    key = office.asked()
    assert office.ask(id=str(key)).status_code == 303
    assert [office.decide(key).status_code for _tap in range(2)] == [303, 303]
    assert [office.end(key).status_code for _tap in range(2)] == [303, 303]
    assert office.desk.count(CreditIncrease) == 1
    for verb in ("ask", "approve", "end"):
        assert len(office.desk.audited(f"credit.{verb}_increase")) == 1


def test_what_was_asked_can_be_withdrawn_by_the_asker(office: Office) -> None:
    key = office.asked()
    url = f"{office.page}/increases/{key}/withdrawal"
    assert office.desk.as_("mate").post(url).status_code == 403
    assert office.desk.as_("rep").post(url).status_code == 303
    assert office.increase(key).state is IncreaseState.WITHDRAWN
    late = office.decide(key)
    assert late.status_code == 409
    assert "withdrawn before" in late.text
    assert office.ask().status_code == 303


def test_a_supervisor_ends_it_at_once(office: Office) -> None:
    key = office.running()
    assert office.end(key, "rep").status_code == 403
    assert office.end(key, "deputy").status_code == 303
    assert office.check("5000", TODAY)["facts"]["limit"] == "100000.00"
    page = office.shown()
    assert "Ended early" in page
    assert "Paid late" in page
    late = office.end(key, "boss")
    assert late.status_code == 409
    assert "Deputy was first" in late.text


def test_it_stays_when_the_limit_changes_but_never_for_more_than_half_of_it(office: Office) -> None:
    office.running()
    for limit, whole in ((3_000_000, "45000.00"), (4_000_000, "60000.00"), (20_000_000, "220000.00"), (0, "0.00")):
        office.change(ImportedCredit, limit=limit)
        assert office.check("1000", TODAY)["facts"]["limit"] == whole
    office.change(ImportedCredit, limit=3_000_000)
    assert "only ¥15,000.00 of it count" in office.shown()
    office.change(ImportedCredit, grade="D")
    assert office.check("1000", TODAY)["code"] == "credit.cash_only"
    assert office.record().extra_limit is None


def test_an_approval_holds_the_request_against_the_limit_of_now(office: Office) -> None:
    key = office.asked()
    office.change(ImportedCredit, limit=3_999_900)
    refused = office.decide(key)
    assert refused.status_code == 409
    assert "more than ¥19,999.50" in refused.text
    assert office.increase(key).state is IncreaseState.ASKED
    assert office.decide(key, "decline").status_code == 303


def test_a_distributor_that_moved_waits_for_its_new_supervisor(office: Office) -> None:
    from fieldapp.network.distributors.models import Distributor

    key = office.asked()
    office.desk.change(sa.update(Distributor).where(Distributor.id == office.id).values(region_code="650102"))
    assert (waiting(office, "boss"), waiting(office, "stranger")) == (0, 1)
    assert office.decide(key).status_code == 404
    assert office.decide(key, who="stranger").status_code == 303


def test_the_page_keeps_what_is_not_its_business(office: Office) -> None:
    from fieldapp.network.distributors.models import Distributor

    office.desk.change(sa.update(Distributor).values(bank_account="6222021234567890123", credit_code="91410100MA44"))
    office.running()
    page = office.shown("boss")
    assert "6222021234567890123" not in page
    assert "91410100MA44" not in page


@pytest.mark.parametrize(("decision", "said"), [("approve", "Approved"), ("decline", "Declined")])
def test_the_answer_stands_on_the_home_page_of_who_asked(office: Office, decision: str, said: str) -> None:
    key = office.asked()
    told = "Temporary limits you asked for"
    assert told not in office.desk.as_("rep").get("/").text
    assert office.decide(key, decision).status_code == 303
    home = office.desk.as_("rep").get("/").text
    assert told in home
    assert said in home.partition(told)[2]
    assert told not in office.desk.as_("boss").get("/").text
    office.desk.change(sa.update(CreditIncrease).values(decided_at=cast.NOW - timedelta(days=9)))
    assert told not in office.desk.as_("rep").get("/").text, "for a few days"
