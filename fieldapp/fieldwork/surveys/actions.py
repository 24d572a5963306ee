"""Asking a customer, and taking the answer from the rep or by a link; each with its entry in the audit.

An answer counts once: what closes a survey is an UPDATE that holds only while it is open, so that a rep and his
customer who answer at the same moment do not both count. The audit says that somebody answered and never what.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core import storage
from fieldapp.core.clock import SHANGHAI
from fieldapp.core.contents import Content
from fieldapp.core.db import db, insert_into, insert_row, uuid7
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.network.distributors.models import Contact
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import changed, record, record_each

from . import book, listeners, policy, tallies
from .models import FormVersion, Survey, SurveyAnswer, SurveyLink, SurveyPhoto
from .rules import Answer, Audience, Channel, Purpose, QuestionKind, SurveyState, read_form

SUBJECT = "survey"
_OUTLETS = {Audience.RETAILER: OutletKind.RETAILER, Audience.FARMER: OutletKind.FARM}
_CHUNK = 200


class GoneError(LookupError):
    """The key belongs to a survey of somebody else, or the link is unknown, used or expired."""


class ClosedError(ValueError):
    """The survey is not open any more; `survey` says how it stands."""

    def __init__(self, survey: Survey) -> None:
        super().__init__(survey.state.value)
        self.survey = survey


# Asking ----------------------------------------------------------------------------------------------------------


def ask(
    viewer: Viewer,
    *,
    key: UUID,
    purpose: Purpose,
    distributor: Any,
    audience: Audience = Audience.DISTRIBUTOR,
    subject_id: UUID | None = None,
    visit_id: UUID | None = None,
    outlet_id: UUID | None = None,
    farm_id: UUID | None = None,
    contact_id: UUID | None = None,
    version: FormVersion | None = None,
    now: datetime,
    today: date,
) -> Survey:
    """Open a survey at a distributor that the viewer has found, on the version of the form that is current, or on one
    that a phone has shown before. The same key again is the same survey. A retailer or farm has to be one of the
    distributor's, for its own audience, and a contact one of the distributor's. Raises GoneError."""
    there = db.session.get(Survey, key, populate_existing=True)
    if there is None:
        _check_asked(distributor.id, audience, outlet_id, farm_id, contact_id)
        version = version or book.current(book.REMEDY if purpose is Purpose.REMEDY else audience.value, now)
        values = {
            "id": key,
            "version_id": version.id,
            "purpose": purpose,
            "distributor_id": distributor.id,
            "region_code": distributor.region_code,
            "outlet_id": outlet_id,
            "farm_id": farm_id,
            "contact_id": contact_id,
            "rep_id": viewer.id,
            "visit_id": _visit(viewer, visit_id),
            "subject_id": subject_id,
            "made_at": now,
            "due": today + timedelta(days=policy.on(today).due_days),
        }
        made = insert_row(Survey, values, unless_taken=True)
        there = db.session.get(Survey, key, populate_existing=True)
        if made:
            record(viewer.id, "surveys.ask", SUBJECT, key, now, {"purpose": [None, purpose.value]})
    if there is None or (there.rep_id, there.distributor_id) != (viewer.id, distributor.id):
        raise GoneError
    return there


def _check_asked(
    distributor_id: UUID, audience: Audience, outlet_id: UUID | None, farm_id: UUID | None, contact_id: UUID | None
) -> None:
    for key, asked in ((outlet_id, Audience.RETAILER), (farm_id, Audience.FARMER)):
        if key is None:
            continue
        fits = sa.select(Outlet.id).where(
            Outlet.id == key, Outlet.distributor_id == distributor_id, Outlet.kind == _OUTLETS[asked]
        )
        if asked is not audience or db.session.scalar(fits) is None:
            raise GoneError
    if contact_id is not None:
        theirs = sa.select(Contact.id).where(Contact.id == contact_id, Contact.distributor_id == distributor_id)
        if db.session.scalar(theirs) is None:
            raise GoneError


def _visit(viewer: Viewer, visit_id: UUID | None) -> UUID | None:
    """The visit, if it is one of the viewer's: one that never arrived must not keep its survey away."""
    if visit_id is None:
        return None
    return db.session.scalar(sa.select(Visit.id).where(Visit.id == visit_id, Visit.rep_id == viewer.id))


