"""Sales below the floor: the lists, one of them, what is said and decided about it, and where they come from."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, abort, flash, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, outbox, panels
from fieldapp.core.access import DECIDERS, SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.db import uuid7
from fieldapp.core.money import format_yuan
from fieldapp.core.page import page, see_other
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.desk.deals.queries import place_names
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.queries import reps_of

from . import actions, exports, queries, words
from .actions import RefusedError
from .forms import DecisionForm, WordsForm
from .models import Breach
from .queries import Asked, By, Order, Part, Said
from .rules import DECISIONS, MOVES, Mark, Refusal, Result, State, Verb, Why, may

concern = Concern("breaches", __name__, section="breaches", url_prefix="/breaches")
BREACH = "/<uuid:breach_id>"
PERIODS = (31, 92, 366)


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """The list; htmx gets the results alone."""
    viewer, today = current_user._get_current_object(), clock.today()
    asked, floors = queries.read(request.args), queries.sees_floors(viewer, today)
    return page(
        "desk/breaches/index.html",
        "results",
        asked=asked,
        found=queries.listed(viewer, asked, floors=floors),
        tabs=_tabs(viewer, asked),
        chips=_chips(asked),
        reps=[(str(rep.id), rep.name) for rep in reps_of(viewer)] if viewer.role is not Role.REP else [],
        floors=floors,
        least=format_yuan(asked.least) if asked.least else "",
        orders=[(Order.NEW.value, _("The newest")), (Order.SIZE.value, _("The largest"))],
        link=_link,
        words=words,
        today=today,
        sheet=lambda kind: f"{url_for('breaches.export', kind=kind)}?{urlencode(asked.args())}",
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The whole list as CSV or XLSX."""
    viewer, today = current_user._get_current_object(), clock.today()
    floors = queries.sees_floors(viewer, today)
    found = queries.every(viewer, queries.read(request.args), floors=floors)
    rows = exports.rows(found, place_names(), floors)
    return _file(kind, f"breaches-{today.isoformat()}", exports.header(floors), rows)


@concern.route("/patterns", allow=DECIDERS)
def patterns() -> Response:
    """Where they come from: by rep, distributor, product, month."""
    by, days, unpriced = _asked_pattern()
    viewer, today = current_user._get_current_object(), clock.today()
    found = queries.patterns(viewer, by, today - timedelta(days=days), unpriced=unpriced)

    def link(**changes: Any) -> str:
        return url_for(
            "breaches.patterns", **{"by": by.value, "days": days, "unpriced": int(unpriced) or None, **changes}
        )

    return page(
        "desk/breaches/patterns.html",
        found=found,
        by=by,
        floors=queries.sees_floors(viewer, today),
        unpriced=unpriced,
        tabs=[(link(by=one.value), _by_name(one), one is by) for one in By],
        kinds=[
            (link(unpriced=None), _("Below the floor"), not unpriced),
            (link(unpriced=1), _("Unpriced"), unpriced),
        ],
        chips=[(link(days=one), _("Last %(days)s days", days=one), one == days) for one in PERIODS],
        address=lambda row: _address(by, row, unpriced),
        sheet=lambda kind: url_for(
            "breaches.export_patterns", kind=kind, by=by.value, days=days, unpriced=int(unpriced) or None
        ),
    )


@concern.route("/patterns/export.<any(csv, xlsx):kind>", allow=DECIDERS)
def export_patterns(kind: str) -> Response:
    """The same as a file."""
    by, days, unpriced = _asked_pattern()
    viewer, today = current_user._get_current_object(), clock.today()
    floors = queries.sees_floors(viewer, today)
    found = queries.patterns(viewer, by, today - timedelta(days=days), unpriced=unpriced)
    rows = exports.pattern_rows(found, _("Nobody"), floors)
    return _file(kind, f"breaches-{by.value}-{today.isoformat()}", exports.pattern_header(floors), rows)


@concern.route(BREACH, allow=SIGNED_IN)
def show(breach_id: UUID) -> Response:
    """One breach, on one screen."""
    return _show(_find(breach_id))


@concern.route(f"{BREACH}/explanation", allow=SIGNED_IN, methods=["POST"], outbox=True)
def explain(breach_id: UUID) -> Response:
    """How it came to this."""
    breach, form = _find(breach_id), WordsForm()
    if not form.validate():
        return _show(breach, 422, explanation=form)
    made_at = outbox.made_at(clock.now())
    actions.explain(current_user, breach, form.words.data or "", made_at, outbox.key())
    flash(_("Kept. The supervisor reads it here."), "ok")
    return see_other(url_for(".show", breach_id=breach.id))


@concern.route(f"{BREACH}/decision", allow=DECIDERS, methods=["POST"])
def decide(breach_id: UUID) -> Response:
    """Accept it, have it made good, or dismiss it as a fault of the data."""
    breach, form = _find(breach_id), DecisionForm(today=clock.today())
    if not form.validate():
        return _show(breach, 422, decision=form)
    return _move(breach, form.verb, form.words.data or "", form=form, due_on=form.day, seen=form.seen.data or None)


@concern.route(f"{BREACH}/completion", allow=DECIDERS, methods=["POST"])
def finish(breach_id: UUID) -> Response:
    """It has been made good."""
    return _with_words(breach_id, Verb.FINISH)


@concern.route(f"{BREACH}/reopening", allow=DECIDERS, methods=["POST"])
def reopen(breach_id: UUID) -> Response:
    """It is not settled after all."""
    return _with_words(breach_id, Verb.REOPEN)


