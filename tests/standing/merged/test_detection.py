"""Planted pairs among accounts that have nothing to do with each other, found on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from bench import merged_world
from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.territory.models import Region
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.people.notices.models import Notice
from fieldapp.standing.merged import actions
from fieldapp.standing.merged.models import MergedEntry, MergedPair, MergedRun
from fieldapp.standing.merged.rules import Scoring, State, Verb
from fieldapp.trade.ledger.models import Payment
from tests import cast

CITIES = ("4101", "4201")
DAY = timedelta(days=1)


@pytest.fixture
def company(app: Flask, people: dict[str, User]) -> merged_world.Company:
    with app.app_context():
        township = sa.and_(sa.func.length(Region.code) == 9, sa.func.substr(Region.code, 1, 4).in_(CITIES))
        made = merged_world.make(7, 60, 3, db.session.scalars(sa.select(Region.code).where(township)))
        merged_world.load(made, cast.make_product(), cast.TODAY, 1)
        db.session.commit()
    return made


def look(days: int = 0) -> None:
    actions.refresh(cast.NOW + days * DAY, cast.TODAY, Scoring())


def test_what_is_one_is_found_and_what_only_looks_so_is_not(app: Flask, company: merged_world.Company) -> None:
    with app.app_context():
        look()
        found = set(db.session.execute(sa.select(MergedPair.one_id, MergedPair.other_id)).tuples())
        kinds, hits, wrong = merged_world.judged(company.answers, found)
        assert {kind: kinds[kind] for kind in merged_world.TRUE} == dict.fromkeys(merged_world.TRUE, (3, 3))
        assert hits == 3 * len(merged_world.TRUE)
        chains = kinds["chain"][0]
        assert wrong == chains, "but for a chain of one owner in one county, nothing that only looks so is shown"
        entries = db.session.scalars(sa.select(MergedEntry.verb)).all()
        assert entries == [Verb.FOUND] * len(found)
        audited = sa.select(sa.func.count()).where(AuditEntry.action == "merged.look")
        assert db.session.scalar(audited) == len(found)
        run = db.session.get_one(MergedRun, 1)
        assert (run.accounts, run.pairs) == (len(company.accounts), len(found))
        told = db.session.execute(sa.select(Notice.user_id, Notice.values)).all()
        assert [values["count"] for _user, values in told] == [
            db.session.scalar(sa.select(sa.func.count()).where(MergedPair.score >= Scoring().strong))
        ], "one notice to the supervisor who covers them, however many there are"
        look()
        assert len(db.session.scalars(sa.select(MergedEntry.id)).all()) == len(entries), (
            "the same again changes nothing"
        )


def test_a_value_of_a_file_is_nowhere_in_what_is_stored(app: Flask, company: merged_world.Company) -> None:
    with app.app_context():
        look()
        kept = " ".join(str(row) for row in db.session.execute(sa.select(MergedPair.evidence, MergedPair.known)))
        kept += " ".join(str(row) for row in db.session.execute(sa.select(AuditEntry.changes)))
        for account in company.accounts:
            for value in (account.bank, account.credit, account.person, *(phone for phone, _role in account.phones)):
                assert not value or len(value) < 2 or value not in kept


def pair_of(company: merged_world.Company, kind: str) -> MergedPair:
    answer = next(one for one in company.answers if one.kind == kind)
    return db.session.scalars(
        sa.select(MergedPair).where(MergedPair.one_id == answer.one, MergedPair.other_id == answer.other)
    ).one()


def test_a_dismissed_pair_stays_so_until_something_new_appears(app: Flask, company: merged_world.Company) -> None:
    with app.app_context():
        look()
        pair = pair_of(company, "payer")
        pair.state, pair.known = State.DISMISSED, [f"payer:{pair.evidence[0]['key']}"]
        gone = pair_of(company, "phone")
        db.session.execute(sa.delete(Contact).where(Contact.distributor_id == gone.other_id, ~Contact.main))
        db.session.execute(sa.delete(Contact).where(Contact.distributor_id == gone.one_id, ~Contact.main))
        db.session.commit()
        look(1)
        db.session.expire_all()
        assert pair.state is State.DISMISSED
        assert (gone.state, gone.score) == (State.FADED, 0)
        one, other = db.session.get_one(Distributor, pair.one_id), db.session.get_one(Distributor, pair.other_id)
        one.contacts[0].phone_key = other.contacts[0].phone_key = "13711112223"
        db.session.commit()
        look(2)
        db.session.expire_all()
        assert (pair.state, pair.kinds) == (State.OPEN, ",payer,phone,")
        last = db.session.scalars(
            sa.select(MergedEntry).where(MergedEntry.pair_id == pair.id).order_by(MergedEntry.at.desc())
        ).first()
        assert last is not None
        assert (last.verb, last.by_id) == (Verb.RETURNED, None)


def test_paid_from_the_other_ones_account(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        one, other = cast.make_distributor("D001"), cast.make_distributor("D002", name="金谷农牧有限公司")
        one.contacts[0].phone_key, other.contacts[0].phone_key = "13711110001", "13711110002"
        for number, payer in enumerate(("金谷农牧有限公司", "金谷农牧 有限公司")):
            cast.add(
                Payment(
                    number=f"Y{number}",
                    number_key=f"y{number}",
                    distributor_id=one.id,
                    date=cast.TODAY,
                    amount=100,
                    payer=payer,
                    payer_key="金谷农牧有限公司",
                )
            )
        db.session.commit()
        look()
        assert [row.kinds for row in db.session.scalars(sa.select(MergedPair))] == [",payer,"]


def test_it_is_looked_at_once_a_night_when_the_data_have_changed(app: Flask, company: merged_world.Company) -> None:
    with app.app_context():
        at = cast.NOW.replace(hour=19)  # 03:00 in Shanghai
        assert actions.look(at, cast.TODAY) > 0
        db.session.commit()
        assert actions.look(at + DAY, cast.TODAY) == 0, "nothing has changed"
        db.session.commit()
        cast.make_distributor("D001")
        db.session.commit()
        assert actions.look(at + 0.5 * DAY, cast.TODAY) == 0, "too soon"
        assert actions.look(at + DAY, cast.TODAY) > 0
        run = db.session.get_one(MergedRun, 1)
        run.claimed_at = at + 3 * DAY
        db.session.commit()
        assert actions.look(at + 3 * DAY + timedelta(minutes=5), cast.TODAY) == 0, "somebody looks already"
