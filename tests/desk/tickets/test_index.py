"""The list of tickets: whose, searched, filtered, page by page, and as a file."""

import csv
import io
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from fieldapp.core.clock import now
from fieldapp.desk.tickets import lists
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.remediation.rules import Severity, TicketKind, TicketState
from fieldapp.network.distributors.models import Distributor
from tests.desk.conftest import Desk
from tests.desk.tickets.conftest import Counter


def shown(desk: Desk, query: str = "", who: str = "rep") -> list[str]:
    """Numbers of the rows, in their order."""
    page = desk.as_(who).fragment(f"/tickets?{query}").text
    return [piece[:8] for piece in page.split('class="row-sub">')[1:] if piece.startswith("T-")]


def test_a_rep_begins_with_his_own_and_others_with_what_is_open(desk: Desk, counter: Counter) -> None:
    counter.opened("rep")
    counter.opened("mate")
    assert shown(desk) == ["T-000001"]
    assert shown(desk, "part=open") == ["T-000001", "T-000002"]
    assert shown(desk, who="boss") == ["T-000001", "T-000002"]
    assert shown(desk, who="admin") == ["T-000001", "T-000002"]
    assert shown(desk, "part=open", who="colleague") == []
    assert shown(desk, who="stranger") == []


def test_what_waits_for_an_approval_stands_apart(desk: Desk, counter: Counter) -> None:
    counter.opened()
    counter.proposed("800")
    assert shown(desk, "part=waiting", who="boss") == ["T-000002"]
    assert shown(desk, "part=waiting", who="admin") == []
    counter.decide(counter.proposed("800"))
    assert shown(desk, "part=waiting", who="boss") == ["T-000002"]
    assert shown(desk, "part=waiting", who="deputy") == ["T-000002", "T-000003"]
    assert shown(desk, "part=waiting", who="admin") == ["T-000003"]


def test_a_ticket_follows_its_distributor_and_stays_with_whoever_reported_it(desk: Desk, counter: Counter) -> None:
    counter.opened("rep")
    desk.change(sa.update(Distributor).where(Distributor.code == "D001").values(region_code="420102"))
    assert shown(desk, "part=all") == ["T-000001"]
    assert shown(desk, "part=all", who="mate") == []
    assert shown(desk, "part=all", who="colleague") == ["T-000001"]


SEARCHES = {
    "t-000002": ["T-000002"],
    "T2": ["T-000002"],
    "2": ["T-000002"],
    "d002": ["T-000002"],
    "b-77": ["T-000001"],
    "wet bags": ["T-000001"],
    "bags wet five": ["T-000001"],
    "100%": [],
    "nothing of it": [],
}


@pytest.mark.parametrize("text", SEARCHES)
def test_search(desk: Desk, counter: Counter, text: str) -> None:
    counter.opened(batch="B-77", story="Five bags were WET.")
    counter.opened("mate", "D002", story="The truck came a day late.")
    assert shown(desk, f"part=all&q={text}".replace("%", "%25")) == SEARCHES[text]


FILTERS: dict[str, list[str]] = {
    "kind=delivery": ["T-000002"],
    "severity=severe": ["T-000003"],
    "state=withdrawn": ["T-000004"],
    "late=1": ["T-000001"],
    "region=4101": ["T-000004", "T-000003", "T-000002", "T-000001"],
    "region=nowhere": [],
    "product=p10": ["T-000002"],
    "product=product": ["T-000002"],
    "kind=delivery&severity=severe": [],
    "kind=nonsense&state=nonsense&severity=9&rep=x&late=no&after=x": ["T-000004", "T-000003", "T-000002", "T-000001"],
}


@pytest.mark.parametrize("query", FILTERS)
def test_filters(desk: Desk, counter: Counter, query: str) -> None:
    late = counter.opened()
    counter.opened(kind=TicketKind.DELIVERY, product="P10")
    counter.opened(severity=Severity.SEVERE)
    gone = counter.opened()
    yesterday = now() - timedelta(days=1)
    desk.change(sa.update(Ticket).where(Ticket.id == late).values(first_due_at=yesterday))
    desk.change(sa.update(Ticket).where(Ticket.id == gone).values(state=TicketState.WITHDRAWN, first_due_at=yesterday))
    assert shown(desk, f"part=all&{query}") == FILTERS[query]


