"""Accounts of the demo that are one business, or only look so: a shared phone, a payer, one address, sales that moved.

Planted in the files and the ledger, and found by the same look that finds them anywhere; two are decided already.
"""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.network.distributors.actions import reindex
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.dossier import policy as files
from fieldapp.network.dossier.upkeep import refresh
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.standing.merged import actions, policy, queries
from fieldapp.standing.merged.models import MergedPair
from fieldapp.standing.merged.rules import State, Verb
from fieldapp.trade.ledger.models import Payment
from fieldapp.trade.ledger.rules import payer_key

MOST = 400  # a larger company is for measuring


def plant(supervisor: str, today: date) -> None:
    """Change some files of a supervisor's patch, before anybody looks."""
    boss = db.session.scalars(sa.select(User).where(User.username == supervisor)).one()
    scope = viewer_of(boss).scope(Distributor.region_code)
    found = sa.select(Distributor).where(scope, Distributor.status == Status.ACTIVE, Distributor.lat.is_not(None))
    # Those at the end of the codes: the first ones have stories of their own.
    rows = db.session.scalars(found.order_by(Distributor.code.desc()).limit(MOST)).all()
    by_county: dict[str, list[Distributor]] = {}
    for row in rows:
        by_county.setdefault((row.region_code or "")[:6], []).append(row)
    pairs = [tuple(held[:2]) for _county, held in sorted(by_county.items()) if len(held) > 1]
    touched = []
    for planting, (one, other) in zip((_phone, _payer, _address, _bank, _hotline), pairs, strict=False):
        planting(one, other)
        touched += [one.id, other.id]
    reindex(touched)
    refresh(touched, files.on(today).weights)


def _phone(one: Distributor, other: Distributor) -> None:
    """The same number, and the same legal person behind another name."""
    number = next((contact.phone for contact in one.contacts if contact.main), None)
    other.contacts.append(Contact(id=uuid7(), name=one.legal_person, phone=number))
    other.legal_person = one.legal_person


def _payer(one: Distributor, other: Distributor) -> None:
    """One pays for both."""
    _pays(one, one.name)
    _pays(other, one.name)


def _address(one: Distributor, other: Distributor) -> None:
    """A few steps apart, of one owner."""
    other.lat, other.lng = (one.lat or 0) + 0.0003, (one.lng or 0) + 0.0002
    other.legal_person = one.legal_person


def _bank(one: Distributor, other: Distributor) -> None:
    """One bank account, and one payer."""
    other.bank_account = one.bank_account
    _pays(one, one.legal_person)
    _pays(other, one.legal_person)


def _hotline(one: Distributor, other: Distributor) -> None:
    """One number in two files: it turned out to be the market's."""
    number = next((contact.phone for contact in one.contacts if contact.main), None)
    other.contacts.append(Contact(id=uuid7(), name=None, phone=number))


def _pays(distributor: Distributor, payer: str | None) -> None:
    db.session.execute(
        sa.update(Payment)
        .where(Payment.distributor_id == distributor.id)
        .values(payer=payer, payer_key=payer_key(payer))
        .execution_options(synchronize_session=False)
    )


def look(supervisor: str, now: datetime, today: date) -> None:
    """Look at the data as the chore does, and decide two of what was found. Several transactions: call it last."""
    if (db.session.scalar(sa.select(sa.func.count()).select_from(Distributor)) or 0) > 10 * MOST:
        return
    actions.refresh(now - timedelta(days=2), today, policy.on(today)[1])
    begin_writing()
    boss = viewer_of(db.session.scalars(sa.select(User).where(User.username == supervisor)).one())
    for kinds, verb, reason in (
        ("bank_account", Verb.CONFIRM, "两户是夫妻店，用同一个账户结算，老板已承认。"),
        ("phone", Verb.DISMISS, "电话是饲料市场的公用号码，两家没有关系。"),
    ):
        waiting = sa.select(MergedPair.id).where(
            MergedPair.state == State.OPEN, MergedPair.kinds.startswith(f",{kinds},")
        )
        for key in db.session.scalars(waiting.order_by(MergedPair.score, MergedPair.id)):
            pair = queries.find(boss, key)
            if pair is not None:
                actions.decide(boss, pair, verb, reason, State.OPEN, now - timedelta(days=1))
                break
    db.session.commit()
