"""Changes of the book: drafts, their grid, what they would do, and the second person's decision."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from fieldapp.core import clock, outbox
from fieldapp.core.access import DECIDERS
from fieldapp.core.db import db, uuid7
from fieldapp.core.page import page, see_other
from fieldapp.desk.checks import trial
from fieldapp.desk.deals.queries import place_names
from fieldapp.desk.visits import products
from fieldapp.people.policy.queries import names_of
from fieldapp.trade.pricing import actions, policy, queries
from fieldapp.trade.pricing.actions import BlockedError, ChangedError, RefusedError, TakenError, TooManyError
from fieldapp.trade.pricing.change_rules import (
    DraftState,
    Fault,
    LineKind,
    Problem,
    Refusal,
    Verb,
    percent_between,
)
from fieldapp.trade.pricing.change_rules import refusal as rule
from fieldapp.trade.pricing.models import PriceDraft
from fieldapp.trade.pricing.rules import ANY
from fieldapp.trade.products import lines

from . import effect, exports, words
from .forms import (
    AboutForm,
    ApprovalForm,
    BeginForm,
    CopyForm,
    Grid,
    LineForm,
    RaiseForm,
    WordsForm,
    page_of,
    read_grid,
    shown,
)
from .views import concern, regions_meant, rights, sheet, tabs

PAGE = 20
COMPARED = 50
ONE = "/drafts/<uuid:draft_id>"


@concern.route("/drafts", allow=DECIDERS)
def drafts() -> Response:
    """Changes under way, and those that are done."""
    return _drafts()


def _drafts(status: int = 200, refused: str | None = None) -> Response:
    may = rights()
    return page(
        "desk/pricebook/drafts.html",
        status=status,
        refused=refused,
        under_way=queries.drafts(current_user, may),
        closed=queries.drafts(current_user, may, closed=True),
        may=may,
        tabs=tabs("drafts", may),
        words=words,
        new_key=uuid7(),
    )


@concern.route("/drafts", allow=DECIDERS, methods=("POST",))
def begin() -> Response:
    """Begin a change, with a row of the book in it where one was named."""
    form, may, now = BeginForm(), rights(), clock.now()
    if not may.drafts:
        return _drafts(409, words.refusal(Refusal.NOT_YOURS))
    starts = clock.today() + timedelta(days=1)
    title = (form.title.data or "").strip() or _("Prices from %(day)s", day=starts.isoformat())
    key = actions.begin(current_user, outbox.key() or uuid7(), title[:120], starts, now)
    named = CopyForm()
    if named.price_id is not None:
        return _copy(_find(key), named)
    return see_other(url_for(".draft", draft_id=key))


@concern.route(ONE, allow=DECIDERS)
def draft(draft_id: UUID) -> Response:
    """A draft: its grid while it is open, what it would do from then on."""
    found = _find(draft_id)
    if found.state is DraftState.OPEN and rights().drafts:
        return _editor(found)
    return _comparison(found)


@concern.route(ONE, allow=DECIDERS, methods=("POST",))
def describe(draft_id: UUID) -> Response:
    """Keep its name, reason and first day."""
    found, form = _find(draft_id), AboutForm()
    if not form.validate():
        return _editor(found, 422, about=form)
    try:
        actions.describe(
            current_user, rights(), found, form.title.data or "", form.reason.data or "", form.day, clock.now()
        )
    except RefusedError as error:
        return _refused(found, error)
    except TakenError:
        form.starts.errors = [_taken()]
        return _editor(_again(draft_id), 422, about=form)
    return _saved(found)


@concern.route(f"{ONE}/grid", allow=DECIDERS, methods=("POST",))
def save(draft_id: UUID) -> Response:
    """Save what was typed into the grid, together with what others saved meanwhile; 409 where both changed a cell.

    `then=compare` goes on to the comparison: what was typed and not saved is never left behind.
    """
    found = _find(draft_id)
    grid = read_grid(request.form, request.form.getlist("line")[:PAGE])
    if grid.errors:
        return _editor(found, 422, grid=grid)
    try:
        actions.edit(current_user, rights(), found, grid.edited, clock.now())
    except RefusedError as error:
        return _refused(found, error)
    except ChangedError as error:
        return _clash(found, grid, error.clashes)
    except TakenError:
        return _editor(_again(draft_id), 409, grid=grid, refused=_taken())
    if request.form.get("then") == "compare":
        return see_other(url_for(".comparison", draft_id=draft_id))
    return _saved(found, page=page_of(request.args.get("page")))


def _clash(found: PriceDraft, grid: Grid, clashes: Mapping[UUID, Any]) -> Response:
    """The grid as it was typed, with what others made of the same cells meanwhile."""
    db.session.rollback()
    found = _again(found.id)
    now_there = {str(one.line.id): shown(one.line) for one in queries.lines(found.id)}
    errors: dict[tuple[str, str], str] = {}
    for line_id, names in clashes.items():
        for name in names:
            key = str(line_id)
            if key in now_there:
                value = now_there[key][name] or "—"
                errors[key, name] = _(
                    "Meanwhile somebody saved %(value)s. Save again to put yours over it.", value=value
                )
    gone = [key for key in map(str, clashes) if key not in now_there]
    refused = _("Somebody changed the same cells meanwhile. Nothing of yours was saved yet; it stands below.")
    if gone:
        refused = _("Somebody took out a line that you changed. What you typed for it is not saved.")
    return _editor(found, 409, grid=Grid(grid.edited, errors, grid.texts), refused=refused)


@concern.route(f"{ONE}/lines", allow=DECIDERS, methods=("POST",))
def add(draft_id: UUID) -> Response:
    """A new line."""
    found, form = _find(draft_id), _line_form()
    if not form.validate():
        return _editor(found, 422, line=form)
    try:
        actions.add(current_user, rights(), found, form.typed, clock.now())
    except RefusedError as error:
        return _refused(found, error)
    except TooManyError:
        return _editor(_again(draft_id), 409, line=form, refused=_too_many())
    except TakenError:
        form.product.errors = [_taken()]
        return _editor(_again(draft_id), 422, line=form)
    return _saved(found)


@concern.route(f"{ONE}/lines/<uuid:line_id>/removal", allow=DECIDERS, methods=("POST",))
def remove(draft_id: UUID, line_id: UUID) -> Response:
    """Take a line out."""
    found = _find(draft_id)
    try:
        actions.remove(current_user, rights(), found, line_id, clock.now())
    except RefusedError as error:
        return _refused(found, error)
    return _saved(found)


@concern.route(f"{ONE}/copies", allow=DECIDERS, methods=("POST",))
def copy(draft_id: UUID) -> Response:
    """Take a row of the book into the draft, to change it or to end it."""
    return _copy(_find(draft_id), CopyForm())


def _copy(found: PriceDraft, form: CopyForm) -> Response:
    row = queries.find_price(current_user, form.price_id) if form.price_id else None
    if row is None or not current_user.covers(row.region):
        abort(404)
    try:
        actions.copy(current_user, rights(), found, row, form.how, clock.now())
    except RefusedError as error:
        return _refused(found, error)
    except TooManyError:
        return _editor(_again(found.id), 409, refused=_too_many())
    return _saved(found)


@concern.route(f"{ONE}/adjustments", allow=DECIDERS, methods=("POST",))
def adjust(draft_id: UUID) -> Response:
    """Raise or lower one price of many rows at once."""
    found, form = _find(draft_id), RaiseForm(regions_meant)
    if not form.validate():
        return _editor(found, 422, raised=form)
    try:
        count = actions.raise_prices(
            current_user, rights(), found, form.asked(found.starts), form.by_how_much, clock.now()
        )
    except RefusedError as error:
        return _refused(found, error)
    except TooManyError:
        return _editor(_again(draft_id), 409, raised=form, refused=_too_many())
    flash(ngettext("%(num)s line was changed.", "%(num)s lines were changed.", count), "ok" if count else "info")
    return see_other(url_for(".draft", draft_id=draft_id))


@concern.route(f"{ONE}/comparison", allow=DECIDERS)
def comparison(draft_id: UUID) -> Response:
    """Old and new line by line, and what the change would do."""
    return _comparison(_find(draft_id))


@concern.route(f"{ONE}/export.<any(csv, xlsx):kind>", allow=DECIDERS)
def export_draft(draft_id: UUID, kind: str) -> Response:
    """Its lines, old and new, as a file."""
    found = _find(draft_id)
    plans, _held = queries.plans(draft_id, clock.today(), policy.on(clock.today()).jump_percent)
    before = {key: one for plan in plans.values() for key, one in plan.before.items()}
    rows = exports.draft(queries.lines(draft_id), before, place_names())
    return sheet(kind, f"price-change-{found.made_at:%Y-%m-%d}", exports.draft_header(), rows)


# The second person --------------------------------------------------------------------------------------------------


@concern.route(f"{ONE}/submission", allow=DECIDERS, methods=("POST",))
def submit(draft_id: UUID) -> Response:
    """Ask for the second person."""
    found, today = _find(draft_id), clock.today()
    try:
        actions.submit(current_user, rights(), found, policy.on(today), today, clock.now())
    except RefusedError as error:
        return _refused(found, error)
    except BlockedError as error:
        return _editor(_again(draft_id), 409, refused=_blocked(error))
    flash(_("Submitted. A second person decides."), "ok")
    return see_other(url_for(".draft", draft_id=draft_id))


@concern.route(f"{ONE}/withdrawal", allow=DECIDERS, methods=("POST",))
def withdraw(draft_id: UUID) -> Response:
    """Take it back."""
    found = _find(draft_id)
    try:
        actions.withdraw(current_user, rights(), found, clock.now())
    except RefusedError as error:
        return _refused(found, error)
    return see_other(url_for(".draft", draft_id=draft_id))


@concern.route(f"{ONE}/return", allow=DECIDERS, methods=("POST",))
def send_back(draft_id: UUID) -> Response:
    """Return it with words."""
    found, form = _find(draft_id), WordsForm()
    if not form.validate():
        return _comparison(found, 422, words_form=form)
    try:
        actions.send_back(current_user, rights(), found, form.words.data or "", clock.now())
    except RefusedError as error:
        return _refused(found, error)
    flash(_("Returned, with your words."), "ok")
    return see_other(url_for(".drafts"))


@concern.route(f"{ONE}/approval", allow=DECIDERS, methods=("POST",))
def approve(draft_id: UUID) -> Response:
    """Publish it."""
    found, form, today = _find(draft_id), ApprovalForm(), clock.today()
    try:
        count = actions.approve(
            current_user, rights(), found, form.seen.data or "", policy.on(today), today, clock.now()
        )
    except RefusedError as error:
        return _refused(found, error)
    except BlockedError as error:
        return _comparison(_again(draft_id), 409, refused=_blocked(error))
    except ChangedError:
        refused = _("The draft or the book has changed since you looked. Nothing is published; this is what is so now.")
        return _comparison(_again(draft_id), 409, refused=refused)
    flash(ngettext("Published: %(num)s row of the book.", "Published: %(num)s rows of the book.", count), "ok")
    return see_other(url_for(".draft", draft_id=draft_id))


@concern.route(f"{ONE}/discarding", allow=DECIDERS, methods=("POST",))
def discard(draft_id: UUID) -> Response:
    """Put it away."""
    found = _find(draft_id)
    try:
        actions.discard(current_user, rights(), found, clock.now())
    except RefusedError as error:
        return _refused(found, error)
    flash(_("The draft is discarded."), "ok")
    return see_other(url_for(".drafts"))


# Pages --------------------------------------------------------------------------------------------------------------


def _find(draft_id: UUID) -> PriceDraft:
    return queries.find_draft(current_user, rights(), draft_id) or abort(404)


def _again(draft_id: UUID) -> PriceDraft:
    """The draft as it is stored, after something was not done."""
    db.session.rollback()
    db.session.expire_all()
    return _find(draft_id)


def _saved(found: PriceDraft, **arguments: Any) -> Response:
    flash(_("The draft is saved."), "ok")
    more = {name: value for name, value in arguments.items() if value != 1}
    return see_other(url_for(".draft", draft_id=found.id, **more))


def _refused(found: PriceDraft, error: RefusedError) -> Response:
    """What is so now, and why nothing was done: 409; 403 for whom it never is."""
    found = _again(found.id)
    status = 403 if error.refusal in (Refusal.NOT_YOURS, Refusal.OWN) else 409
    return _comparison(found, status, refused=words.refusal(error.refusal))


def _blocked(error: BlockedError) -> str:
    if not error.problems:
        return _("There is nothing to publish: no line changes anything.")
    return _("Some lines cannot be published. What is wrong stands beside them.")


def _taken() -> str:
    return _("The draft has a line for this product, region, tier and day already.")


def _too_many() -> str:
    return _("A draft takes %(most)s changes at most.", most=f"{actions.MOST_LINES:,}")


def _line_form(**given: Any) -> LineForm:
    def product_of(text: str) -> UUID | None:
        found = products.meant(text)
        return found.id if found else None

    return LineForm(product_of, regions_meant, current_user.covers, **given)


def _problems(found: PriceDraft) -> tuple[dict[Any, Any], dict[Any, Any], dict[str, list[Problem]]]:
    today = clock.today()
    plans, held = queries.plans(found.id, today, policy.on(today).jump_percent)
    of_line: dict[str, list[Problem]] = defaultdict(list)
    for plan in plans.values():
        for problem in plan.problems:
            of_line[problem.line].append(problem)
    named = [(plan, tier) for (_product, _region, tier), plan in plans.items() if tier != ANY]
    known = queries.tiers_of_distributors() if named else set()
    for plan, tier in named:
        if tier not in known:
            for line in plan.before:
                of_line[line].append(Problem(line, "tier", Fault.NOBODY))
    return plans, held, of_line


def _editor(
    found: PriceDraft,
    status: int = 200,
    *,
    about: AboutForm | None = None,
    line: LineForm | None = None,
    raised: RaiseForm | None = None,
    grid: Grid | None = None,
    refused: str | None = None,
) -> Response:
    may = rights()
    if found.state is not DraftState.OPEN or not may.drafts:
        return _comparison(found, status, refused=refused)
    plans, _held, problems = _problems(found)
    count, number = queries.count_lines(found.id), page_of(request.args.get("page"))
    about = about or AboutForm(
        formdata=None, data={"title": found.title, "reason": found.reason, "starts": found.starts.isoformat()}
    )
    line = line or _line_form(formdata=None, data={"valid_from": found.starts.isoformat()})
    rows = queries.lines(found.id, PAGE, (number - 1) * PAGE)
    return page(
        "desk/pricebook/draft.html",
        status=status,
        draft=found,
        about=about,
        line=line,
        raised=raised or RaiseForm(regions_meant, formdata=None, data={"field": "floor_price", "unit": "yuan"}),
        grid=grid,
        rows=rows,
        shown={str(one.line.id): shown(one.line) for one in rows},
        before={key: one for plan in plans.values() for key, one in plan.before.items()},
        count=count,
        number=number,
        problems=problems,
        faulty=sum(any(one.stops for one in given) for given in problems.values()),
        refused=refused,
        words=words,
        place=place_names(),
        names=names_of([found.made_by_id, found.submitted_by_id]),
        lines=lines.options(),
        tiers=[(one, one) for one in queries.tiers()],
        products=products.names(),
        is_end=LineKind.END,
        before_page=url_for(".draft", draft_id=found.id, page=number - 1) if number > 1 else None,
        after_page=url_for(".draft", draft_id=found.id, page=number + 1) if count > number * PAGE else None,
    )


def _comparison(
    found: PriceDraft, status: int = 200, *, words_form: WordsForm | None = None, refused: str | None = None
) -> Response:
    may, today, number = rights(), clock.today(), page_of(request.args.get("page"))
    plans, held, problems = _problems(found)
    under_way = found.state in (DraftState.OPEN, DraftState.SUBMITTED)
    hands = queries.editors(found.id)

    def allowed(verb: Verb) -> bool:
        editor = current_user.id in hands
        return rule(found.state, verb, drafter=may.drafts, approver=may.approves, editor=editor) is None

    count = queries.count_lines(found.id)
    before = {key: one for plan in plans.values() for key, one in plan.before.items()} if under_way else {}
    if found.state is DraftState.PUBLISHED:
        before = dict(queries.replaced(found.id))

    def address(page: int) -> str:
        return url_for(".comparison", draft_id=found.id, page=page)

    return page(
        "desk/pricebook/comparison.html",
        status=status,
        draft=found,
        rows=queries.lines(found.id, COMPARED, (number - 1) * COMPARED),
        count=count,
        before=before,
        problems=problems if under_way else {},
        faulty=sum(any(one.stops for one in given) for given in problems.values()) if under_way else 0,
        effect=effect.effect(current_user, plans, held, today, clock.now()) if under_way else None,
        seal=actions.seal(plans),
        under_way=under_way,
        may={verb.value: allowed(verb) for verb in Verb},
        own=current_user.id in hands,
        words_form=words_form or WordsForm(formdata=None),
        refused=refused,
        words=words,
        word=trial.word,
        percent=percent_between,
        place=place_names(),
        names=names_of([found.made_by_id, found.submitted_by_id, found.decided_by_id, *hands]),
        hands=hands,
        hand_names=sorted(names_of(hands).values()),
        limits=effect,
        before_page=address(number - 1) if number > 1 else None,
        after_page=address(number + 1) if count > number * COMPARED else None,
        sheet=lambda kind: url_for(".export_draft", draft_id=found.id, kind=kind),
    )
