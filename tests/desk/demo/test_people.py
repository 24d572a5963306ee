"""The demo company's contacts carry types."""

import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import now
from fieldapp.core.db import db
from fieldapp.desk.demo import people
from fieldapp.network.playbook.book import playbook
from fieldapp.network.playbook.models import ContactType
from fieldapp.network.playbook.rules import CustomerType
from tests import cast


def test_most_main_contacts_are_classified_with_signs_of_their_type(app: Flask) -> None:
    with app.app_context():
        rep = cast.make_user("rep", patch=["4101"])
        for number in range(60):
            cast.make_distributor(f"D{number:03}", rep_id=rep.id)
        cast.make_distributor("E900")  # nobody looks after it
        people.write(1, now())
        db.session.commit()
        rows = list(db.session.scalars(sa.select(ContactType)))
        present = [row for row in rows if row.ended_at is None]
        assert 30 <= len(present) <= 55
        assert len({row.contact_id for row in present}) == len(present)
        assert len(rows) > len(present), "some were taken for another type before"
        assert {row.type for row in present} == set(CustomerType)
        profiles = playbook("en").profiles
        for row in rows:
            assert row.type is not None
            assert set(row.observed) <= set(profiles[row.type])
            assert row.set_by_id == rep.id
            assert row.set_at < (row.ended_at or now())
