"""Merged accounts: the suspicions, one pair side by side, what is decided of it, and the groups that follow."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, panels
from fieldapp.core.access import DECIDERS
from fieldapp.core.concern import Concern
from fieldapp.core.page import page, see_other
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.network.territory import patches

from . import actions, exports, group_queries, policy, queries, told, words
from .chart import chart, month_name
from .forms import DecisionForm, NameForm, ReasonForm
from .queries import Asked
from .rules import Kind, State, Verb, verbs

concern = Concern("merged", __name__, section="merged", url_prefix="/merged-accounts")


@concern.route("", allow=DECIDERS)
def index() -> Response:
    """The suspicions of a patch, the strongest first; htmx gets the results alone."""
    asked, today = Asked.read(request.args), clock.today()
    found = queries.listed(current_user, asked, today)

    def link(**changes: Any) -> str:
        arguments: dict[str, Any] = asked.args(**changes)
        return url_for(".index", **arguments)

    return page(
        "standing/merged/index.html",
        "results",
        asked=asked,
        found=found,
        words=words,
        scoring=policy.on(today)[1],
        run=queries.last_run(),
        place=_places(code for row in found.rows for code in (row.one_region, row.other_region)),
        tabs=[
            (link(state=state.value), words.state_name(state), asked.state is state, _shown(found.counts[state]))
            for state in State
            if state is not State.FADED or found.counts[state] or asked.state is state
        ],
        chips=[(link(strong=None if asked.strong else "1"), _("Strong"), asked.strong)],
        kinds=[(kind.value, words.kind_name(kind)) for kind in Kind],
        after=link(after=found.after) if found.after else None,
        sheet=lambda kind: link_to_sheet(asked, kind),
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=DECIDERS)
def export(kind: str) -> Response:
    """The list as CSV or XLSX."""
    rows = list(queries.every(current_user, Asked.read(request.args), clock.today()))
    place = _places(code for row in rows for code in (row.one_region, row.other_region))
    return _file(kind, "merged-accounts", exports.header(), exports.rows(rows, place))


@concern.route("/<uuid:pair_id>", allow=DECIDERS)
def show(pair_id: UUID) -> Response:
    """Both accounts side by side, and what speaks for their being one."""
    return _show(pair_id)


@concern.route("/<uuid:pair_id>/decision", allow=DECIDERS, methods=("POST",))
def decide(pair_id: UUID) -> Response:
    """Confirm, dismiss, watch, or take that back."""
    pair = queries.find(current_user, pair_id) or abort(404)
    form = DecisionForm()
    if not form.validate() or form.chosen is None or form.state is None:
        return _show(pair_id, 422, form=form, choose=form.chosen is None)
    try:
        actions.decide(current_user, pair, form.chosen, form.reason.data or "", form.state, clock.now())
    except actions.NotYoursError:
        abort(403)
    except actions.MovedError:
        return _show(pair_id, 409, form=form, moved=True)
    flash(words.verb_name(form.chosen), "ok")
    return see_other(url_for(".show", pair_id=pair_id))


@concern.route("/groups", allow=DECIDERS)
def groups() -> Response:
    """The groups that are counted as one."""
    number = request.args.get("page", "1")
    current = int(number) if number.isascii() and number.isdecimal() and 0 < len(number) < 5 else 1
    current = max(current, 1)
    found = group_queries.groups(current_user, queries.PAGE + 1, (current - 1) * queries.PAGE)
    return page(
        "standing/merged/groups.html",
        rows=found[: queries.PAGE],
        before=url_for(".groups", page=current - 1) if current > 1 else None,
        after=url_for(".groups", page=current + 1) if len(found) > queries.PAGE else None,
    )


@concern.route("/groups/export.<any(csv, xlsx):kind>", allow=DECIDERS)
def export_groups(kind: str) -> Response:
    """The groups as CSV or XLSX."""
    rows = exports.group_rows(group_queries.groups(current_user, 100_000))
    return _file(kind, "merged-groups", exports.group_header(), rows)


@concern.route("/groups/<uuid:group_id>", allow=DECIDERS)
def group(group_id: UUID) -> Response:
    """A group: its members, what they owe together, and the pairs it hangs by."""
    return _group(group_id)


@concern.route("/groups/<uuid:group_id>/name", allow=DECIDERS, methods=("POST",))
def rename(group_id: UUID) -> Response:
    """Another name for a group of which the viewer covers every member."""
    found = group_queries.find_group(current_user, group_id, clock.today()) or abort(404)
    form = NameForm()
    if not found.whole:
        abort(403)
    if not form.validate():
        return _group(group_id, 422, named=form)
    actions.rename(current_user, found.row, form.name.data or "", clock.now())
    flash(_("The group has another name."), "ok")
    return see_other(url_for(".group", group_id=group_id))


@concern.route("/groups/<uuid:group_id>/members/<uuid:distributor_id>/departure", allow=DECIDERS, methods=("POST",))
def leave(group_id: UUID, distributor_id: UUID) -> Response:
    """Take an account out of its group: its confirmed pairs are taken back."""
    found = group_queries.find_group(current_user, group_id, clock.today()) or abort(404)
    member = next((one for one in found.members if one.row.id == distributor_id), None) or abort(404)
    form = ReasonForm()
    if not found.whole:
        abort(403)
    if not form.validate():
        return _group(group_id, 422, left=form, leaving=distributor_id)
    pairs = [pair for pair in found.pairs if distributor_id in (pair.one.id, pair.other.id)]
    try:
        actions.leave(current_user, member.row, pairs, form.reason.data or "", clock.now())
    except actions.NotYoursError:
        abort(403)
    except actions.MovedError:
        return _group(group_id, 409, left=form, leaving=distributor_id, moved=True)
    flash(_("%(name)s is counted by itself again.", name=member.row.name), "ok")
    still = group_queries.find_group(current_user, group_id, clock.today())
    return see_other(url_for(".group", group_id=group_id) if still else url_for(".groups"))


def _show(pair_id: UUID, status: int = 200, form: DecisionForm | None = None, **more: Any) -> Response:
    pair = queries.find(current_user, pair_id) or abort(404)
    found = queries.show(current_user, pair, clock.today())
    names = {"one": pair.one.name, "other": pair.other.name}
    evidence = [
        (
            words.kind_name(Kind(one["kind"])),
            words.sentence(
                Kind(one["kind"]), one["holders"], one["facts"], names, found.values.get(f"{one['kind']}:{one['key']}")
            ),
            one["points"],
        )
        for one in pair.row.evidence
    ]
    may = told.may_decide(current_user, pair.regions)
    return page(
        "standing/merged/show.html",
        status=status,
        found=found,
        panels=panels.shown("link:merged", current_user, pair_id, clock.today()),
        pair=pair.row,
        evidence=evidence,
        against=words.against(pair.row.context),
        words=words,
        scoring=policy.on(clock.today())[1],
        verbs=verbs(pair.row.state) if may else [],
        may=may,
        chart=chart(found.one.months, found.other.months, found.first),
        month_name=month_name,
        place=_places([pair.one.region_code, pair.other.region_code]),
        form=form or DecisionForm(formdata=None),
        group=group_queries.group_of(pair.one.id) if pair.row.state is State.CONFIRMED else None,
        Verb=Verb,
        **more,
    )


def _group(group_id: UUID, status: int = 200, **more: Any) -> Response:
    found = group_queries.find_group(current_user, group_id, clock.today()) or abort(404)
    regions = [one.row.region_code for one in found.members]
    return page(
        "standing/merged/group.html",
        status=status,
        group=found,
        may=found.whole and told.may_decide(current_user, regions),
        place=_places(regions),
        today=clock.today(),
        **{"named": None, "left": None, "leaving": None, **more},
    )


def _places(codes: Iterable[str | None]) -> Callable[[str | None], str]:
    """How a region reads: without its province, which all who work there know."""
    names = patches.names(code for code in codes if code)

    def place(code: str | None) -> str:
        parts = names.get(code or "", "").split(" · ")
        return " ".join(parts[1:3] or parts)

    return place


def link_to_sheet(asked: Asked, kind: str) -> str:
    """The list as a file."""
    arguments: dict[str, Any] = asked.args()
    return url_for(".export", kind=kind, **arguments)


def _shown(count: int) -> str:
    return f"{queries.COUNTED:,}+" if count > queries.COUNTED else f"{count:,}"


def _file(kind: str, name: str, header: list[str], rows: Iterable[list[Cell]]) -> Response:
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, header, rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=f"{name}.xlsx")
    body = b"".join(csv_chunks(header, rows))
    return Response(body, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}.csv"})