def open_link(viewer: Viewer, survey: Survey, now: datetime) -> str:
    """The token of a new link for the customer; earlier links of the survey end. It is shown once and kept as a hash.

    The survey has been found through the viewer. Raises ClosedError.
    """
    if survey.state is not SurveyState.OPEN:
        raise ClosedError(survey)
    ended = sa.update(SurveyLink).where(SurveyLink.survey_id == survey.id, SurveyLink.used_at.is_(None))
    db.session.execute(ended.values(used_at=now).execution_options(synchronize_session=False))
    token = secrets.token_urlsafe(24)
    values = {
        "id": uuid7(),
        "survey_id": survey.id,
        "token_hash": hash_of(token),
        "made_by_id": viewer.id,
        "made_at": now,
        "expires_at": now + timedelta(days=policy.on(now.astimezone(SHANGHAI).date()).link_days),
    }
    insert_row(SurveyLink, values)
    record(viewer.id, "surveys.link", SUBJECT, survey.id, now, {})
    return token


def hash_of(token: str) -> str:
    """What is kept of a token: 144 random bits need no salt."""
    return sha256(token.encode()).hexdigest()


# Answering -------------------------------------------------------------------------------------------------------


def answer(
    viewer: Viewer,
    survey: Survey,
    answers: Mapping[str, Answer],
    at: datetime,
    now: datetime,
    photos: Mapping[str, Content] | None = None,
) -> None:
    """Take the answers that a rep has filled in, checked by rules.check_answers. `at`: when, by the phone's clock.
    `photos`: {question key: content} of those that were answered by one.

    Raises ClosedError, storage.StorageError.
    """
    _close(survey, SurveyState.ANSWERED, Channel.REP, min(at, now))
    _keep(survey, answers, photos or {}, at)
    record(viewer.id, "surveys.answer", SUBJECT, survey.id, now, _to(SurveyState.ANSWERED))
    listeners.tell(survey, answers, now)


def decline(viewer: Viewer, survey: Survey, now: datetime) -> None:
    """The customer has told the rep that he does not want to answer. Raises ClosedError."""
    _close(survey, SurveyState.DECLINED, Channel.REP, now)
    record(viewer.id, "surveys.decline", SUBJECT, survey.id, now, _to(SurveyState.DECLINED))


def by_link(token: str, now: datetime) -> Survey:
    """The open survey that a link leads to. Raises GoneError, the same for unknown, used and expired."""
    survey = db.session.scalar(
        sa.select(Survey)
        .join(SurveyLink, SurveyLink.survey_id == Survey.id)
        .where(SurveyLink.token_hash == hash_of(token), SurveyLink.used_at.is_(None), SurveyLink.expires_at > now)
        .where(Survey.state == SurveyState.OPEN)
        .execution_options(populate_existing=True)
    )
    if survey is None:
        raise GoneError
    return survey


def was_link(token: str) -> bool:
    """Was there ever such a link? Whoever comes with another one is guessing."""
    return db.session.scalar(sa.select(SurveyLink.id).where(SurveyLink.token_hash == hash_of(token))) is not None


def answer_by_link(
    token: str,
    answers: Mapping[str, Answer],
    now: datetime,
    photos: Mapping[str, Content] | None = None,
    by: UUID | None = None,
) -> Survey:
    """Take the customer's own answers; the link is used up. `by`: who was signed in on the phone, for the audit.

    Raises GoneError, storage.StorageError.
    """
    survey = _use(token, SurveyState.ANSWERED, now)
    _keep(survey, answers, photos or {}, now)
    record(by, "surveys.answer", SUBJECT, survey.id, now, _to(SurveyState.ANSWERED))
    listeners.tell(survey, answers, now)
    return survey


def decline_by_link(token: str, now: datetime, by: UUID | None = None) -> None:
    """The customer does not want to answer; the link is used up. Raises GoneError."""
    survey = _use(token, SurveyState.DECLINED, now)
    record(by, "surveys.decline", SUBJECT, survey.id, now, _to(SurveyState.DECLINED))


