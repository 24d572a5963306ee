"""What the demo's people have done lately: checks recorded, approvals asked and decided, through the app's own gate."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.money import parse_kilograms, parse_yuan
from fieldapp.desk.approvals.actions import Decision, ask, decide
from fieldapp.desk.checks.actions import record_check
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.queries import DealRequest, LineRequest, evaluate
from fieldapp.desk.checks.rules import Terms
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer

from . import credit_history
from .company import Company
from .showcases import Deal


@dataclass(frozen=True, slots=True)
class Request:
    """An approval that the rep asked for, and what became of it; no answer: it still waits."""

    reason: str
    decision: Decision | None = None
    answer: str = ""


# By the finding that the deal shows; data of the demo, in the language of its people.
REQUESTS = {
    "price.below_floor": Request("老客户一次提货 5 吨，竞争对手报价更低，请主管支持。"),
    "credit.over_limit": Request("货款周五到账，客户已出具付款承诺。"),
    "credit.overdue": Request("逾期三天，会计出差，明天付清。", Decision.APPROVE, "同意，请明天跟进回款。"),
    "territory.foreign": Request("对方经销商断货，已电话沟通。", Decision.DECLINE, "先与周口主管书面确认再发货。"),
}


def write(company: Company, rep: str, supervisor: str, now: datetime, today: date) -> None:
    """Record the showcases as checks of the rep, an hour apart, and ask and decide the requests above."""
    asking, deciding = _viewer(rep), _viewer(supervisor)
    showcases = company.showcases
    for hours, (code, deal) in zip(range(len(showcases), 0, -1), showcases, strict=True):
        check = record_check(asking, evaluate(asking, _request(deal, today)), "screen", now - timedelta(hours=hours))
        wanted = REQUESTS.get(code)
        if wanted is not None and deal["terms"] == Terms.CREDIT:
            _ask(asking, deciding, check, wanted, now, today)
    credit_history.write(company, asking, deciding, now, today)


def _ask(asking: Viewer, deciding: Viewer, check: DealCheck, wanted: Request, now: datetime, today: date) -> None:
    approval = ask(asking, check, wanted.reason, now, today)
    if wanted.decision is not None:
        decide(deciding, approval, wanted.decision, wanted.answer, now, today)


def _request(deal: Deal, today: date) -> DealRequest:
    lines = [
        LineRequest(line["product"], parse_kilograms(line["kg"]), parse_yuan(line["price"])) for line in deal["lines"]
    ]
    return DealRequest(deal["distributor"], today, deal.get("ship_to"), Terms(deal["terms"]), tuple(lines))


def _viewer(username: str) -> Viewer:
    return viewer_of(db.session.scalars(sa.select(User).where(User.username == username)).one())
