"""Hand-overs: the list, arranging one with what would go along, one of them with what went, calling it off."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response, abort, flash, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import DECIDERS, SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.db import db, uuid7
from fieldapp.core.page import page, see_other
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.desk.deals.queries import place_names
from fieldapp.network.areas import actions as area_actions
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import search as search_distributors
from fieldapp.network.distributors.rules import Status
from fieldapp.network.territory import patches
from fieldapp.network.territory.models import Region
from fieldapp.network.territory.rules import ALL_LINES
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.rules import username_key
from fieldapp.trade.products import lines

from . import actions, exports, matters, queries, words
from .actions import MovedError, OnDay, RefusedError
from .forms import ArrangeForm, LookForm
from .queries import Asked, Preview, Row, Wanted
from .rules import ONE_DAY, Kind, State

concern = Concern("handover", __name__, section="coverage", url_prefix="/handovers")
MOST_FOUND = 20
MOST_TEXT = 60
_FIRST = (area_actions.MovedError, area_actions.TakenError, area_actions.TwiceError)


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """Those of a patch; htmx gets the results alone."""
    asked = Asked.read(request.args)
    rows, count = queries.listed(current_user, asked)

    def link(**changes: Any) -> str:
        return url_for(".index", **asked.args(**changes))

    chips = [(link(state=state), words.state_name(state), asked.state is state) for state in State]
    chips += [(link(kind=kind), words.kind_name(kind), asked.kind is kind) for kind in Kind]
    return page(
        "desk/handover/index.html",
        "results",
        asked=asked,
        rows=rows,
        count=count,
        place=place_names(),
        words=words,
        chips=[(link(state=None, kind=None), _("All"), asked.state is None and asked.kind is None), *chips],
        everywhere=link(region=None),
        before=link(page=asked.page - 1) if asked.page > 1 else None,
        after=link(page=asked.page + 1) if count > asked.page * queries.PAGE else None,
        sheet=lambda kind: url_for(".export", kind=kind, **_but_kind(asked)),
    )


def _but_kind(asked: Asked) -> dict[str, Any]:
    """The list's filters for the address of its file, where `kind` is the kind of file."""
    args = asked.args()
    return {("of" if name == "kind" else name): value for name, value in args.items()}


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The list as a file."""
    given = {**request.args.to_dict(), "kind": request.args.get("of", "")}
    rows, _count = queries.listed(current_user, Asked.read(given), None)
    return _file(kind, "handovers", exports.header(), exports.rows(rows, place_names()))


@concern.route("/new", allow=DECIDERS)
def new() -> Response:
    """Who, where, to whom, when: each step has an address of its own; the last one shows what would go along."""
    kind = _kind()
    steps = _Steps(kind)
    if steps.missing is not None:
        return _pick(steps)
    known = steps.known()
    start = {"day": (clock.today() + ONE_DAY).isoformat(), "line": sorted(known)}
    if "day" in request.args:
        form = LookForm(clock.today(), known, request.args)
        return _new(steps, form, 200 if form.validate() else 422)
    form = LookForm(clock.today(), known, data=start)
    form.validate()
    return _new(steps, form)


@concern.route("", allow=DECIDERS, methods=("POST",))
def create() -> Response:
    """Arrange it."""
    kind = _kind()
    steps = _Steps(kind)
    if steps.missing is not None:
        abort(404)
    form = ArrangeForm(clock.today(), steps.known())
    if not form.validate():
        return _new(steps, form, 422)
    try:
        handover = actions.arrange(
            current_user,
            steps.wanted(form),
            form.reason.data or "",
            UUID(form.key.data),
            _when(),
            form.seen.data or "",
        )
    except RefusedError:
        return _new(steps, form, 409)  # the page says why
    except actions.ChangedError:
        said = _(
            "Nothing was handed over yet: what would go along has changed meanwhile. Look at it and confirm again."
        )
        return _new(steps, form, 409, said=said)
    except actions.TwiceError:
        return _new(
            steps, form, 409, said=_("This rep's hand-over of this region is to come already. Call that one off first.")
        )
    except actions.GoneError:
        abort(404)
    except _FIRST:
        db.session.rollback()
        return _new(
            steps, form, 409, said=_("Somebody has changed the areas here at the same moment. Look at it anew.")
        )
    done = handover.state is State.DONE
    flash(_("Handed over.") if done else _("Arranged. It is carried out by itself on its day."), "ok")
    return see_other(url_for(".show", handover_id=handover.id))


@concern.route("/<uuid:handover_id>", allow=SIGNED_IN)
def show(handover_id: UUID) -> Response:
    """One: who, where, when and why; what went along or would today, what stays."""
    return _show(queries.find(current_user, handover_id) or abort(404))


@concern.route("/<uuid:handover_id>/items.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def items(handover_id: UUID, kind: str) -> Response:
    """All that goes along, as a file: what the receiving side gets."""
    row = queries.find(current_user, handover_id) or abort(404)
    groups = queries.going(current_user, _held(row), None)
    return _file(kind, "handover", exports.item_header(), exports.item_rows(groups, place_names()))


@concern.route("/<uuid:handover_id>/cancellation", allow=DECIDERS, methods=("POST",))
def cancel(handover_id: UUID) -> Response:
    """It will not be."""
    row = queries.find(current_user, handover_id) or abort(404)
    if not _may(row.handover.kind, row.handover.region_code):
        abort(403)
    try:
        as_before = actions.call_off(current_user, row.handover, _when())
    except (MovedError, area_actions.TakenError):
        db.session.rollback()
        return _show(
            queries.find(current_user, handover_id) or abort(404),
            409,
            said=_(
                "It could not be called off: it was carried out or called off, or its areas were changed, meanwhile."
            ),
        )
    flash(
        _("Called off. Everything is as it was.")
        if as_before
        else _("Called off. Nothing goes along; the areas stay as they were changed meanwhile."),
        "ok",
    )
    return see_other(url_for(".show", handover_id=handover_id))


# What is asked for, step by step ----------------------------------------------------------------------------------


class _Steps:
    """What the address or the form says so far; `missing` names the step that is next."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.given: dict[str, Any] = {"kind": kind.value}
        values = request.form if request.method == "POST" else request.args
        find: Any = _distributor if kind is Kind.AREA else _rep
        self.region = _region(values.get("region"))
        self.giver = find(values.get("from"))
        self.taker = find(values.get("to"))
        for name, row in (("region", self.region), ("from", self.giver), ("to", self.taker)):
            if row is not None:
                self.given[name] = row.username if isinstance(row, User) else row.code
        if self.region is not None and not _may(kind, self.region.code):
            abort(404)

    @property
    def order(self) -> tuple[str, ...]:
        """The steps, in their order."""
        return ("from", "region", "to") if self.kind is Kind.AREA else ("region", "from", "to")

    @property
    def missing(self) -> str | None:
        return next((name for name in self.order if name not in self.given), None)

    def known(self) -> frozenset[str]:
        """Lines of an area that can be handed over, casefolded."""
        if self.kind is not Kind.AREA or self.giver is None or self.region is None:
            return frozenset()
        rows = queries.lines_of(self.giver.id, self.region.code, clock.today())
        return frozenset(row.line.casefold() for row in rows) or frozenset({ALL_LINES})

    def wanted(self, form: LookForm) -> Wanted:
        """What a valid form asks for."""
        if self.giver is None or self.taker is None or self.region is None:
            raise ValueError("a step is missing")
        return Wanted(self.kind, self.giver.id, self.taker.id, self.region.code, form.on, form.lines)

    def link(self, **changes: Any) -> str:
        return url_for(".new", **{**self.given, **changes})


