"""The administrators' page of files: a file is sent, read by a process of its own, and told about."""

import io
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core.clock import now
from fieldapp.core.db import begin_reading, db
from fieldapp.core.sheets import limits
from fieldapp.desk.imports import runs
from fieldapp.desk.imports.models import ImportRun, RunState
from fieldapp.desk.imports.registry import kinds
from fieldapp.network.territory.models import Region
from fieldapp.people.audit.models import AuditEntry
from fieldapp.trade.products.models import Product
from tests.visitor import Visitor

Visit = Callable[..., Visitor]
PRODUCTS = "产品编码,产品名称,产品线,备注\nP10,小猪料,pig,x\n"
ENDED = {RunState.DONE, RunState.FAILED, RunState.CRASHED}
PATIENCE_S = 120  # a process of its own starts on a busy machine


@pytest.fixture
def admin(visit: Visit) -> Visitor:
    return visit("admin")


def send(visitor: Visitor, content: bytes | str, name: str = "file.csv", **fields: str) -> TestResponse:
    body = content if isinstance(content, bytes) else content.encode()
    return visitor.post("/import", {"file": (io.BytesIO(body), name), **fields}, content_type="multipart/form-data")


def wait(app: Flask, response: TestResponse) -> ImportRun:
    """The run behind an upload's answer, once its process has ended it."""
    assert response.status_code == 303, response.text
    run_id = UUID(response.headers["Location"].rsplit("/", 1)[1])
    with app.app_context():
        begin_reading()
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            run = db.session.get_one(ImportRun, run_id, populate_existing=True)
            if run.state in ENDED:
                db.session.expunge_all()
                return run
            time.sleep(0.1)
    raise AssertionError(f"the run is still {run.state}")


def count(app: Flask, model: type) -> int:
    with app.app_context():
        begin_reading()
        return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_file_is_sent_recognised_read_and_told_about(app: Flask, admin: Visitor) -> None:
    run = wait(app, send(admin, PRODUCTS.encode("gb18030"), "产品.csv"))
    assert (run.state, run.kind, run.filename) == (RunState.DONE, "products", "产品.csv")
    assert run.counts["created"] == 1
    assert run.counts["unknown"] == ["备注"]
    assert count(app, Product) == 1
    with app.app_context():
        begin_reading()
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "imports.read")).one()
        assert entry.actor_id == run.made_by_id
        assert not runs.upload_of(run.id).exists()
    text = admin.get(f"/import/{run.id}").text
    assert "备注" in text
    assert "hx-trigger" not in admin.fragment(f"/import/{run.id}").text
    assert "产品.csv" in admin.get("/import").text


def test_faults_are_listed_page_by_page_and_nothing_is_written(app: Flask, admin: Visitor) -> None:
    rows = "".join(f"P{n},<b>{n}</b>,\n" for n in range(120))
    run = wait(app, send(admin, f"code,name,line\n{rows}", kind="products"))
    assert (run.state, run.problem_count, run.counts["rejected"]) == (RunState.FAILED, 120, 120)
    assert count(app, Product) == 0
    first = admin.get(f"/import/{run.id}").text
    assert first.count("must not be empty") == 50
    last = admin.get(f"/import/{run.id}?from=100").text
    assert last.count("must not be empty") == 20
    with admin.get(f"/import/{run.id}/problems.csv") as listed:
        assert listed.text.count("\n") == 121
    assert admin.get(f"/import/{run.id}/rejected.csv").status_code == 404


def test_a_partial_reading_gives_the_other_rows_back(app: Flask, admin: Visitor) -> None:
    run = wait(app, send(admin, "code,name,line\nP1,a,pig\nP2,,pig\n", kind="products", partial="y"))
    assert (run.state, run.counts["created"], run.counts["rejected"]) == (RunState.DONE, 1, 1)
    with admin.get(f"/import/{run.id}/rejected.csv") as back:
        assert back.text.splitlines()[1] == "P2,,pig,3,name: must not be empty"
        assert "attachment" in back.headers["Content-Disposition"]


def test_a_partial_reading_without_a_good_row_says_that_nothing_was_taken(app: Flask, admin: Visitor) -> None:
    run = wait(app, send(admin, "code,name,line\nP1,,pig\nP2,,pig\n", kind="products", partial="y"))
    assert (run.state, run.counts["written"]) == (RunState.FAILED, False)
    text = admin.get(f"/import/{run.id}").text
    assert "no row of the file can be taken" in text
    assert "The good rows were taken" not in text
    assert "not taken" in admin.get("/import").text
    with admin.get(f"/import/{run.id}/rejected.csv") as back:
        assert back.text.count("must not be empty") == 2


def test_what_nobody_came_for_is_deleted_after_thirty_days_and_the_history_stays(app: Flask, admin: Visitor) -> None:
    old = wait(app, send(admin, "code,name,line\nP1,a,pig\nP2,,pig\n", kind="products", partial="y"))
    with app.app_context():
        files = [runs.rejected_of(old.id), runs.problems_of(old.id), runs.upload_of(UUID(int=1))]
        files[2].write_bytes(b"interrupted long ago")
        young, *_rest = files
        for path, days in zip(files, (29, 31, 31), strict=True):
            then = (now() - timedelta(days=days)).timestamp()
            os.utime(path, (then, then))
    wait(app, send(admin, PRODUCTS))
    assert [path.exists() for path in files] == [True, False, False]
    with app.app_context():
        assert list(runs.folder().iterdir()) == [young]
        os.utime(young, (then, then))
        runs.tidy(now())
    text = admin.get(f"/import/{old.id}").text
    assert "were given back for 30 days" in text
    assert "rejected.csv" not in text


