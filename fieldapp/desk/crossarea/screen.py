"""What the page of a case shows: how it stands, who is who as far as the viewer may know, and what can be done now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core import clock
from fieldapp.core.db import db, uuid7
from fieldapp.core.i18n import gettext as _
from fieldapp.desk.checks import reference
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.crossarea import actions, lateness, policy, queries, tracing, words
from fieldapp.standing.crossarea.models import CrossCase, CrossEntry, CrossLine, CrossMeasure, CrossPhoto
from fieldapp.standing.crossarea.rules import (
    CONFIRMED,
    WAITS,
    CaseState,
    CaseVerb,
    Facts,
    Refusal,
    decide,
    possible,
)
from fieldapp.trade.pricing.rules import best_price

from . import presentation, sources

BY_DAYS = 14
ANSWER_DAYS = 7
_DECIDES = (CaseVerb.BENIGN, CaseVerb.MALICIOUS, CaseVerb.DISMISS)
_HEARS = (CaseVerb.HEAR_SELLER, CaseVerb.HEAR_HARMED, CaseVerb.EXCUSE_SELLER, CaseVerb.EXCUSE_HARMED)


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that came back: its name on the page and what is wrong."""

    name: str
    form: Any


@dataclass(frozen=True, slots=True)
class Screen:
    """One case with all that its forms and lists need. `known`: the distributors that he may know, by key; `owners`:
    those of the place among them, `elsewhere`: how many more own it. `refused`: why he may not decide now, where
    somebody has to. `price`: the price list's row for the product there, where both are known. `line`: the product
    line that the place's owners were asked for, as the products write it; `goods`: names of the products of `lines`.
    `late`: since when it should have gone on."""

    viewer: Viewer
    case: CrossCase
    facts: Facts
    known: Mapping[UUID, Any]
    owners: Sequence[Any]
    elsewhere: int
    product: Any | None
    line: str
    goods: Mapping[UUID, str]
    price: Any | None
    traced: sources.Trace | None
    lines: Sequence[CrossLine]
    measures: Sequence[CrossMeasure]
    thread: Sequence[CrossEntry]
    photos: Sequence[CrossPhoto]
    people: Mapping[UUID, str]
    can: Sequence[CaseVerb]
    refused: Refusal | None
    place: str
    names: reference.Regions
    today: date
    late: datetime | None = None
    failed: Failed | None = None
    said: str | None = None
    words: ModuleType = field(default=words, repr=False)
    shown: ModuleType = field(default=presentation, repr=False)

    def may(self, *verbs: str) -> bool:
        """Can the viewer do one of these now?"""
        return any(verb in self.can for verb in verbs)

    @property
    def seller(self) -> Any | None:
        """The seller, if he may know it."""
        return self.known.get(self.case.seller_id) if self.case.seller_id else None

    @property
    def harmed(self) -> Any | None:
        """The harmed distributor, if he may know it."""
        return self.known.get(self.case.harmed_id) if self.case.harmed_id else None

    @property
    def counts(self) -> bool:
        """Does it count for the seller's grade now?"""
        return self.case.state in CONFIRMED

    @property
    def hearings(self) -> list[tuple[str, str]]:
        """(verb, text) of what he may note down of the sides; the first, which the form offers, is of one that was not
        heard yet: words must not slip under the name of the side that has spoken already."""
        heard = {CaseVerb.HEAR_SELLER: self.facts.seller_heard, CaseVerb.HEAR_HARMED: self.facts.harmed_heard}
        order = sorted(_HEARS, key=lambda verb: heard.get(verb, True))
        return [(verb.value, presentation.hearing_text(verb)) for verb in order if verb in self.can]

    @property
    def unheard(self) -> bool:
        """May he decide, and not that it is malicious, since a side has not been heard?"""
        return self.may(CaseVerb.BENIGN) and not self.may(CaseVerb.MALICIOUS) and not self.facts.complete

    @property
    def decides(self) -> bool:
        """May he decide it now, in whatever way?"""
        return self.may(*_DECIDES)

    @property
    def first(self) -> str:
        """The form that stands open: what has to be done next."""
        order = (
            ("measure", self.case.state is CaseState.CONFIRMED and self.may(CaseVerb.AGREE)),
            ("hearing", bool(self.hearings) and self.case.state is CaseState.INVESTIGATING),
        )
        return next((name for name, now in order if now), "")

    @property
    def by_day(self) -> date:
        """What a measure starts from."""
        return self.today + timedelta(days=BY_DAYS)

    def name_of(self, region: str) -> str:
        """The last part of a place's name: where it lies is in the heading."""
        return self.names.path(region).rpartition(" ")[2]

    def new_key(self) -> UUID:
        """The key of what a form would make."""
        return uuid7()

    def value(self, form: str, name: str, otherwise: Any = "") -> Any:
        """What stands in a field: what was typed, where its form came back."""
        if self.failed and self.failed.name == form:
            return self.failed.form[name].data or ""
        return otherwise

    def errors(self, form: str, name: str) -> Sequence[str] | None:
        """What is wrong with a field."""
        return self.failed.form[name].errors or None if self.failed and self.failed.name == form else None

    def is_open(self, form: str) -> bool:
        """Does the form stand open: it came back, or is the next thing to do?"""
        return self.failed.name == form if self.failed else self.first == form


