"""What reading `distributors` does beside storing rows: it keeps the files up to date, and remarks on look-alikes and
on rows that take a hand-over back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.core.sheets import N_, Message
from fieldapp.core.sheets.kinds import Planned, Written
from fieldapp.network.distributors import imports
from fieldapp.network.distributors.actions import GIVEN_TO_REP
from fieldapp.people.audit.actions import record_each
from fieldapp.people.audit.models import AuditEntry

from . import lookalikes, policy
from .alike import Profile, Reason
from .parts import PARTS, audited
from .upkeep import refresh

_SAID = {
    Reason.CREDIT_CODE: N_("looks like %(code)s %(name)s: same credit code"),
    Reason.BANK_ACCOUNT: N_("looks like %(code)s %(name)s: same bank account"),
    Reason.PHONE: N_("looks like %(code)s %(name)s: same phone"),
    Reason.NAME: N_("looks like %(code)s %(name)s: same name but for place and trade"),
    Reason.SIMILAR_NAME: N_("looks like %(code)s %(name)s: similar name"),
    Reason.ADDRESS: N_("looks like %(code)s %(name)s: same address"),
    Reason.SIMILAR_ADDRESS: N_("looks like %(code)s %(name)s: similar address"),
}
_HANDED_BACK = N_(
    "was handed over to another rep on %(day)s, and this file gives it back: correct the ERP, and hand it over again"
)
_COLUMN = {
    Reason.CREDIT_CODE: "credit_code",
    Reason.BANK_ACCOUNT: "bank_account",
    Reason.PHONE: "phone",
    Reason.ADDRESS: "address",
    Reason.SIMILAR_ADDRESS: "address",
}


def _remark(planned: Sequence[Planned]) -> Iterable[tuple[Planned, str, Message]]:
    yield from _look_alikes(planned)
    yield from _handed_back(planned)


def _handed_back(planned: Sequence[Planned]) -> Iterable[tuple[Planned, str, Message]]:
    """Rows that give a distributor back to the rep from whom it was handed over here: the ERP has not heard of it."""
    changed = {
        str(plan.before[0]["id"]): plan
        for plan in planned
        if plan.before[0] is not None and plan.before[0].get("rep_id") != plan.after[0].get("rep_id")
    }
    if not changed:
        return
    entries = (
        sa.select(AuditEntry.subject_id, AuditEntry.changes, AuditEntry.at)
        .where(
            AuditEntry.subject_type == "distributor",
            AuditEntry.subject_id.in_(changed),
            AuditEntry.action == GIVEN_TO_REP,
        )
        .order_by(AuditEntry.at)
    )
    latest = {key: (changes["rep"], at) for key, changes, at in db.session.execute(entries)}
    for key, (reps, at) in latest.items():
        plan = changed[key]
        if reps == [str(plan.after[0]["rep_id"]), str(plan.before[0]["rep_id"])]:  # type: ignore[index]
            day = at.astimezone(SHANGHAI).date().isoformat()
            yield plan, "rep", Message(_HANDED_BACK, {"day": day})


def _look_alikes(planned: Sequence[Planned]) -> Iterable[tuple[Planned, str, Message]]:
    """Of the rows that are new: the distributor each looks like most, and the strongest of what speaks for it."""
    new = [plan for plan in planned if plan.before[0] is None]
    if not new:
        return
    for plan, found in zip(new, lookalikes.search([_profile(plan) for plan in new]), strict=True):
        if found:
            best = found[0]
            reason = best.reasons[0]
            values = {"code": best.code, "name": best.name}
            yield plan, _COLUMN.get(reason, "name"), Message(_SAID[reason], values)


def _profile(plan: Planned) -> Profile:
    row, person = plan.after[0], plan.after[1]
    return Profile(
        row["name"],
        row["region_code"],
        (),
        row["address"],
        row["credit_code"],
        row["bank_account"],
        (person["phone"],) if person.get("phone") else (),
    )


def _trace(plan: Planned) -> tuple[UUID, dict[str, Any]] | None:
    """What a row changes of a file that is there already: (distributor, {field: [before, after]}), masked."""
    row, person = plan.after
    if plan.before[0] is None:
        return None
    changes = _changed("company", "company", plan.before[0], row) | _changed("place", "place", plan.before[0], row)
    known = plan.before[1] or {}
    path = f"contacts/{person['id']}"
    of_person = _changed("contacts", path, known, person)
    if of_person:
        contacts = PARTS["contacts"]
        changes |= of_person
        changes[path] = [audited(contacts, contacts.label, one.get(contacts.label)) for one in (known, person)]
    return (row["id"], changes) if changes else None


def _changed(part: str, path: str, before: Any, after: Any) -> dict[str, Any]:
    fields = [name for name in PARTS[part].fields if name in after and before.get(name) != after[name]]
    return {f"{path}/{name}": [audited(PARTS[part], name, one.get(name)) for one in (before, after)] for name in fields}


def _finish(written: Written) -> None:
    if imports.DISTRIBUTORS.finish is not None:
        imports.DISTRIBUTORS.finish(written)
    record_each(written.actor_id, "dossier.import", "distributor", written.at, written.traces)
    refresh(written.subjects, policy.on(written.at.astimezone(SHANGHAI).date()).weights)


DISTRIBUTORS = replace(imports.DISTRIBUTORS, trace=_trace, finish=_finish, remark=_remark)
