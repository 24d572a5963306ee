"""Results: figures that anybody can check by hand, one's own patch only, and persons who stay unknown."""

from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.surveys import actions, book, drafts, tallies
from fieldapp.fieldwork.surveys.models import Survey, SurveyTally
from fieldapp.fieldwork.surveys.rules import Answer, Audience, Purpose
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from tests import cast
from tests.desk.conftest import Desk

ATTRIBUTES = ("price", "quality", "delivery", "technical", "rep", "promotion", "payment")


def say(
    desk: Desk,
    answers: dict[str, Answer],
    *,
    code: str = "D001",
    at: datetime = cast.NOW,
    audience: Audience = Audience.DISTRIBUTOR,
    region: str | None = None,
) -> UUID:
    """A customer was asked and answered; `region`: where the survey counts."""
    with desk.app.app_context():
        begin_writing()
        store = db.session.scalars(sa.select(Distributor).where(Distributor.code == code)).one()
        rep = desk.viewer("rep")
        survey = actions.ask(
            rep, key=uuid7(), purpose=Purpose.VISIT, distributor=store, audience=audience, now=at, today=at.date()
        )
        if region is not None:
            survey.region_code = region
            db.session.flush()
        actions.answer(rep, survey, answers, at, at)
        db.session.commit()
        return survey.id


def scores(overall: int, recommend: int = 9, mend: str = "", **others: int) -> dict[str, Answer]:
    """The answers of a distributor; attributes that are not named follow the overall score."""
    found: dict[str, Answer] = {one: others.get(one, overall) for one in ATTRIBUTES}
    found |= {"overall": overall, "recommend": recommend}
    return found | ({"mend": mend} if mend else {})


def text(desk: Desk, url: str, who: str = "boss") -> str:
    response = desk.as_(who).get(url)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_figures_stand_with_their_counts(desk: Desk) -> None:
    for overall, recommend in ((5, 10), (4, 9), (4, 8), (2, 3)):
        say(desk, scores(overall, recommend))
    with desk.app.app_context():
        begin_writing()
        store = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        cast.make_survey(store, db.session.get_one(User, desk.viewer("rep").id))
        db.session.commit()
    shown = text(desk, "/surveys/results?span=quarter&quarter=20264")
    assert "4 of 5 answered" in shown, "one of them still open"
    assert "80 %" in shown
    assert "3 of 4 gave 4 or 5" in shown
    assert "75 %" in shown
    assert "2 of 4 gave 9–10, 1 gave 0–6" in shown
    assert "+25" in shown
    assert "3.75" in shown
    assert "Nobody who was asked in this period" in text(desk, "/surveys/results?span=quarter&quarter=20263")


def test_everybody_sees_his_patch_and_a_region_of_it(desk: Desk) -> None:
    say(desk, scores(5))
    say(desk, scores(3), code="D900")
    assert "1 of 1 answered" in text(desk, "/surveys/results", "rep")
    assert "2 of 2 answered" in text(desk, "/surveys/results", "admin")
    assert "1 of 1 answered" in text(desk, "/surveys/results", "stranger")
    assert "0 of 0 answered" in text(desk, "/surveys/results", "colleague")
    for address in ("/surveys/results?region=65", "/surveys/results?region=650102"):
        assert "0 of 0 answered" in text(desk, address, "rep"), "a region outside the patch shows nothing"
    deeper = text(desk, "/surveys/results?region=4101", "boss")
    assert "region=410102" in deeper
    assert "0 of 0 answered" in text(desk, "/surveys/results?region=410103", "boss")


def test_from_a_score_down_to_who_said_it(desk: Desk) -> None:
    low = say(desk, scores(4, delivery=1, mend="The lorry comes late"))
    say(desk, scores(4))
    shown = text(desk, "/surveys/results/questions/delivery", "rep")
    assert "2.50" in shown
    assert "The lorry comes late" in shown
    assert f"/surveys/{low}" in shown
    assert text(desk, "/surveys/results/questions/delivery?score=1", "rep").count(f'href="/surveys/{low}"') == 1
    assert f"/surveys/{low}" not in text(desk, "/surveys/results/questions/delivery?score=4", "rep")
    assert f"/surveys/{low}" not in text(desk, "/surveys/results/questions/delivery", "stranger")
    assert desk.as_("rep").get("/surveys/results/questions/nothing").status_code == 404


def test_the_map_names_what_to_mend_first(desk: Desk) -> None:
    assert "Too few answers for a map" in text(desk, "/surveys/results/map")
    for overall in (5, 4, 4, 3, 2) * 3:
        say(desk, scores(overall, delivery=max(1, overall - 2), promotion=2 + overall % 2, payment=5 - overall % 2))
    shown = text(desk, "/surveys/results/map")
    assert "Mend first: Delivery" in shown
    assert shown.count("<tr>") == 1 + len(ATTRIBUTES)


def test_reps_are_compared_by_those_who_decide(desk: Desk) -> None:
    say(desk, scores(4))
    assert "Rep" in text(desk, "/surveys/results/reps", "boss")
    assert desk.as_("rep").get("/surveys/results/reps").status_code == 403
    colleague = desk.one(User, User.username == "mate").id
    assert "1 of 1 answered" in text(desk, f"/surveys/results?rep={colleague}", "rep"), "nor by the address"
    assert "1 of 1 answered" not in text(desk, f"/surveys/results?rep={colleague}", "boss")