def read(viewer: Viewer, case: CrossCase, today: date, failed: Failed | None = None, said: str | None = None) -> Screen:
    """The page of a case that the viewer has found. `said`: what is told above, where something was refused."""
    facts = actions.facts_of(viewer, case, today)
    thread, photos, measures = queries.thread(case), queries.photos(case), queries.measures(case)
    held, names = reference.read()
    product = next((one for one in held.products.values() if one.id == case.product_id), None)
    lines = queries.lines(case)
    # A town may be another's than the rest of its county.
    where = next((one.ship_to for one in lines if not one.gone), case.region_code)
    owners = tracing.place_of(where, case.line_key, case.sold_on).owners
    known = sources.known(viewer, [case.seller_id, case.harmed_id, *owners])
    keys = {case.made_by_id, *(one.by_id for one in thread), *(one.by_id for one in photos)}
    keys |= {one.agreed_by_id for one in measures} | {one.settled_by_id for one in measures}
    price = None
    if product is not None:
        price = best_price(held.prices.get(product.code.casefold(), ()), case.region_code, None, case.sold_on)
    return Screen(
        viewer=viewer,
        case=case,
        facts=facts,
        known=known,
        owners=[known[key] for key in owners if key in known],
        elsewhere=sum(key not in known for key in owners),
        product=product,
        line=next((one.line for one in held.products.values() if one.line_key == case.line_key), case.line_key),
        goods={one.id: one.name for one in held.products.values()},
        price=price,
        traced=sources.trace(viewer, case.batch_key, case.product_id, case.region_code, case.line_key, today),
        lines=lines if case.seller_id in known else [],
        measures=measures,
        thread=thread,
        photos=photos,
        people=_people(viewer, case, facts, {key for key in keys if key}),
        can=possible(case.state, facts, case.verdict),
        refused=_refused(viewer, case, facts),
        place=names.path(case.region_code),
        names=names,
        today=today,
        late=_late(case, thread, today),
        failed=failed,
        said=said,
    )


def _late(case: CrossCase, thread: Sequence[CrossEntry], today: date) -> datetime | None:
    due = lateness.due(case.state, max((one.at for one in thread), default=case.recorded_at), policy.on(today))
    return due if due is not None and due < clock.now() else None


def _people(viewer: Viewer, case: CrossCase, facts: Facts, keys: set[UUID]) -> dict[UUID, str]:
    """Names of those who did something. Who reported it is known to himself, and to who may decide about it."""
    found = dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(keys))).tuples().all())
    knows = facts.reporter or (viewer.role is not Role.REP and facts.covers_found)
    if case.made_by_id and not knows:
        found[case.made_by_id] = _("A colleague")
    return found


def _refused(viewer: Viewer, case: CrossCase, facts: Facts) -> Refusal | None:
    """For those who decide, while a case waits: why he may not."""
    if case.state not in WAITS or viewer.role is Role.REP:
        return None
    verb = CaseVerb.UPHOLD if case.state is CaseState.APPEALED else CaseVerb.BENIGN
    found = decide(case.state, verb, facts, case.verdict)
    return found if isinstance(found, Refusal) else None


@dataclass(frozen=True, slots=True)
class Letter:
    """What one side is asked. `to`: that side; of the other, and of who reported it, there is nothing here."""

    side: str
    to: Any
    case: CrossCase
    product: str
    place: str
    lines: Sequence[CrossLine]
    answer_by: date
    today: date
    words: ModuleType = field(default=words, repr=False)


def letter(viewer: Viewer, case: CrossCase, side: str, today: date) -> Letter | None:
    """The letter to a side that the viewer covers; None where there is no such side for him."""
    key = case.seller_id if side == "seller" else case.harmed_id
    to = sources.known(viewer, [key]).get(key) if key else None
    if to is None:
        return None
    held, names = reference.read()
    product = next((one.name for one in held.products.values() if one.id == case.product_id), case.product_words)
    lines = [one for one in queries.lines(case) if not one.gone] if side == "seller" else []
    place, by = names.path(case.region_code), today + timedelta(days=ANSWER_DAYS)
    return Letter(side, to, case, product, place, lines, by, today)