def _use(token: str, state: SurveyState, now: datetime) -> Survey:
    survey = by_link(token, now)
    try:
        _close(survey, state, Channel.LINK, now)
    except ClosedError as error:
        raise GoneError from error
    used = sa.update(SurveyLink).where(SurveyLink.survey_id == survey.id, SurveyLink.used_at.is_(None))
    db.session.execute(used.values(used_at=now).execution_options(synchronize_session=False))
    return survey


def _close(survey: Survey, state: SurveyState, channel: Channel, at: datetime) -> None:
    closed = db.session.execute(
        sa.update(Survey)
        .where(Survey.id == survey.id, Survey.state == SurveyState.OPEN)
        .values(state=state, channel=channel, answered_at=at if state is SurveyState.ANSWERED else None)
        .returning(Survey.id)
        .execution_options(synchronize_session=False)
    ).first()
    db.session.refresh(survey)
    if closed is None:
        raise ClosedError(survey)


def _keep(survey: Survey, answers: Mapping[str, Answer], photos: Mapping[str, Content], at: datetime) -> None:
    version = db.session.get_one(FormVersion, survey.version_id)
    for question in book.form_of(version).questions:
        value = answers.get(question.key)
        if value is None:
            continue
        if question.kind is QuestionKind.PHOTO:
            _keep_photo(survey, question.key, photos[question.key], at)
            continue
        column = "number" if isinstance(value, int) else "choice" if question.choices else "text"
        for one in value if isinstance(value, list) else [value]:
            insert_row(SurveyAnswer, {"id": uuid7(), "survey_id": survey.id, "question": question.key, column: one})
    tallies.count(survey, version, answers)


def _keep_photo(survey: Survey, question: str, content: Content, at: datetime) -> None:
    """Its content first, then its row. What has no row in the end the sweep removes (core/storage.py)."""
    key, digest = uuid7(), sha256(content.data).hexdigest()
    storage.keep(key, digest, content.data)
    values = {"survey_id": survey.id, "question": question, "taken_at": at, "sha256": digest, "size": len(content.data)}
    try:
        insert_row(SurveyPhoto, {"id": key, **values})
    except BaseException:
        storage.discard(key, digest)
        raise


def _to(state: SurveyState) -> dict[str, Any]:
    return {"state": [SurveyState.OPEN.value, state.value]}


# Forms -----------------------------------------------------------------------------------------------------------


class FormChangedError(ValueError):
    """Somebody has published another version of the form meanwhile: `version`."""

    def __init__(self, version: FormVersion) -> None:
        super().__init__(version.number)
        self.version = version


def publish(viewer: Viewer, form: str, base: int, content: Mapping[str, Any], now: datetime) -> FormVersion:
    """The next version of a form after version `base`, 0 for a new form; surveys asked before keep theirs.

    `content` is clean and without a flaw (drafts.py). Raises FormChangedError, for a new form too when its key is
    taken, and rules.FormError.
    """
    read_form(content)
    newest = book.current(form, now) if base or form in book.shipped() else book.newest(form)
    if newest is not None and newest.number != base:
        raise FormChangedError(newest)
    values = {
        "id": uuid7(),
        "form": form,
        "number": base + 1,
        "content": content,
        "made_by_id": viewer.id,
        "made_at": now,
    }
    statement = insert_into(FormVersion).values(**values).on_conflict_do_nothing(index_elements=["form", "number"])
    made = db.session.scalar(statement.returning(FormVersion.id))
    version = book.current(form, now)
    if made is None:
        raise FormChangedError(version)
    record(viewer.id, "surveys.publish", "survey_form", made, now, {"number": [base or None, base + 1]})
    return version


# What time brings ------------------------------------------------------------------------------------------------


def expire(_now: datetime, today: date) -> int:
    """Surveys that nobody has answered in time count as not answered, and their links end with them; how many."""
    before = today - timedelta(days=policy.on(today).grace_days)
    late = db.session.execute(
        sa.update(Survey)
        .where(Survey.state == SurveyState.OPEN, Survey.due < before)
        .values(state=SurveyState.EXPIRED)
        .execution_options(synchronize_session=False)
    )
    return int(late.rowcount)  # type: ignore[attr-defined]