def _kind() -> Kind:
    given = (request.form if request.method == "POST" else request.args).get("kind")
    kind = Kind(given) if given in set(Kind) else Kind.REPS
    if kind is Kind.AREA and current_user.role is not Role.ADMIN:
        abort(403)
    return kind


def _may(kind: Kind, region: str) -> bool:
    """Administrators hand over both, supervisors patches of their own patch."""
    if current_user.role is Role.ADMIN:
        return True
    return kind is Kind.REPS and current_user.role is Role.SUPERVISOR and bool(current_user.covers(region))


def _pick(steps: _Steps) -> Response:
    text = request.args.get("q", "").replace("\x00", "").strip()[:MOST_TEXT]
    step = steps.missing or ""
    find = {
        ("area", "from"): _find_distributors,
        ("area", "region"): _find_areas,
        ("area", "to"): _find_distributors,
        ("reps", "region"): _find_regions,
    }.get((steps.kind.value, step), _find_reps)
    return page(
        "desk/handover/pick.html",
        "found",
        steps=steps,
        step=step,
        text=text,
        searched=find in (_find_distributors, _find_regions),
        found=find(steps, step, text),
    )


Found = list[tuple[str, str, str]]


def _find_distributors(steps: _Steps, step: str, text: str) -> Found:
    """By a search; without one, those near the region that is handed over."""
    if text:
        near = [(one.code, one.name) for one in search_distributors(current_user, text, MOST_FOUND)]
    elif step == "to" and steps.region is not None and steps.giver is not None:
        select = sa.select(Distributor.code, Distributor.name).where(
            matters.below(Distributor.region_code, steps.region.code[:4]),
            Distributor.status != Status.ENDED,
            Distributor.id != steps.giver.id,
        )
        near = list(db.session.execute(select.order_by(Distributor.pinyin, Distributor.id).limit(MOST_FOUND)).tuples())
    else:
        near = []
    return [(steps.link(**{step: code}), name, code) for code, name in near if code != steps.given.get("from")]