# What the views share --------------------------------------------------------------------------------------------


def _with_words(breach_id: UUID, verb: Verb) -> Response:
    breach, form = _find(breach_id), WordsForm()
    if not form.validate():
        return _show(breach, 422, **{verb.value: form})
    return _move(breach, verb, form.words.data or "", form=form)


def _move(
    breach: Breach, verb: Verb, said: str, *, form: Any, due_on: date | None = None, seen: str | None = None
) -> Response:
    try:
        actions.decide(current_user, breach, verb, said, clock.now(), due_on=due_on, seen=seen)
    except RefusedError as error:
        status = 403 if error.refusal is Refusal.OWN else 409
        form_of = "decision" if verb in DECISIONS else verb.value
        return _show(breach, status, said=words.refusal_text(error.refusal, breach.state), **{form_of: form})
    flash(words.state_name(breach.state), "ok")
    return see_other(url_for(".show", breach_id=breach.id))


def _show(breach: Breach, status: int = 200, **more: Any) -> Response:
    viewer, today = current_user._get_current_object(), clock.today()
    entries = queries.thread(breach)
    goods = queries.goods_of(breach)
    involved = breach.rep_id, breach.checked_by_id
    decides = viewer.role is not Role.REP
    return page(
        "desk/breaches/show.html",
        status=status,
        breach=breach,
        panels=panels.shown("link:breach", viewer, breach.id, today),
        goods=goods,
        covers=viewer.covers(goods.region_code),
        entries=entries,
        people=queries.names(breach, entries),
        floors=queries.sees_floors(viewer, today),
        margin=queries.margin(breach) if queries.sees_cost(viewer, today) else None,
        explained=next((one for one in reversed(entries) if one.verb is Verb.EXPLAIN), None),
        new_key=outbox.key() or uuid7(),
        price=round(breach.amount * 1_000_000 / breach.grams) if breach.grams else None,
        marks=[words.mark_text(Mark(mark)) for mark in breach.facts["marks"]],
        why=words.why_text(Why(breach.facts["why"])) if breach.facts["why"] else None,
        place=place_names(),
        words=words,
        today=today,
        own=decides and may(Verb.ACCEPT, State.OPEN, viewer.id, involved) is Refusal.OWN,
        can={verb.value for verb in MOVES if decides and may(verb, breach.state, viewer.id, involved) is None},
        **more,
    )


def _find(breach_id: UUID) -> Breach:
    return queries.find(current_user, breach_id) or abort(404)


def _link(asked: Asked, **changes: Any) -> str:
    return f"{request.script_root}/breaches?{urlencode(asked.args(**changes))}"


def _tabs(viewer: Any, asked: Asked) -> list[tuple[Any, ...]]:
    counted = queries.counts(viewer)
    names = {
        Part.OPEN: _("Open"),
        Part.RECOVER: _("Recover"),
        Part.UNPRICED: _("Unpriced"),
        Part.SETTLED: _("Settled"),
        Part.ALL: _("All"),
    }

    def shown(part: Part) -> str | None:
        count = counted.get(part)
        return None if count is None else f"{queries.COUNTED}+" if count > queries.COUNTED else str(count)

    return [
        (_link(asked, part=part, result=None, said=None, unpriced=None), name, part is asked.part, shown(part))
        for part, name in names.items()
    ]


def _chips(asked: Asked) -> list[tuple[str, str, bool]]:
    """(address, text, on) of each kind that the list may hold; the address of one that is on takes it away."""
    kinds: Iterable[Result] = {Part.OPEN: queries.BELOW, Part.UNPRICED: queries.UNPRICED}.get(
        asked.part, (*queries.BELOW, *queries.UNPRICED)
    )
    chips = [
        (_link(asked, result=None if asked.result is kind else kind), words.result_name(kind), asked.result is kind)
        for kind in kinds
    ]
    if asked.part in (Part.OPEN, Part.UNPRICED):
        names = {Said.NO: _("To be explained"), Said.YES: _("Explained")}
        chips = [
            (_link(asked, said=None if asked.said is said else said), name, asked.said is said)
            for said, name in names.items()
        ] + chips
    return chips


def _asked_pattern() -> tuple[By, int, bool]:
    by, days = request.args.get("by", ""), request.args.get("days", type=int)
    unpriced = request.args.get("unpriced") == "1"
    return By(by) if by in set(By) else By.REP, days if days in PERIODS else PERIODS[1], unpriced


def _by_name(by: By) -> str:
    return {
        By.REP: _("By rep"),
        By.DISTRIBUTOR: _("By distributor"),
        By.PRODUCT: _("By product"),
        By.MONTH: _("By month"),
    }[by]


def _address(by: By, row: queries.Pattern, unpriced: bool) -> str | None:
    """The list of what a row counts; None where there is no filter for it."""
    if not row.key:
        return None
    names = {By.REP: "rep", By.PRODUCT: "product", By.MONTH: "month"}
    found = {"q": row.code} if by is By.DISTRIBUTOR else {names[by]: row.key}
    return url_for("breaches.index", part=Part.ALL.value, unpriced=int(unpriced), **found)


def _file(kind: str, name: str, header: list[str], rows: Iterator[list[Cell]]) -> Response:
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, header, rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=f"{name}.xlsx")
    pieces = stream_with_context(csv_chunks(header, rows))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}.csv"})