def erase(viewer: Viewer, survey: Survey, now: datetime) -> None:
    """The customer takes his answers back: all of them go, and the survey counts as declined. Raises ClosedError when
    there are none."""
    taken_back = {"state": SurveyState.DECLINED, "answered_at": None, "contact_id": None}
    done = db.session.execute(
        sa.update(Survey)
        .where(Survey.id == survey.id, Survey.state == SurveyState.ANSWERED)
        .values(**taken_back)
        .returning(Survey.id)
        .execution_options(synchronize_session=False)
    ).first()
    if done is None:  # of two at once the second
        raise ClosedError(survey)
    tallies.take_back(survey)
    photos = _delete([survey.id], sa.true())
    changes = {"state": [SurveyState.ANSWERED.value, SurveyState.DECLINED.value]}
    record(viewer.id, "surveys.erase", SUBJECT, survey.id, now, changes)
    db.session.commit()
    _discard(photos)


def pass_on(by: UUID, keys: Sequence[UUID], to: Mapping[str, Any], now: datetime) -> list[UUID]:
    """Open surveys get another rep, or another distributor with its region, outlet and farm: `to`, by attribute; those
    that moved."""
    columns = [getattr(Survey, name) for name in to]
    still = sa.select(Survey.id, *columns).where(Survey.id.in_(keys), Survey.state == SurveyState.OPEN)
    moved = db.session.execute(still.order_by(Survey.id).with_for_update()).all()
    passed = sa.update(Survey).where(Survey.id.in_([row.id for row in moved])).values(**to)
    db.session.execute(passed.execution_options(synchronize_session=False))
    record_each(by, "surveys.pass_on", SUBJECT, now, [(row.id, changed(row, to)) for row in moved])
    return [row.id for row in moved]


def forget_person(contact_id: UUID, *, words: bool) -> None:
    """A contact leaves the file: no survey names him any more. `words`: those that he wrote go as well, and his photos,
    whose content a sweep removes (core/storage.py)."""
    mine = Survey.contact_id == contact_id
    if words and (keys := db.session.scalars(sa.select(Survey.id).where(mine)).all()):
        _delete(keys, SurveyAnswer.text != "")
    db.session.execute(
        sa.update(Survey).where(mine).values(contact_id=None).execution_options(synchronize_session=False)
    )


def forget(now: datetime, today: date) -> int:
    """What was promised to who answered: his words, his photo and his name go after a while, the scores stay; how many
    surveys. In pieces, each with its own commit."""
    months = policy.on(today).keep_months
    before = now - timedelta(days=months * 365 // 12)
    named = sa.or_(
        Survey.contact_id.is_not(None),
        sa.exists().where(SurveyAnswer.survey_id == Survey.id, SurveyAnswer.text != ""),
        sa.exists().where(SurveyPhoto.survey_id == Survey.id),
    )
    done = 0
    while True:
        keys = db.session.scalars(sa.select(Survey.id).where(Survey.made_at < before, named).limit(_CHUNK)).all()
        if not keys:
            return done
        photos = _delete(keys, SurveyAnswer.text != "")
        db.session.execute(
            sa.update(Survey)
            .where(Survey.id.in_(keys))
            .values(contact_id=None)
            .execution_options(synchronize_session=False)
        )
        db.session.commit()
        _discard(photos)
        done += len(keys)


def _delete(keys: Sequence[UUID], which: sa.ColumnElement[bool]) -> Sequence[SurveyPhoto]:
    """Delete answers and all photos of surveys; the photos, whose contents are still there."""
    photos = db.session.scalars(sa.select(SurveyPhoto).where(SurveyPhoto.survey_id.in_(keys))).all()
    for statement in (
        sa.delete(SurveyAnswer).where(SurveyAnswer.survey_id.in_(keys), which),
        sa.delete(SurveyPhoto).where(SurveyPhoto.survey_id.in_(keys)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
    return photos


def _discard(photos: Sequence[SurveyPhoto]) -> None:
    """Their contents, after the commit: a row without its content must not be."""
    for photo in photos:
        storage.discard(photo.id, photo.sha256)