def test_a_supervisor_looks_at_one_rep(desk: Desk, counter: Counter) -> None:
    counter.opened("rep")
    key = counter.opened("mate")
    rep: UUID = counter.ticket(key).rep_id
    assert shown(desk, f"part=all&rep={rep}", who="boss") == ["T-000002"]
    assert shown(desk, f"part=all&rep={rep}") == ["T-000002", "T-000001"], "a rep has no such filter"


@pytest.mark.parametrize("part", ["all", "open"])
def test_page_by_page_each_is_shown_once(
    desk: Desk, counter: Counter, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists.listed, "__defaults__", (2,))
    keys = [counter.opened() for _ in range(5)]
    due = now() + timedelta(hours=1)
    for key in keys[1:4]:  # the same moment: the number decides
        desk.change(sa.update(Ticket).where(Ticket.id == key).values(first_due_at=due))
    seen: list[str] = []
    address = f"part={part}"
    for _page in range(3):
        text = desk.as_("rep").fragment(f"/tickets?{address}").text
        seen += shown(desk, address)
        before, sep, _rest = text.rpartition('rel="next"')
        address = (
            before.rpartition('href="')[2].partition('"')[0].partition("?")[2].replace("&amp;", "&") if sep else ""
        )
    assert address == ""
    numbers = [f"T-{n:06d}" for n in range(1, 6)]
    assert sorted(seen) == numbers
    assert seen == (numbers[::-1] if part == "all" else ["T-000002", "T-000003", "T-000004", "T-000001", "T-000005"])


def test_what_is_due_first_stands_first_and_what_has_ended_last(desk: Desk, counter: Counter) -> None:
    ended, soon, late = counter.opened(), counter.opened(), counter.opened()
    desk.change(sa.update(Ticket).where(Ticket.id == ended).values(state=TicketState.SOLVED, solved_at=now()))
    desk.change(sa.update(Ticket).where(Ticket.id == late).values(first_due_at=now() - timedelta(hours=3)))
    del soon
    assert shown(desk) == ["T-000003", "T-000002", "T-000001"]
    assert "3 hours late" in desk.as_("rep").get("/tickets").text


def test_an_empty_list_says_what_to_do(desk: Desk) -> None:
    assert "No ticket of yours is open" in desk.as_("rep").get("/tickets").text
    assert "Nothing waits for your approval" in desk.as_("boss").get("/tickets?part=waiting").text
    assert "No ticket fits" in desk.as_("rep").get("/tickets?q=xyz").text


def test_the_list_as_a_file_holds_no_formula(desk: Desk, counter: Counter) -> None:
    counter.decide(counter.proposed("800", story="=HYPERLINK(1)"), "less", amount="300")
    counter.opened(story="Second")
    rows = sheet(desk, "rep")
    assert [row["Number"] for row in rows] == ["T-000002", "T-000001"]
    assert rows[1]["What happened"] == "'=HYPERLINK(1)"
    assert (rows[1]["Asked for, yuan"], rows[1]["Approved, yuan"]) == ("800", "300")
    assert rows[1]["State"] == "Remedy approved"
    assert sheet(desk, "stranger") == []
    assert len(sheet(desk, "rep", "part=all&q=second")) == 1
    book = load_workbook(io.BytesIO(desk.as_("rep").get("/tickets/export.xlsx?part=all").data))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(cell.value == "=HYPERLINK(1)" for cell in cells)


def sheet(desk: Desk, who: str, query: str = "part=all") -> list[dict[str, str]]:
    text = desk.as_(who).get(f"/tickets/export.csv?{query}").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("after", ["x", "~1", "1", "2026-11-23~1", "0001-01-01T00:00:00+14:00~1", f"{'9' * 30}"])
def test_a_place_that_is_none_is_the_first_page(desk: Desk, counter: Counter, after: str) -> None:
    counter.opened()
    assert shown(desk, f"part=open&after={after}".replace("+", "%2B")) == ["T-000001"]
