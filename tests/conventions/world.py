"""A small world for the sweeps over every route: one object of each kind, all in the rep's and the boss's patch.

A new route whose address holds something that is not here makes the sweep fail: add an example to `World.examples`,
and a body to `BODIES` if its form needs one to get past its first check.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import Flask
from PIL import Image
from werkzeug.routing import Rule

from fieldapp.core import storage
from fieldapp.core.clock import When, now
from fieldapp.core.contents import JPEG, Content
from fieldapp.core.db import db, uuid7
from fieldapp.desk.approvals.models import Approval
from fieldapp.desk.exports import runs as exports
from fieldapp.desk.exports.models import ExportForm, ExportRun, ExportState
from fieldapp.desk.handover.models import Handover
from fieldapp.desk.handover.rules import Kind as HandoverKind
from fieldapp.desk.imports import runs
from fieldapp.desk.imports.models import ImportRun, RunState
from fieldapp.desk.weeklog.models import WeeklyLog
from fieldapp.fieldwork.conflicts import actions as conflicts
from fieldapp.fieldwork.conflicts.models import ConflictPoint
from fieldapp.fieldwork.feedback import actions as feedback
from fieldapp.fieldwork.feedback.models import RemarkPhoto
from fieldapp.fieldwork.feedback.rules import RemarkKind
from fieldapp.fieldwork.remediation import actions as remediation
from fieldapp.fieldwork.surveys import actions as surveys
from fieldapp.fieldwork.surveys.models import SurveyPhoto
from fieldapp.fieldwork.visits.models import VisitNote, VisitPhoto
from fieldapp.network.distributors.models import Contact
from fieldapp.network.dossier.models import Attachment
from fieldapp.network.dossier.queries import digest
from fieldapp.people.accounts.login import secret_hash
from fieldapp.people.accounts.models import ApiToken, Role
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.notices.models import Delivery, Notice
from fieldapp.people.notices.rules import Channel, DeliveryState
from fieldapp.people.policy.models import DraftRevision, PolicyDraft
from fieldapp.standing.crossarea import actions as crossarea
from fieldapp.standing.crossarea.rules import CaseVerb, MeasureKind
from fieldapp.standing.grading.models import CreditFreeze, CreditIncrease
from fieldapp.standing.merged.models import MergedGroup, MergedMember, MergedPair
from fieldapp.standing.merged.rules import State
from fieldapp.trade.pricing import actions as pricing
from fieldapp.trade.pricing import policy as pricing_policy
from fieldapp.trade.pricing.change_rules import LineKind
from fieldapp.trade.pricing.models import PriceDraft
from fieldapp.trade.retail import actions as retail
from fieldapp.trade.retail.rules import Unit
from tests import cast
from tests.visitor import Visitor

DEAL = {
    "distributor": "D001",
    "on": cast.TODAY.isoformat(),
    "ship_to": "410102",
    "terms": "credit",
    "lines": [{"product": "P10", "kg": "5000", "price": "3150.00"}],
}
# What a route is asked with; without an entry, an empty form. A form that is refused (422) has let the visitor in.
BODIES: dict[str, dict[str, Any]] = {
    "accounts.language": {"locale": "en"},
    "accounts.theme": {"theme": "dark"},
    "notices.prefer": {"mail": "y"},
    "feedback.create": {"distributor": "D001", "kind": "praise", "text": "They like the new bags"},
    "api.create_deal_check": DEAL,
    "visits.note": {"section": "stock"},
    "playbook.classify": {"type": "quiet", "seen": "serious"},
    "tasks.drop": {"reason": "Sold out"},
    "crossarea.create": {"product": "P10", "region": "410102"},
    "tickets.create": {"distributor": "D001", "kind": "quality"},
    "conflicts.create": {"distributor": "D001", "kind": "area"},
    "conflicts.add_party": {"distributor": "D001"},
    "deals.create": {"distributor": "D001", "terms": "credit", "product": "P10", "kg": "5000", "price": "3150"},
    "pricebook.note_retail": {"distributor": "D001", "product": "P10", "price": "132.5", "unit": "bag"},
    "offline.create": {"distributor": "D001", "terms": "credit", "product": "P10", "kg": "5000", "price": "3150"},
}
TOKEN = "{}-token"
PRICE_DRAFT_ROUTES = (
    *("draft", "describe", "save", "add", "remove", "copy", "adjust", "comparison", "export_draft"),
    *("submit", "withdraw", "send_back", "approve", "discard"),
)
PRICE_FILES = (
    *(f"pricebook.{name}" for name in ("export", "export_history", "export_rebates", "export_retail", "export_draft")),
    "equal.export",
)


@dataclass
class World:
    """The app, and what stands for each argument of an address: by its name, or by `endpoint:name`."""

    app: Flask
    examples: dict[str, object] = field(default_factory=dict)

    def address(self, rule: Rule) -> str:
        """A real address of a route. Fails with what to add when an argument has no example."""
        arguments = {}
        for name in rule.arguments:
            found = self.examples.get(f"{rule.endpoint}:{name}", self.examples.get(name))
            assert found is not None, (
                f"{rule.rule} takes {name!r}: add an example of it to World.examples in tests/conventions/world.py"
            )
            arguments[name] = str(found)
        with self.app.test_request_context():
            return str(self.app.url_for(rule.endpoint, **arguments))


def _merged(at: datetime) -> tuple[MergedPair, MergedGroup]:
    """Two more accounts that are counted as one."""
    one, other = sorted((cast.make_distributor("D008"), cast.make_distributor("D009")), key=lambda row: row.id)
    phone = [{"kind": "phone", "key": "aa", "holders": 2, "points": 50, "facts": {}}]
    pair = cast.add(
        MergedPair(
            one_id=one.id,
            other_id=other.id,
            state=State.CONFIRMED,
            score=50,
            kinds=",phone,",
            evidence=phone,
            found_at=at,
            changed_at=at,
        )
    )
    group = cast.add(MergedGroup(name="Zhao's shops", made_at=at))
    for member in (one, other):
        cast.add(MergedMember(distributor_id=member.id, group_id=group.id, since=at))
    return pair, group


def make_world(app: Flask) -> World:
    """The cast, a user who is shut out, and one distributor with a deal check and an approval asked for by the rep."""
    with app.app_context():
        users = cast.make_cast()
        users["closed"] = cast.make_user("closed", patch=["41"], active=False)
        target = cast.make_user("target", patch=["4101"])
        distributor = cast.make_distributor("D001")
        distributor.contacts.append(Contact(name="Zhao", phone="13900000000"))  # so that the main one can't be removed
        area = cast.make_area(distributor, "4101")
        product = cast.make_product("P10")
        price = cast.make_price(product, "41", 320_000, 315_000)
        cast.make_rebate("R1", per_tonne=4_000)
        cast.make_credit(distributor)
        at = now()
        for name in users:
            cast.add(ApiToken(token_hash=secret_hash(TOKEN.format(name)), user_id=users[name].id, created_at=at))
        lifted = cast.add(
            CreditFreeze(
                distributor_id=distributor.id,
                frozen_by_id=users["boss"].id,
                frozen_at=at,
                reason="Not heard of them for a week",
                lifted_by_id=users["boss"].id,
                lifted_at=at,
                lift_reason="They were on a journey",
            )
        )
        increase = cast.add(
            CreditIncrease(
                distributor_id=distributor.id,
                amount=1_000_000,
                days=10,
                reason="Two new barns to fill",
                asked_by_id=users["rep"].id,
                asked_at=at,
            )
        )
        task = cast.make_task(distributor, users["rep"], cast.TODAY)
        cast.make_plan(distributor, users["rep"], cast.TODAY)
        token = cast.add(ApiToken(token_hash=secret_hash("target"), user_id=target.id, created_at=at))
        run = cast.add(
            ImportRun(
                kind="products", filename="p.csv", state=RunState.DONE, made_by_id=target.id, made_at=at, beat_at=at
            )
        )
        rating = cast.make_rating(distributor, users["rep"])
        private = cast.make_sensitive(distributor, users["rep"])
        rating.answers = {**rating.answers, "residence": {"kept": str(private.id), "source": {}, "as_of": None}}
        by, settings = (
            {"made_by_id": target.id, "updated_by_id": target.id},
            {"deal_check": {"tolerance_percent": "0.5"}},
        )
        draft = cast.add(PolicyDraft(based_on=1, settings=settings, created_at=at, updated_at=at, **by))
        cast.add(DraftRevision(draft_id=draft.id, revision=1, settings=settings))
        cast.make_visit(distributor, users["rep"], cast.TODAY)
        export = cast.add(
            ExportRun(
                form=ExportForm.CSV,
                first=cast.TODAY,
                last=cast.TODAY,
                state=ExportState.DONE,
                made_by_id=users["rep"].id,
                made_at=at,
                beat_at=at,
                finished_at=at,
                scope=exports.scope_mark(viewer_of(users["rep"])),
            )
        )
        content = b"%PDF-1.4 %%EOF"
        paper = cast.add(
            Attachment(
                distributor_id=distributor.id,
                kind="licence",
                filename="licence.pdf",
                media_type="application/pdf",
                size=len(content),
                sha256=digest(content),
                made_by_id=target.id,
                made_at=at,
            )
        )
        storage.keep(paper.id, paper.sha256, content)
        visit = cast.make_visit(distributor, users["rep"], cast.TODAY, minutes=None)
        note = cast.add(VisitNote(visit_id=visit.id, section="stock", subject="Product P10", count=40, made_at=at))
        picture = BytesIO()
        Image.new("RGB", (40, 30), "green").save(picture, "JPEG")
        photo = cast.add(
            VisitPhoto(
                visit_id=visit.id,
                purpose="arrival",
                taken_at=at,
                sha256=digest(picture.getvalue()),
                size=len(picture.getvalue()),
            )
        )
        storage.keep(photo.id, photo.sha256, picture.getvalue())
        survey = cast.make_survey(distributor, users["rep"])
        notice = cast.add(
            Notice(
                user_id=users["rep"].id,
                kind="approvals.decided",
                about="world",
                values={"distributor": distributor.name, "approved": True},
                path="/approvals",
                made_at=at,
            )
        )
        delivery = cast.add(
            Delivery(
                channel=Channel.MAIL,
                user_id=target.id,
                state=DeliveryState.FAILED,
                tries=1,
                made_at=at,
                due_at=at,
                tried_at=at,
                problem="connection",
            )
        )
        ticket = cast.make_ticket(distributor, users["rep"])
        shown = remediation.keep_photo(
            viewer_of(users["rep"]),
            ticket,
            key=uuid7(),
            content=Content(picture.getvalue(), JPEG),
            caption="",
            when=When(at, at, cast.TODAY),
        )
        case = cast.make_case(users["rep"], seller_id=distributor.id, product_words="P10")
        case_when = When(at, at, cast.TODAY)
        case_photo = crossarea.keep_photo(
            viewer_of(users["rep"]),
            case,
            key=uuid7(),
            content=Content(picture.getvalue(), JPEG),
            caption="",
            when=case_when,
        )
        boss = viewer_of(users["boss"])
        crossarea.advance(boss, case, CaseVerb.INVESTIGATE, "", case_when)
        crossarea.rule(boss, case, CaseVerb.BENIGN, "Once", case_when, seen=case.version)
        agreement = crossarea.Agreement(MeasureKind.WARNING, 0, cast.TODAY, "By letter")
        measure = crossarea.agree(boss, case, agreement, case_when, seen=case.version)
        conflict = cast.make_conflict([distributor], users["rep"], now=at)
        agreement = cast.add(
            ConflictPoint(
                conflict_id=conflict.id,
                round=1,
                text="Marks the map",
                due=cast.TODAY,
                owner_id=users["rep"].id,
                made_by_id=users["rep"].id,
                made_at=at,
            )
        )
        conflicts.keep_photo(
            viewer_of(users["rep"]),
            conflict,
            key=(evidence := uuid7()),
            content=Content(picture.getvalue(), JPEG),
            when=When(at, at, cast.TODAY),
        )
        link = surveys.open_link(viewer_of(users["rep"]), survey, at)
        answered = cast.make_survey(distributor, users["rep"])
        answered_photo = cast.add(
            SurveyPhoto(survey_id=answered.id, question="shelf", taken_at=at, sha256=photo.sha256, size=photo.size)
        )
        storage.keep(answered_photo.id, photo.sha256, picture.getvalue())
        remark = feedback.take_down(
            viewer_of(users["rep"]),
            key=uuid7(),
            distributor=distributor,
            said=feedback.Said(RemarkKind.COMPLAINT, "The bags are torn"),
            when=When(at, at, cast.TODAY),
        )
        remark_photo = cast.add(RemarkPhoto(remark_id=remark.id, taken_at=at, sha256=photo.sha256, size=photo.size))
        storage.keep(remark_photo.id, remark_photo.sha256, picture.getvalue())
        breach_id = cast.make_breach(distributor, users["rep"]).id
        pair, group = _merged(at)
        clerk = viewer_of(cast.make_user("pricing", Role.ADMIN))
        may = pricing_policy.rights(clerk, cast.TODAY)
        starts = cast.TODAY + timedelta(days=1)
        change = db.session.get_one(PriceDraft, pricing.begin(clerk, uuid7(), "December", starts, at))
        typed = pricing.Typed(LineKind.PRICE, product.id, "41", "*", starts, None, 325_000, 318_000)
        line_id = pricing.add(clerk, may, change, typed, at)
        seen = retail.note(
            viewer_of(users["rep"]),
            key=uuid7(),
            distributor=distributor,
            outlet=None,
            seen=retail.Seen(13_250, Unit.BAG, cast.TODAY, product_id=product.id, bag_grams=40_000),
            now=at,
            photo=Content(picture.getvalue(), JPEG),
        )
        handover = cast.add(
            Handover(
                kind=HandoverKind.REPS,
                region_code="4101",
                day=starts,
                reason="He retires",
                from_rep_id=users["rep"].id,
                to_rep_id=target.id,
                made_by_id=clerk.id,
                made_at=at,
            )
        )
        world = World(
            app,
            {
                "pair_id": pair.id,
                "group_id": group.id,
                "merged.leave:distributor_id": pair.one_id,
                "merged.export:kind": "csv",
                "merged.export_groups:kind": "csv",
                **{f"pricebook.{name}:draft_id": change.id for name in PRICE_DRAFT_ROUTES},
                "line_id": line_id,
                "price_id": price.id,
                "observation_id": seen.id,
                **{f"{name}:kind": "csv" for name in PRICE_FILES},
                "remark_id": remark.id,
                "picture_id": remark_photo.id,
                "feedback.export:kind": "csv",
                "notice_id": notice.id,
                "delivery_id": delivery.id,
                "visit_id": visit.id,
                "note_id": note.id,
                "survey_id": survey.id,
                "surveys.photo:photo_id": answered_photo.id,
                "survey_link.show:token": link,
                "form": "distributor",
                "survey_results.export:kind": "csv",
                "number": 1,
                "survey_results.question:key": "overall",
                "photo_id": photo.id,
                "ticket_id": ticket.id,
                "tickets.photo:photo_id": shown.id,
                "case_id": case.id,
                "measure_id": measure.id,
                "crossarea.photo:photo_id": case_photo.id,
                "crossarea.letter:side": "seller",
                "crossarea.export:kind": "csv",
                "conflict_id": conflict.id,
                "point_id": agreement.id,
                "conflicts.photo:photo_id": evidence,
                "conflicts.export:kind": "csv",
                "promises.export:kind": "csv",
                "distributor_id": distributor.id,
                "contact_id": distributor.contacts[0].id,
                "user_id": target.id,
                "freeze_id": lifted.id,
                "increase_id": increase.id,
                "task_id": task.id,
                "token_id": token.id,
                "run_id": run.id,
                "assessment_id": rating.id,
                "grading.export:kind": "csv",
                "draft_id": draft.id,
                "policy.edit:name": "deal_check",
                "policy.save:name": "deal_check",
                "imports.kind:key": "products",
                "imports.template:key": "products",
                "imports.template:form": "csv",
                "playbook.show:key": "quiet",
                "area_id": area.id,
                "areas.export:kind": "csv",
                "handover_id": handover.id,
                "handover.export:kind": "csv",
                "handover.items:kind": "csv",
                "coverage.export:kind": "csv",
                "batches.export:kind": "csv",
                "coverage.export_white_spots:kind": "csv",
                "portfolio.export:kind": "csv",
                "tickets.export:kind": "csv",
                "part": "contacts",
                "dossier.edit_single:part": "company",
                "section": "company",
                "item_id": distributor.contacts[0].id,
                "attachment_id": paper.id,
                "indicator": "residence",
                "privacy.copy:kind": "json",
                "exports.visits:kind": "csv",
                "export_id": export.id,
            },
        )
        db.session.commit()
        exports.file_of(export).write_text("Day,Rep\r\n", encoding="utf-8")
        for file in (runs.problems_of(run.id), runs.rejected_of(run.id)):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("line,reason\n", encoding="utf-8")
    bearer = {"Authorization": f"Bearer {TOKEN.format('rep')}"}
    made = app.test_client().post("/api/v1/deal-checks", json=DEAL, headers=bearer).get_json()
    Visitor(app, "rep").post(f"/deals/{made['id']}/approval", {"reason": "A new customer of theirs asks for it"})
    Visitor(app, "admin").post(f"/policy/drafts/{world.examples['draft_id']}/tryout")  # the deal would be stopped
    Visitor(app, "rep").post("/week/submission", {"week": cast.TODAY.isoformat(), "needs": "A car"})
    with app.app_context():
        log_id = db.session.scalar(sa.select(WeeklyLog.id))
        assert log_id is not None
        approval = db.session.scalar(sa.select(Approval.id))
        assert approval is not None, "the world's deal no longer needs an approval"
    world.examples |= {
        "check_id": made["id"],
        "approval_id": approval,
        "log_id": log_id,
        "token": "an-invented-token",
        "step": "approval",
        "process.export_step:kind": "csv",
        "process.export:kind": "csv",
        "service.export:kind": "csv",
        "breach_id": breach_id,
        "breaches.export:kind": "csv",
        "breaches.export_patterns:kind": "csv",
    }
    return world
