"""The deal check on the screen: pick a distributor, type the deal, see the verdict, record it, ask for approval."""

import re
from typing import Any
from urllib.parse import quote_plus
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN, wants_fragment
from fieldapp.core.concern import Concern
from fieldapp.core.findings import Verdict
from fieldapp.core.page import page, see_other
from fieldapp.core.templates import url_for as address
from fieldapp.desk.approvals import actions as approvals
from fieldapp.desk.approvals import queries as approval_queries
from fieldapp.desk.approvals.forms import ReasonForm
from fieldapp.desk.checks.actions import record_check
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.presentation import restore, stored_findings
from fieldapp.desk.checks.queries import UnknownDistributorError, find_check

from . import forms, queries
from .forms import DealText
from .queries import Worksheet
from .screen import fingerprint, screen

concern = Concern("deals", __name__, section="deals", url_prefix="/deals")


@concern.route("/new", allow=SIGNED_IN)
def new() -> Response:
    """Pick a distributor, then type the deal: the verdict comes with every change."""
    text = forms.read(request.args)
    if not text.distributor:
        return _pick()
    changed = forms.with_lines_changed(text, request.args)
    if changed is None:
        return _answer(text)
    if wants_fragment():
        return _form(changed)
    return see_other(url_for(".new", **changed.query(clock.today())))


def _pick() -> Response:
    asked = forms.read_search(request.args)
    found = queries.pick(current_user, asked)
    headers = {"HX-Replace-Url": url_for(".new", q=asked.text or None)} if wants_fragment() else None
    return page(
        "desk/deals/pick.html",
        "found",
        headers=headers,
        asked=asked,
        found=found,
        recent=queries.recent(current_user) if found is None else [],
        assigned=queries.assigned(current_user) if found is None else [],
        place_name=queries.place_names(),
    )


def _answer(text: DealText) -> Response:
    """The whole page; or, while somebody types, the verdict alone."""
    typing = wants_fragment()
    sheet = _worksheet(text, whole=not typing)
    s = screen(current_user, sheet, clock.today(), clock.now(), swapped=typing)
    return page("desk/deals/new.html", "answer", headers=_address(sheet) if typing else None, s=s)


def _form(text: DealText) -> Response:
    """The form with a line more or less, in place of the one on the phone."""
    sheet = _worksheet(text, whole=True)
    s = screen(current_user, sheet, clock.today(), clock.now())
    headers = _address(sheet) | {"HX-Retarget": "#deal", "HX-Reswap": "outerHTML"}
    # The button that took the line away is gone: the keyboard goes on at the next one.
    return page("desk/deals/new.html", "deal", headers=headers, s=s, shortened="remove" in request.args)


@concern.route("", allow=SIGNED_IN, methods=("POST",))
def create() -> Response:
    """Record the check that was shown; with `ask`, ask for approval in the same breath."""
    asking, form = "ask" in request.form, ReasonForm()
    sheet = _worksheet(forms.read(request.form), whole=True, fill=False)
    if sheet.evaluation is None or (asking and not form.validate()):
        s = screen(current_user, sheet, clock.today(), clock.now(), came_back=True, form=form if asking else None)
        return page("desk/deals/new.html", status=422, s=s)
    key = forms.key_made(request.form.get("id"), clock.now())
    check = record_check(current_user, sheet.evaluation, "screen", clock.now(), key)
    if not queries.same_deal(check, sheet.evaluation):
        check = record_check(current_user, sheet.evaluation, "screen", clock.now())
    if asking:
        _ask(check, form, seen=request.form.get("seen", ""))
    return see_other(url_for(".show", check_id=check.id))


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """Recorded checks: a rep's own, a supervisor's patch."""
    asked = forms.read_filter(request.args)
    rows = queries.checks(current_user, asked.verdict, mine=asked.mine, before=asked.before)
    more = len(rows) > queries.PAGE
    return page(
        "desk/deals/index.html",
        rows=rows[: queries.PAGE],
        next_key=rows[queries.PAGE - 1].id if more else None,
        asked=asked,
        verdicts=Verdict,
    )


@concern.route("/<uuid:check_id>", allow=SIGNED_IN)
def show(check_id: UUID) -> Response:
    """A recorded check as it was, its approval, and whether that still holds."""
    return _show(_find(check_id))


@concern.route("/<uuid:check_id>/approval", allow=SIGNED_IN, methods=("POST",))
def ask(check_id: UUID) -> Response:
    """Ask for approval of a recorded check of one's own."""
    check = _find(check_id)
    if check.made_by_id != current_user.id:
        abort(403)
    form = ReasonForm()
    if not form.validate():
        return _show(check, status=422, form=form)
    _ask(check, form, seen=fingerprint(map(restore, check.findings)))
    return see_other(url_for(".show", check_id=check.id))


def _ask(check: DealCheck, form: ReasonForm, seen: str) -> None:
    """Ask, or say why not. `seen`: the findings that the page showed, as `fingerprint` has them."""
    try:
        if seen != fingerprint(map(restore, check.findings)):
            raise approvals.ChangedError
        approvals.ask(current_user, check, form.reason.data, clock.now(), clock.today())
        flash(_("Asked. The answer will wait for you under Approvals."), "ok")
    except approvals.ChangedError:
        flash(_("Nothing was asked: the facts have changed. Check again and look at the new verdict."), "warn")
    except approvals.NothingToAskError:
        flash(_("Nothing was asked: this check does not need approval, or nobody can give it."), "warn")
    except approvals.AskedBeforeError:
        flash(_("You have asked for exactly this deal before: look under Approvals."), "info")


def _show(check: DealCheck, *, status: int = 200, **more: Any) -> Response:
    today, now = clock.today(), clock.now()
    approval = approval_queries.of_check(check)
    return page(
        "desk/deals/show.html",
        status=status,
        check=check,
        findings=stored_findings(current_user, check, today),
        nets=approval_queries.nets(check),
        offline=queries.seen_offline(check),
        approval=approval,
        review=approval_queries.review(current_user, approval, now, today) if approval else None,
        people=approval_queries.names(check.made_by_id, approval.decided_by_id if approval else None),
        mine=check.made_by_id == current_user.id,
        again_url=url_for(".new", **forms.text_of(check).query(today)),
        **more,
    )


def _find(check_id: UUID) -> DealCheck:
    check = find_check(current_user, check_id)
    if check is None:
        abort(404)
    return check


def _worksheet(text: DealText, *, whole: bool, fill: bool = True) -> Worksheet:
    try:
        return queries.worksheet(current_user, text, clock.today(), whole=whole, fill=fill)
    except UnknownDistributorError:
        abort(404)


def _address(sheet: Worksheet) -> dict[str, str]:
    """Back and reload find the deal as it was typed."""
    # By hand: `url_for` takes 200 calls for this, with every key press.
    pairs = sheet.text.query(clock.today()).items()
    given = [(name, text) for name, texts in pairs for text in ([texts] if isinstance(texts, str) else texts)]
    return {"HX-Replace-Url": f"{address('deals.new')}?{'&'.join(f'{name}={_quoted(text)}' for name, text in given)}"}


def _quoted(text: str) -> str:
    return text if _PLAIN(text) else quote_plus(text)


_PLAIN = re.compile(r"[\w.-]*", re.ASCII).fullmatch