def _find_areas(steps: _Steps, step: str, _text: str) -> Found:
    """The regions that the old distributor has."""
    if steps.giver is None:
        return []
    place = place_names()
    held: dict[str, list[str]] = {}
    for row in queries.areas.of_distributor(steps.giver.id, clock.today(), 200):
        held.setdefault(row.region_code, []).append(lines.said(row.line))
    return [(steps.link(**{step: code}), place(code), ", ".join(dict.fromkeys(some))) for code, some in held.items()]


def _find_regions(steps: _Steps, step: str, text: str) -> Found:
    """By a search; without one, a supervisor's own patch."""
    near = patches.within(current_user.covers, text, MOST_FOUND) if text else patches.names(current_user.patch).items()
    return [(steps.link(**{step: code}), name, code) for code, name in near]


def _find_reps(steps: _Steps, step: str, _text: str) -> Found:
    """Who has distributors there; then who may take them."""
    if steps.region is None:
        return []
    found = []
    for user, many in queries.reps(steps.region.code):
        if (step == "from" and not many) or (
            step == "to" and (user.id == getattr(steps.giver, "id", None) or not user.active)
        ):
            continue
        told = words.counted(queries.Matter.DISTRIBUTOR, many)
        found.append(
            (steps.link(**{step: user.username}), user.name, told if user.active else f"{told} · {_('deactivated')}")
        )
    return found


def _new(steps: _Steps, form: LookForm, status: int = 200, said: str = "") -> Response:
    preview: Preview | None = None
    if not form.day.errors and not form.line.errors:
        preview = queries.look(steps.wanted(form))
    region = steps.region.code if steps.region is not None else ""
    rows = queries.lines_of(steps.giver.id, region, clock.today()) if steps.kind is Kind.AREA and steps.giver else []
    return page(
        "desk/handover/new.html",
        "preview",
        status=status,
        steps=steps,
        form=form,
        key=form.data.get("key") or uuid7(),
        reason=form.data.get("reason") or "",
        errors=form.errors,
        known=list({row.line.casefold(): (row.line.casefold(), lines.said(row.line)) for row in rows}.values()),
        preview=preview,
        groups=queries.going(current_user, preview.items) if preview else [],
        staying=queries.staying(preview.items) if preview else [],
        at_once=not form.day.errors and form.on <= clock.today(),
        both=_in_both(preview.items) if preview else 0,
        said=said,
        place=place_names(),
        words=words,
        one_day=ONE_DAY,
    )


# One --------------------------------------------------------------------------------------------------------------


def _held(row: Row) -> list[matters.Item]:
    """What went along; of one that is to come, what would today."""
    if row.handover.state is State.COMING:
        return queries.matters_of(queries.wanted_of(row.handover))
    return queries.items(row.handover)


def _show(row: Row, status: int = 200, said: str = "") -> Response:
    handover = row.handover
    found = _held(row)
    names = queries.names(handover.made_by_id, handover.ended_by_id)
    wanted = queries.wanted_of(handover)
    back: dict[str, Any] = {"kind": handover.kind.value, "region": handover.region_code}
    if handover.kind is Kind.AREA:
        back |= {"from": row.taker_code or "", "to": row.giver_code or ""}
    else:
        people = queries.usernames(wanted.giver, wanted.taker)
        back |= {"from": people[wanted.taker], "to": people[wanted.giver]}
    return page(
        "desk/handover/show.html",
        status=status,
        row=row,
        handover=handover,
        lines=", ".join(lines.said(one["line"]) for one in handover.areas),
        groups=queries.going(current_user, found),
        staying=queries.staying(found),
        both=_in_both(found),
        names=names,
        may=_may(handover.kind, handover.region_code),
        back=url_for(".new", **{name: value for name, value in back.items() if value}),
        said=said,
        place=place_names(),
        words=words,
    )


def _in_both(found: Iterable[matters.Item]) -> int:
    return sum(one.why is queries.Why.BOTH for one in found)


def _when() -> OnDay:
    return OnDay(clock.now(), clock.today())


def _distributor(code: str | None) -> Distributor | None:
    if not code:
        return None
    key = code.replace("\x00", "").strip().casefold()[:64]
    return db.session.scalar(
        sa.select(Distributor).where(Distributor.code_key == key, current_user.scope(Distributor.region_code))
    )


def _rep(username: str | None) -> User | None:
    if not username:
        return None
    key = username_key(username.replace("\x00", ""))[:64]
    return db.session.scalar(sa.select(User).where(User.username_key == key, User.role == Role.REP))


def _region(code: str | None) -> Region | None:
    return db.session.get(Region, code[:9]) if code and code.isascii() and code.isdecimal() else None


def _file(kind: str, name: str, header: list[str], rows: Iterable[list[Cell]]) -> Response:
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, header, rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=f"{name}.xlsx")
    body = b"".join(csv_chunks(header, rows))
    return Response(body, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}.csv"})
