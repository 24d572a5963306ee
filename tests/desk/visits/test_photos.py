"""Photos of a visit: what is taken and refused, who may look, promotions done with one, what is left on the disk."""

import io
import os
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from fieldapp.core import storage
from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskState
from fieldapp.fieldwork.visits.models import VisitPhoto
from fieldapp.fieldwork.visits.rules import PhotoPurpose
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from tests import cast

from .conftest import Road, jpeg

TAKEN = 1_763_600_000_000  # 2025-11-20


def send(road: Road, visit: UUID, who: str = "rep", **form: object) -> object:
    body = {"file": jpeg(), "purpose": "arrival", "caption": "The shelf", "taken_at": str(TAKEN), **form}
    return road.rep(who).post(f"/visits/{visit}/photos", body, content_type="multipart/form-data")


def kept(app: Flask) -> list[Path]:
    with app.app_context():
        return [path for path in storage.folder().glob("*/*") if path.is_file()]


def test_a_photo_is_kept_once_with_its_time_and_shown(road: Road) -> None:
    road.arrive()
    visit, key = road.visit().id, str(uuid7())
    for _tap in range(2):
        assert send(road, visit, id=key, file=jpeg()).status_code == 303  # type: ignore[attr-defined]
    photo: VisitPhoto = road.desk.one(VisitPhoto)
    assert (str(photo.id), photo.purpose, photo.caption) == (key, PhotoPurpose.ARRIVAL, "The shelf")
    assert photo.taken_at.timestamp() * 1000 == TAKEN
    assert len(kept(road.desk.app)) == 1
    answer = road.rep("boss").get(f"/photos/{key}")
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for who in ("colleague", "stranger"):
        assert road.rep(who).get(f"/photos/{key}").status_code == 404
    assert road.rep(None).get(f"/photos/{key}").status_code == 303  # type: ignore[arg-type]
    assert f"/photos/{key}" in road.rep("boss").get(f"/visits/{visit}").text


def test_what_is_no_photo_is_refused_with_the_reason(road: Road) -> None:
    road.arrive()
    visit = road.visit().id
    for content, reason in (
        (b"%PDF-1.7 %%EOF", "This is a PDF"),
        (b"<html>", "neither a photo"),
        (b"\xff\xd8\xff broken", "damaged"),
        (b"", "empty"),
    ):
        answer = send(road, visit, file=(io.BytesIO(content), "p.jpg"))
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert reason in answer.text  # type: ignore[attr-defined]
        assert 'value="The shelf"' in answer.text  # type: ignore[attr-defined]
    missing = road.rep().post(f"/visits/{visit}/photos", {"caption": "Nothing"})
    assert "Take or choose a photo." in missing.text
    assert kept(road.desk.app) == []


def test_a_removed_photo_leaves_no_content(road: Road) -> None:
    road.arrive()
    send(road, road.visit().id)
    key = road.desk.one(VisitPhoto).id
    assert road.rep("boss").post(f"/photos/{key}/removal").status_code == 403
    assert road.rep().post(f"/photos/{key}/removal").status_code == 303
    assert kept(road.desk.app) == []
    assert road.desk.one(VisitPhoto).removed_at is not None
    assert road.rep().get(f"/photos/{key}").status_code == 404
    assert road.actions() == ["check_in", "photo", "remove_photo"]


def test_the_sweep_knows_which_photos_belong_to_a_visit(road: Road) -> None:
    road.arrive()
    send(road, road.visit().id)
    for path in kept(road.desk.app):
        os.utime(path, (1, 1))
    assert "0 contents" in road.desk.app.test_cli_runner().invoke(args=["files", "sweep"]).output
    assert len(kept(road.desk.app)) == 1


def test_what_a_killed_process_left_does_not_bar_the_same_photo(road: Road) -> None:
    road.arrive()
    key = uuid7()
    send(road, road.visit().id, id=str(key))
    (path,) = kept(road.desk.app)
    road.desk.change(sa.delete(VisitPhoto))  # killed before the row was committed
    path.with_suffix(".part").write_bytes(b"half")
    assert send(road, road.visit().id, id=str(key)).status_code == 303  # type: ignore[attr-defined]
    assert road.rep().get(f"/photos/{key}").status_code == 200


def test_a_promotion_is_done_with_a_photo(road: Road) -> None:
    here, elsewhere = road.store(), road.store("D002")
    with road.desk.app.app_context():
        store = db.session.get_one(Distributor, here)
        owner = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
        task = cast.make_task(store, owner, cast.TODAY, kind="promotion", text="Put up the poster").id
        other = db.session.get_one(Distributor, elsewhere)
        foreign = cast.make_task(other, owner, cast.TODAY, kind="promotion").id
        db.session.commit()
    road.arrive()
    visit = road.visit().id
    assert "Put up the poster" in road.rep().get(f"/distributors/{road.store()}/visit").text
    address = f"/visits/{visit}/tasks/{task}/completion"
    without = road.rep().post(address, {"outcome": "Done"})
    assert without.status_code == 422
    assert road.desk.one(Task, Task.id == task).state is TaskState.OPEN
    body = {"id": str(uuid7()), "outcome": "Beside the door"}
    for _tap in range(2):
        answer = road.rep().post(address, {**body, "file": jpeg()}, content_type="multipart/form-data")
        assert answer.status_code == 303
    done: Task = road.desk.one(Task, Task.id == task)
    assert (done.state, done.outcome, done.done_visit_id) == (TaskState.DONE, "Beside the door", visit)
    photo: VisitPhoto = road.desk.one(VisitPhoto)
    assert (photo.purpose, photo.task_id) == (PhotoPurpose.TASK, task)
    assert road.rep().post(f"/visits/{visit}/tasks/{foreign}/completion").status_code == 404
