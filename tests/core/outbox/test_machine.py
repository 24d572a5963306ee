"""Three phones of two users against the server: whatever is lost, repeated, or delayed, each note is stored once."""

import random
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bench.outbox import operations
from fieldapp.core.clock import now
from fieldapp.core.db import db
from fieldapp.people.accounts.models import LoginSession, User
from tests import cast
from tests.conftest import app_on
from tests.core.outbox import demo
from tests.core.outbox.client import Device, send
from tests.core.outbox.conftest import noted
from tests.databases import DIALECTS, fresh

DEVICES = st.integers(0, 2)


def machine(dialect: str) -> type[RuleBasedStateMachine]:
    """The state machine on a kind of database."""

    class Phones(RuleBasedStateMachine):
        """`written`: what each phone put into its queue; in the end that, and nothing else, stands in the database."""

        def __init__(self) -> None:
            super().__init__()
            self.held = ExitStack()
            folder = Path(self.held.enter_context(tempfile.TemporaryDirectory()))
            self.app = demo.add(
                self.held.enter_context(app_on(folder, self.held.enter_context(fresh(dialect, folder))))
            )
            with self.app.app_context():
                cast.make_cast()
                db.session.commit()
            self.dice = random.Random(0)
            self.devices = [Device(self.app, name, self.dice) for name in ("rep", "rep", "colleague")]
            self.written: dict[str, str] = {}

        @rule(device=DEVICES, text=st.sampled_from(("a", "b", "refuse")), days=st.integers(0, 80))
        def write(self, device: int, text: str, days: int) -> None:
            record = self.devices[device].take(text, created=datetime.now(UTC) - timedelta(days=days))
            self.written[str(record.key)] = text

        @rule(device=DEVICES, seed=st.integers(0, 1000), times=st.integers(1, 4))
        def signal(self, device: int, seed: int, times: int) -> None:
            self.dice.seed(seed)
            for _ in range(times):
                self.devices[device].step()

        @rule(device=DEVICES, seed=st.integers(0, 1000))
        def shuffle(self, device: int, seed: int) -> None:
            random.Random(seed).shuffle(self.devices[device].queue)

        @rule(device=DEVICES)
        def repeat_something_old(self, device: int) -> None:
            phone = self.devices[device]
            for record in phone.queue[-1:]:
                send(phone.visitor, record)

        @rule(device=DEVICES)
        def correct(self, device: int) -> None:
            for record in self.devices[device].queue:
                if record.rejected:
                    record.rejected, record.text = False, "corrected"
                    self.written[str(record.key)] = "corrected"

        @rule(device=DEVICES, ended=st.booleans())
        def the_session_ends(self, device: int, ended: bool) -> None:
            phone = self.devices[device]
            with self.app.app_context():
                mine = (
                    LoginSession.user_id == sa.select(User.id).where(User.username == phone.username).scalar_subquery()
                )
                if ended:
                    db.session.execute(sa.delete(LoginSession).where(mine))
                else:
                    old = now() - timedelta(days=3)
                    db.session.execute(sa.update(LoginSession).where(mine).values(expires_at=old))
                db.session.commit()

        @invariant()
        def nothing_twice_and_nothing_invented(self) -> None:
            stored = [(entry.subject_id, entry.changes["text"]) for entry in noted(self.app)]
            assert len(stored) == len({key for key, _text in stored})
            assert all(self.written[key] == text for key, text in stored)
            received = {str(key) for device in self.devices for key in device.receipts}
            assert received <= {key for key, _text in stored}

        def teardown(self) -> None:
            for device in self.devices:
                for record in device.queue:
                    if record.rejected:
                        record.rejected, record.text = False, "corrected"
                        self.written[str(record.key)] = "corrected"
                while device.queue:
                    device.step()
                    for record in device.queue:
                        if record.rejected:
                            record.rejected, record.text = False, "corrected"
                            self.written[str(record.key)] = "corrected"
            stored = {entry.subject_id: entry.changes["text"] for entry in noted(self.app)}
            self.held.close()
            assert stored == self.written

    return Phones


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_exactly_once(dialect: str) -> None:
    run_state_machine_as_test(
        machine(dialect), settings=settings(max_examples=8, stateful_step_count=20, deadline=None)
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_many_operations_each_exactly_once(dialect: str, tmp_path: Path) -> None:
    """The bench's run, shorter."""
    with fresh(dialect, tmp_path) as url:
        done = operations(tmp_path, url, 300, seed=20261125)
    assert (done.stored, done.twice, done.missing, done.foreign) == (300, 0, 0, 0)
    assert done.repeated > 20