def test_only_checking_writes_nothing(app: Flask, admin: Visitor) -> None:
    run = wait(app, send(admin, PRODUCTS, dry_run="y"))
    assert (run.state, run.counts["created"], run.counts["written"]) == (RunState.DONE, 1, False)
    assert count(app, Product) == 0


def test_a_file_that_says_nothing_is_refused_with_a_remedy(app: Flask, admin: Visitor) -> None:
    run = wait(app, send(admin, "a,b\n1,2\n"))
    assert run.state is RunState.FAILED
    assert "Choose the kind" in run.message
    assert run.message in admin.get(f"/import/{run.id}").text.replace("&#39;", "'")


def test_a_form_without_a_file_or_with_too_large_a_one(
    app: Flask, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = admin.post("/import", {"kind": "products"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    monkeypatch.setattr(limits, "FILE_BYTES", 100)
    assert send(admin, "x" * 101).status_code == 422
    assert send(admin, "x", kind="secrets").status_code == 422
    assert count(app, ImportRun) == 0
    with app.app_context():
        assert not list(runs.folder().iterdir())


def test_a_run_is_taken_by_one_process_only(app: Flask, admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "start", lambda _run_id: None)
    run_id = UUID(send(admin, PRODUCTS).headers["Location"].rsplit("/", 1)[1])
    with app.app_context():
        runs.perform(run_id)
        runs.perform(run_id)
    assert count(app, Product) == 1


def test_an_interrupted_run_says_so(app: Flask, admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "start", lambda _run_id: None)
    run_id = UUID(send(admin, PRODUCTS).headers["Location"].rsplit("/", 1)[1])
    assert "hx-trigger" in admin.get(f"/import/{run_id}").text
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.update(ImportRun).values(state=RunState.READING, beat_at=now() - timedelta(seconds=61)))
    text = admin.get(f"/import/{run_id}").text
    assert "The reading was interrupted" in text
    assert "hx-trigger" not in text
    monkeypatch.undo()
    run = wait(app, admin.post(f"/import/{run_id}/readings"))
    assert (run.state, run.counts["created"]) == (RunState.DONE, 1)
    admin.post(f"/import/{run_id}/readings")
    with app.app_context():
        begin_reading()
        assert db.session.get_one(ImportRun, run_id).state is RunState.DONE


@pytest.mark.parametrize("key", [key for key, kind in kinds().items() if kind.columns])
def test_the_file_to_fill_in_is_good_but_for_what_it_names(app: Flask, admin: Visitor, key: str) -> None:
    """The template is read by the app itself: its columns are known, its own example breaks no rule of form."""
    page = admin.get(f"/import/kinds/{key}").text
    for column in kinds()[key].columns:
        assert column.labels[0] in page
    book = openpyxl.load_workbook(io.BytesIO(admin.get(f"/import/kinds/{key}.xlsx").data))
    assert [cell.value for cell in next(iter(book.active.rows))] == [column.key for column in kinds()[key].columns]
    if key == "regions":
        before = count(app, Region)
        run = wait(app, send(admin, admin.get(f"/import/kinds/{key}.csv").data))
        assert (run.state, run.counts["unchanged"] + run.counts["updated"]) == (RunState.DONE, 1)
        assert count(app, Region) == before


@pytest.mark.parametrize("username", ["rep", "boss"])
def test_nobody_else_comes_here(visit: Visit, username: str) -> None:
    visitor = visit(username)
    for url in ("/import", "/import/kinds/products", "/import/00000000-0000-7000-8000-000000000000"):
        assert visitor.get(url).status_code == 403
    assert send(visitor, PRODUCTS).status_code == 403


def test_what_is_not_there(admin: Visitor) -> None:
    for url in ("/import/00000000-0000-7000-8000-000000000000", "/import/kinds/secrets", "/import/kinds/secrets.csv"):
        assert admin.get(url).status_code == 404


@pytest.mark.parametrize("key", [key for key, kind in kinds().items() if kind.columns])
def test_every_kind_is_recognised_by_its_columns(tmp_path: Path, key: str) -> None:
    path = tmp_path / "file.csv"
    for names in ([column.key for column in kinds()[key].columns], [c.labels[0] for c in kinds()[key].columns]):
        path.write_text(",".join(names) + "\n", encoding="utf-8")
        assert runs.recognise(path).key == key


def test_a_file_that_cannot_be_read_at_all_has_no_list_of_bad_cells(app: Flask, admin: Visitor) -> None:
    run = wait(app, send(admin, "", kind="products"))
    assert run.state is RunState.FAILED
    assert admin.get(f"/import/{run.id}/problems.csv").status_code == 404
    assert "problems.csv" not in admin.get(f"/import/{run.id}").text


def test_a_files_name_is_kept_without_folders_and_control_characters(app: Flask, admin: Visitor) -> None:
    run = wait(app, send(admin, "code,name,line\nP1,,pig\n", name="../../a\x00b\x1b[31m.csv", partial="y"))
    assert run.filename == "ab[31m.csv"
    told = admin.get(f"/import/{run.id}/rejected.csv").headers["Content-Disposition"]
    assert "ab" in told
    assert "\x1b" not in told