def test_the_sheet_holds_what_the_page_shows(desk: Desk) -> None:
    say(desk, scores(5, 9))
    say(desk, scores(2, 6))
    book_ = load_workbook(BytesIO(desk.as_("rep").get("/surveys/results/export.xlsx").data))
    rows = list(book_.active.iter_rows(values_only=True))
    assert rows[0][:4] == ("Question", "Kind", "Answered", "Answer")
    overall = [row for row in rows if row[0] == "All in all"]
    assert [(row[3], row[4]) for row in overall] == [("1", 0), ("2", 1), ("3", 0), ("4", 0), ("5", 1)]
    assert {(float(row[6]), float(row[7])) for row in overall} == {(3.5, 50.0)}
    csv = desk.as_("stranger").get("/surveys/results/export.csv").get_data(as_text=True)
    assert "All in all" not in csv, "nothing of his patch"


def farmer(overall: int, reason: str = "") -> dict[str, Answer]:
    return {"effect": "better", "overall": overall, **({"reason": reason} if reason else {})}


def test_fewer_than_five_persons_are_not_shown(desk: Desk) -> None:
    for number in range(4):
        say(desk, farmer(2, f"Remark {number}"), audience=Audience.FARMER)
    address = "/surveys/results?form=farmer&span=quarter&quarter=20264"
    shown = text(desk, address)
    assert "Fewer than 5 persons have answered here" in shown
    assert "2.00" not in shown
    reason = address.replace("results?", "results/questions/reason?")
    assert "Remark" not in text(desk, reason)
    assert "All in all" not in desk.as_("boss").get(address.replace("results?", "results/export.csv?")).text
    say(desk, farmer(2, "Remark 5"), audience=Audience.FARMER)
    assert "2.00" in text(desk, address)
    named = text(desk, reason)
    assert "Remark 3" in named
    assert "郑州金禾" not in named
    assert "Who said it" not in named


def test_a_small_county_cannot_be_had_by_subtraction(desk: Desk) -> None:
    """Six in one county, three in another: the city must not show nine, nor the year more than its quarters give."""
    for overall in (5, 5, 5, 5, 5, 5):
        say(desk, farmer(overall), audience=Audience.FARMER, region="410102")
    for overall in (1, 1, 1):
        say(desk, farmer(overall), audience=Audience.FARMER, region="410103")
    for span in ("quarter", "half", "year"):
        shown = text(desk, f"/surveys/results?form=farmer&span={span}&quarter=20264&region=4101")
        assert "average of 6, 1 to 5" in shown
        assert "410103" not in shown
    say(desk, farmer(1), audience=Audience.FARMER, region="410104")
    say(desk, farmer(1), audience=Audience.FARMER, region="410104")
    shown = text(desk, "/surveys/results?form=farmer&span=quarter&quarter=20264&region=4101")
    assert "average of 11, 1 to 5" in shown, "five together count in their city"
    assert "region=410103" not in shown


def test_tallies_are_what_is_there(desk: Desk) -> None:
    kept = say(desk, scores(4, mend="More promotion"))
    gone = say(desk, scores(1))
    say(desk, {"effect": "worse", "trouble": ["growth", "cost"], "overall": 2}, audience=Audience.FARMER)

    def counted() -> dict[tuple[object, ...], int]:
        columns = [column for column in SurveyTally.__table__.columns if column.name != "count"]
        rows = db.session.execute(sa.select(*columns, SurveyTally.count).where(SurveyTally.count != 0))
        return {tuple(row[:-1]): row[-1] for row in rows}

    with desk.app.app_context():
        begin_writing()
        actions.erase(desk.viewer("boss"), db.session.get_one(Survey, gone), cast.NOW)
        begin_writing()
        before = counted()
        assert tallies.count_again() == 2
        assert counted() == before
        assert {key[1] for key in before} >= {"", "overall", "trouble", "mend"}
        db.session.rollback()
    assert str(kept) in text(desk, "/surveys/results/questions/overall")


def test_one_series_over_versions_and_the_page_says_so(desk: Desk) -> None:
    say(desk, scores(2))
    with desk.app.app_context():
        begin_writing()
        content = drafts.opened(book.current("distributor", cast.NOW).content)
        content["questions"][0]["words"]["zh"] = "我们的价格"
        actions.publish(desk.viewer("admin"), "distributor", 1, drafts.clean(content), cast.NOW)
        db.session.commit()
    say(desk, scores(4))
    shown = text(desk, "/surveys/results")
    assert "The wording changed" in shown
    assert "average of 2, 1 to 5" in shown
    assert "average of 1, 1 to 5" in text(desk, "/surveys/results?version=2")
    price = text(desk, "/surveys/results/questions/price")
    assert "我们的价格" in price
    assert "产品价格" in price


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/surveys/results", "Nobody has been asked yet"),
        ("/surveys/results/map", "Too few answers for a map"),
        ("/surveys/results/export.csv", "Question"),
    ],
)
def test_before_the_first_question_pages_say_so(desk: Desk, address: str, said: str) -> None:
    assert said in text(desk, address)


def test_a_trend_goes_by_the_quarter_of_the_asking(desk: Desk) -> None:
    say(desk, scores(2), at=cast.NOW - timedelta(days=100))
    say(desk, scores(4))
    assert "26Q3 2.0, 26Q4 4.0" in text(desk, "/surveys/results?span=year&quarter=20264")
