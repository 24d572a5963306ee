"""The outbox: records of three phones over a line that loses a fifth of the requests and a fifth of the answers."""

import contextlib
import os
import random
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask_migrate import upgrade

from fieldapp import create_app
from fieldapp.config import Settings
from fieldapp.core.clock import now
from fieldapp.core.db import db
from fieldapp.people.accounts.models import LoginSession
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.core.outbox import demo
from tests.core.outbox.client import Device

from .goals import Goal

SEED = 20261125


@dataclass(frozen=True)
class Done:
    """What came of a run. `repeated`: answers that were of an earlier request; `foreign`: rows of nobody's record."""

    stored: int
    twice: int
    missing: int
    foreign: int
    repeated: int
    seconds: float


def run(folder: Path, quick: bool) -> list[Goal]:
    """10,000 operations on SQLite."""
    place = folder / "outbox"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    url = f"sqlite:///{place / 'fieldapp.db'}"
    app = create_app(_settings(place, url))
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    count = 1_000 if quick else 10_000
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):  # the log, a line for each request
        done = operations(place, url, count, SEED)
    exact = (done.stored, done.twice, done.missing, done.foreign) == (count, 0, 0, 0)
    told = f"{done.stored} stored, {done.twice} twice, {done.missing} missing"
    note = f"{done.repeated} repetitions answered, {done.seconds:.0f} s, seed {SEED}"
    return [
        Goal("outbox", f"{count:,} operations, 20 % of requests and of answers lost", "each once", told, exact, note)
    ]


def operations(folder: Path, url: str, count: int, seed: int) -> Done:
    """Send `count` records from three phones of two users, some days old, out of order, over ending sessions."""
    app = demo.add(create_app(_settings(folder, url), TESTING=True))
    dice, began = random.Random(seed), time.perf_counter()
    with app.app_context():
        cast.make_cast()
        db.session.commit()
    devices = [Device(app, name, dice) for name in ("rep", "rep", "colleague")]
    for number in range(count):
        dice.choice(devices).take(f"note {number}", created=datetime.now(UTC) - timedelta(days=dice.randrange(90)))
    wanted = {str(record.key): record.text for device in devices for record in device.queue}
    while any(device.queue for device in devices):
        device = dice.choice(devices)
        if dice.random() < 0.02:
            dice.shuffle(device.queue)
        if dice.random() < 0.002:
            with app.app_context():
                db.session.execute(sa.update(LoginSession).values(expires_at=now() - timedelta(days=3)))
                db.session.commit()
        device.step()
    with app.app_context():
        rows = db.session.execute(
            sa.select(AuditEntry.subject_id, AuditEntry.changes).where(AuditEntry.action == demo.NOTED)
        ).all()
        db.session.remove()
        db.engine.dispose()
    stored = {key: changes["text"] for key, changes in rows}
    return Done(
        stored=len(stored),
        twice=len(rows) - len(stored),
        missing=sum(stored.get(key) != text for key, text in wanted.items()),
        foreign=len(stored.keys() - wanted.keys()),
        repeated=sum(device.repeated for device in devices),
        seconds=time.perf_counter() - began,
    )


def _settings(folder: Path, url: str) -> Settings:
    return Settings.read(
        {
            "FIELDAPP_INSTANCE": str(folder),
            "FIELDAPP_TODAY": cast.TODAY.isoformat(),
            "FIELDAPP_DATABASE_URL": url,
        }
    )
