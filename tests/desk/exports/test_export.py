"""Visits as files: a few at once, many in the background; whose, of which days; and that they are what they say."""

import csv
import io
import os
import shutil
import subprocess
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import now
from fieldapp.core.db import begin_reading, db
from fieldapp.desk.exports import runs, sheets
from fieldapp.desk.exports.models import ExportForm, ExportRun, ExportState
from fieldapp.desk.exports.queries import Asked
from fieldapp.fieldwork.visits.rules import Ending, PlaceProblem
from fieldapp.people.accounts.models import User
from tests import cast
from tests.desk.weeklog.conftest import MONDAY, TUESDAY, Office, Stub
from tests.visitor import Visitor

DAYS = f"first={MONDAY.isoformat()}&last={(MONDAY + timedelta(days=6)).isoformat()}"
ALL = {"first": "2026-01-01", "last": "2026-12-31", "rep": "", "form": "csv"}
PATIENCE_S = 120
MIDNIGHT = datetime.fromisoformat("2026-11-23")


def read_csv(content: bytes) -> list[dict[str, str]]:
    assert content.startswith("\ufeff".encode())
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def book_of(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_a_row_for_each_visit_with_times_of_shanghai(busy: Office) -> None:
    answer = busy.as_("rep").get(f"/exports/visits.csv?{DAYS}")
    assert answer.headers["Content-Disposition"] == "attachment; filename=visits-2026-11-23-2026-11-29.csv"
    first, second = read_csv(answer.data)
    assert first == {
        "Day": "2026-11-23", "Rep": "Rep", "Username": "rep", "Code": "D001", "Distributor": "Golden Grain",
        "Region": "河南省 郑州市 中原区",
        "Arrived": "2026-11-23 09:00:00", "Left": "2026-11-23 09:40:00", "Minutes": "40",
        "Metres from the store": "86", "Accurate to metres": "20", "Remarks": "", "Next visit": "", "Summary": "",
    }  # fmt: skip
    assert second["Remarks"] == "far from the store, check-out forgotten"
    assert "34.7" not in answer.text, "no coordinates"


def test_the_workbook_has_a_summary_with_a_chart_and_a_sheet_for_each_rep(busy: Office) -> None:
    found = book_of(busy.as_("boss").get(f"/exports/visits.xlsx?{DAYS}").data)
    assert found.sheetnames == ["Summary", "Colleague", "Rep"]
    summary = [[cell.value for cell in row[:8]] for row in found["Summary"].iter_rows(min_row=3, max_row=6)]
    assert summary == [
        ["Rep", "Username", "Visits", "Distributors", "Hours", "no place", "far from the store", "check-out forgotten"],
        ["Colleague", "colleague", 1, 1, 0.2, 1, 0, 0],
        ["Rep", "rep", 2, 1, 1, 0, 1, 1],
        ["Together", None, 3, None, 1.2, 1, 1, 1],
    ]
    assert [found["Summary"]["J4"].value, found["Summary"]["K4"].value] == [MIDNIGHT, 3]
    [chart] = found["Summary"]._charts
    assert chart.series[0].val.numRef.f == "Summary!$K$4"
    sheet = found["Rep"]
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["E"].width == 30
    row = [cell.value for cell in sheet[2]]
    assert row[0] == MIDNIGHT
    assert abs(row[6] - MIDNIGHT - timedelta(hours=9)) < timedelta(seconds=1)
    assert row[8:11] == [40, 86, 20]
    assert sheet["A2"].is_date
    assert sheet["G2"].is_date


def test_sheets_of_two_reps_of_one_name(busy: Office) -> None:
    with busy.app.app_context():
        db.session.execute(sa.update(User).values(name="A/B [Wang]: the longest name of the whole company"))
        db.session.commit()
    found = book_of(busy.as_("boss").get(f"/exports/visits.xlsx?{DAYS}").data)
    assert found.sheetnames == ["Summary", "A B  Wang   the longest name of", "A B  Wang   the longest nam (2)"]


def test_texts_cannot_be_formulas_and_names_of_any_kind_come_through(busy: Office) -> None:
    name, summary = '=HYPERLINK("http://x"), "丰"', "-1+1\nnext line <&> 😀"
    with busy.app.app_context():
        odd = cast.make_distributor("=D9", "410102", name=name)
        cast.make_visit(odd, busy.people["rep"], TUESDAY, summary=summary, ending=Ending.CHECKED_OUT)
        db.session.commit()
    row = read_csv(busy.as_("rep").get(f"/exports/visits.csv?{DAYS}").data)[-1]
    assert (row["Code"], row["Distributor"], row["Summary"]) == ("'=D9", f"'{name}", f"'{summary}")
    cells = list(book_of(busy.as_("rep").get(f"/exports/visits.xlsx?{DAYS}").data)["Rep"].iter_rows())[-1]
    assert [cells[3].value, cells[4].value, cells[13].value] == ["=D9", name, summary]
    assert {cells[3].data_type, cells[4].data_type, cells[13].data_type} == {"s"}


def test_the_same_rows_in_both_forms(busy: Office) -> None:
    """Cells that stand for nothing shift none of those after them."""
    with busy.app.app_context():
        cast.make_visit(
            Stub(busy.golden), busy.people["rep"], TUESDAY, minutes=None, arrival_problem=PlaceProblem.TIMEOUT
        )
        db.session.commit()
    rows = read_csv(busy.as_("rep").get(f"/exports/visits.csv?{DAYS}").data)
    sheet = book_of(busy.as_("rep").get(f"/exports/visits.xlsx?{DAYS}").data)["Rep"]
    header, *lines = sheet.iter_rows(values_only=True)
    for row, line in zip(rows, lines, strict=True):
        shown = {
            title: "" if value is None else f"{value:%Y-%m-%d}" if index in (0, 12) else
            f"{value + timedelta(microseconds=1000):%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)
            for index, (title, value) in enumerate(zip(header, line, strict=True))
        }  # fmt: skip
        assert shown == row
    assert rows[-1]["Remarks"] == "no place, under way"
    assert (rows[-1]["Left"], rows[-1]["Minutes"]) == ("", "")


def test_only_what_the_viewer_may_see(busy: Office) -> None:
    def codes(who: str, more: str = "") -> list[str]:
        return [row["Code"] for row in read_csv(busy.as_(who).get(f"/exports/visits.csv?{DAYS}{more}").data)]

    rep, colleague = (f"&rep={busy.people[who].id}" for who in ("rep", "colleague"))
    assert codes("rep") == ["D001", "D001"]
    assert codes("boss") == codes("admin") == ["D002", "D001", "D001"]
    assert codes("boss", rep) == ["D001", "D001"]
    assert codes("stranger") == codes("boss", f"&rep={busy.people['boss'].id}") == []
    for who, whose in (("rep", colleague), ("stranger", rep), ("boss", f"&rep={busy.people['stranger'].id}")):
        assert busy.as_(who).get(f"/exports/visits.csv?{DAYS}{whose}").status_code == 422, who


def test_odd_periods_are_named(busy: Office) -> None:
    for first, last, told in (
        ("2026-11-24", "2026-11-23", "This lies before the first day."),
        ("x", "2026-11-23", "Give a day, such as 2026-11-23."),
        ("2026-11-23", "", "Fill this in."),
    ):
        answer = busy.as_("boss").post("/exports", {**ALL, "first": first, "last": last})
        assert answer.status_code == 422
        assert told in answer.text
        assert f'value="{first}"' in answer.text
    assert busy.as_("boss").post("/exports", {**ALL, "form": "pdf"}).status_code == 422
    assert busy.as_("boss").post("/exports", {**ALL, "rep": "x"}).status_code == 422


def test_a_few_are_sent_at_once(busy: Office) -> None:
    answer = busy.as_("boss").post("/exports", ALL)
    assert answer.status_code == 303
    assert answer.location == "/exports/visits.csv?first=2026-01-01&last=2026-12-31"
    assert len(read_csv(busy.as_("boss").get(answer.location).data)) == 4


@pytest.fixture
def many(busy: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """More than are sent at once."""
    monkeypatch.setattr(runs, "AT_ONCE", 2)
    return busy


def wait(app: Flask, export_id: UUID) -> ExportRun:
    with app.app_context():
        begin_reading()
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            run = db.session.get_one(ExportRun, export_id, populate_existing=True)
            if run.state not in runs.RUNNING:
                db.session.expunge_all()
                return run
            time.sleep(0.1)
    raise AssertionError(f"the run is still {run.state}")


def begin(visitor: Visitor, **changes: str) -> UUID:
    answer = visitor.post("/exports", {**ALL, **changes})
    assert answer.status_code == 303, answer.text
    return UUID(answer.location.rsplit("/", 1)[1])


def test_many_are_written_by_a_process_of_their_own_and_stay_for_a_week(many: Office) -> None:
    boss = many.as_("boss")
    direct = boss.get(f"/exports/visits.csv?{DAYS}")
    assert direct.status_code == 422
    assert "the file is made in the background" in direct.text
    export_id = begin(boss, form="xlsx")
    run = wait(many.app, export_id)
    assert (run.state, run.rows_total, run.rows_done) == (ExportState.DONE, 4, 4)
    page = boss.get(f"/exports/{export_id}").text
    assert "Fetch the file" in page
    assert "hx-trigger" not in boss.fragment(f"/exports/{export_id}").text
    answer = boss.get(f"/exports/{export_id}/file")
    assert book_of(answer.data).sheetnames == ["Summary", "Colleague", "Rep"]
    with many.app.app_context():
        path = runs.file_of(run)
        assert path.stat().st_size == run.size
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert [one.name for one in path.parent.iterdir()] == [path.name], "nothing half is left"
        week_ago = now().timestamp() - 8 * 86400
        os.utime(path, (week_ago, week_ago))
        runs.tidy(now())
        assert not path.exists()
    assert boss.get(f"/exports/{export_id}/file").status_code == 404
    assert "The file was deleted" in boss.get(f"/exports/{export_id}").text


def written(office: Office, who: str = "boss", **values: Any) -> UUID:
    """A run of theirs, written here and now."""
    with office.app.app_context():
        maker = office.people[who].id
        at = now()
        row = {"form": ExportForm.CSV, "first": date(2026, 1, 1), "last": date(2026, 12, 31), "made_by_id": maker}
        run = cast.add(ExportRun(**{**row, "made_at": at, "beat_at": at, **values}))
        db.session.commit()
        export_id: UUID = run.id
        runs.perform(export_id)
    return export_id


def test_a_file_is_its_makers_alone(busy: Office) -> None:
    export_id = written(busy)
    for who in ("rep", "colleague", "stranger", "admin"):
        for url in (f"/exports/{export_id}", f"/exports/{export_id}/file"):
            assert busy.as_(who).get(url).status_code == 404, (who, url)
    assert busy.as_("boss").get(f"/exports/{export_id}/file").status_code == 200


def test_what_he_may_see_is_asked_when_it_is_written_and_when_it_is_fetched(busy: Office) -> None:
    export_id = written(busy)
    boss = busy.as_("boss")
    assert len(read_csv(boss.get(f"/exports/{export_id}/file").data)) == 4
    with busy.app.app_context():
        db.session.get_one(User, busy.people["boss"].id).patch = ["41"]
        db.session.commit()
    assert boss.get(f"/exports/{export_id}/file").status_code == 404
    assert "What you may see has changed" in boss.get(f"/exports/{export_id}").text
    narrow = written(busy)
    assert {row["Code"] for row in read_csv(boss.get(f"/exports/{narrow}/file").data)} == {"D001"}
    refused = written(busy, rep_id=busy.people["colleague"].id)
    assert "you could no longer see these visits" in boss.get(f"/exports/{refused}").text


def test_who_was_shut_out_meanwhile_gets_no_file(busy: Office) -> None:
    with busy.app.app_context():
        db.session.get_one(User, busy.people["boss"].id).active = False
        db.session.commit()
    export_id = written(busy)
    with busy.app.app_context():
        begin_reading()
        run = db.session.get_one(ExportRun, export_id)
        assert run.state is ExportState.REFUSED
        assert not runs.file_of(run).exists()


def test_an_interrupted_one_begins_anew_once(busy: Office) -> None:
    boss = busy.as_("boss")
    with busy.app.app_context():
        long_ago = now() - timedelta(minutes=5)
        row = {"form": ExportForm.CSV, "first": MONDAY, "last": MONDAY, "made_by_id": busy.people["boss"].id}
        run = cast.add(ExportRun(**row, state=ExportState.WRITING, made_at=long_ago, beat_at=long_ago))
        db.session.commit()
        export_id = run.id
    assert "The writing was interrupted" in boss.get(f"/exports/{export_id}").text
    assert boss.post(f"/exports/{export_id}/writings").status_code == 303
    assert wait(busy.app, export_id).state is ExportState.DONE
    with busy.app.app_context():
        assert not runs.again(db.session.get_one(ExportRun, export_id), now())


def test_asked_twice_it_is_one_file_and_two_at_a_time_are_enough(many: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "start", lambda _run: None)
    boss = many.as_("boss")
    assert begin(boss) == begin(boss)
    assert begin(boss, form="xlsx") != begin(boss)
    third = boss.post("/exports", {**ALL, "first": "2026-02-01"})
    assert third.status_code == 409
    assert "Two of your files are being made" in third.text


def test_a_fault_leaves_no_half_file(busy: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_all: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sheets, "csv", broken)
    with pytest.raises(OSError, match="No space"):
        written(busy)
    with busy.app.app_context():
        begin_reading()
        run = db.session.scalars(sa.select(ExportRun)).one()
        assert run.state is ExportState.CRASHED
        assert list(runs.folder().iterdir()) == []
    assert "Something went wrong on our side" in busy.as_("boss").get(f"/exports/{run.id}").text


def test_a_full_sheet_goes_on_in_another(busy: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldapp.core.sheets.books.SHEET_ROWS", 2)
    with busy.app.app_context():
        begin_reading()
        target = io.BytesIO()
        sheets.xlsx(target, busy.viewer("rep"), Asked(MONDAY, MONDAY + timedelta(days=6), busy.people["rep"].id))
    found = book_of(target.getvalue())
    assert found.sheetnames[:3] == ["Summary", "Rep", "Rep (2)"]
    assert [found[name].max_row for name in ("Rep", "Rep (2)")] == [2, 2]


def test_a_period_without_visits(office: Office) -> None:
    assert read_csv(office.as_("rep").get(f"/exports/visits.csv?{DAYS}").data) == []
    assert book_of(office.as_("rep").get(f"/exports/visits.xlsx?{DAYS}").data).sheetnames == ["Summary"]


SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")

if SOFFICE:  # openpyxl reads every export above; this is one more reader where it is installed

    def test_libreoffice_opens_the_workbook(busy: Office, tmp_path: Path) -> None:
        path = tmp_path / "visits.xlsx"
        path.write_bytes(busy.as_("boss").get(f"/exports/visits.xlsx?{DAYS}").data)
        command = [str(SOFFICE), "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to"]
        options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,3"
        done = subprocess.run(
            [*command, options, "--outdir", str(tmp_path), str(path)], check=True, capture_output=True
        )
        converted = next(tmp_path.glob("visits*.csv"), None)
        assert converted is not None, done.stderr
        assert "Golden Grain" in converted.read_text(encoding="utf-8")
