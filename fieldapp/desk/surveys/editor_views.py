"""Forms of surveys, by administrators: the list, a form with its versions, editing, publishing the next version.

The draft lives in the page: each step (add a question, move it) sends it to the server and gets it back, so that it
works without JavaScript and nobody's half-done form stands in the database.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import ADMINS
from fieldapp.core.concern import Concern
from fieldapp.core.i18n import language
from fieldapp.core.page import page, see_other
from fieldapp.fieldwork.surveys import actions, book, drafts, results
from fieldapp.fieldwork.surveys.drafts import KEY, Content, Flaw
from fieldapp.fieldwork.surveys.models import FormVersion
from fieldapp.fieldwork.surveys.results import Book
from fieldapp.fieldwork.surveys.results_rules import OVERALL
from fieldapp.fieldwork.surveys.rules import UNASKED, Audience, Form, QuestionKind, read_form, say
from fieldapp.people.policy.queries import names_of

from . import editor, words
from .forms import Answers

concern = Concern("survey_forms", __name__, section="admin", url_prefix="/surveys/forms")


@concern.route("", allow=ADMINS)
def index() -> Response:
    """All forms."""
    held = results.books()
    rows: list[tuple[str, FormVersion | None, Form]] = [
        (key, one.versions[-1], one.newest) for key, one in held.items()
    ]
    rows += [(key, None, read_form(content)) for key, content in book.shipped().items() if key not in held]
    return page(
        "desk/surveys/forms.html",
        rows=sorted(rows, key=lambda row: row[0]),
        names=names_of(version.made_by_id for _key, version, _form in rows if version),
        words=words,
        say=_say,
    )


@concern.route("/new", allow=ADMINS)
def new() -> Response:
    """An empty form, with the question that the results stand on."""
    row = {**drafts.blank(OVERALL), "words": {"zh": "总体满意度", "en": "All in all"}}
    return _edit("", None, {"audience": "distributor", "title": {"zh": "", "en": ""}, "questions": [row]}, 0)


@concern.route("/new", allow=ADMINS, methods=("POST",))
def step_new() -> Response:
    """A step on it."""
    return _step("", None)


@concern.route("", allow=ADMINS, methods=("POST",))
def create() -> Response:
    """Publish the first version of a new form."""
    content, form = editor.read(request.form), request.form.get("form", "").strip()
    flaws = drafts.flaws(content, None)
    if not KEY.fullmatch(form):
        flaws["form"] = Flaw.KEY
    elif form in book.shipped() or book.newest(form):
        flaws["form"] = Flaw.TAKEN
    if flaws:
        return _edit("", None, content, 0, 422, flaws=flaws, typed=form)
    try:
        actions.publish(current_user, form, 0, drafts.clean(content), clock.now())
    except actions.FormChangedError:
        return _edit("", None, content, 0, 409, flaws={"form": Flaw.TAKEN}, typed=form)
    flash(_("Published."), "ok")
    return see_other(url_for(".index"))


@concern.route("/<form>", allow=ADMINS)
def edit(form: str) -> Response:
    """The next version, beginning with the one that is asked now."""
    held = _held(form)
    content = held.versions[-1].content if held else book.shipped()[form]
    return _edit(form, held, drafts.opened(content), held.versions[-1].number if held else 1)


@concern.route("/<form>", allow=ADMINS, methods=("POST",))
def step(form: str) -> Response:
    """A step on the draft: it comes back changed, or with its preview; nothing is kept."""
    return _step(form, _held(form))


@concern.route("/<form>/versions", allow=ADMINS, methods=("POST",))
def publish(form: str) -> Response:
    """Publish the draft as the next version."""
    held = _held(form)
    newest = held.versions[-1].content if held else book.shipped()[form]
    content, base = editor.read(request.form), _number(request.form.get("base", ""))
    content["audience"] = newest["audience"]  # whom a form asks stays: its series would mix them
    flaws = drafts.flaws(content, newest)
    if flaws:
        return _edit(form, held, content, base, 422, flaws=flaws)
    if drafts.clean(content) == drafts.clean(drafts.opened(newest)):
        return _edit(form, held, content, base, 422, unchanged=True)
    try:
        version = actions.publish(current_user, form, base, drafts.clean(content), clock.now())
    except actions.FormChangedError as error:
        return _edit(form, _held(form), content, error.version.number, 409, theirs=_theirs(form, base, error.version))
    flash(_("Version %(number)s is asked from now on. Answers keep the version they were asked in.",
            number=version.number), "ok")  # fmt: skip
    return see_other(url_for(".edit", form=form))


@concern.route("/<form>/versions/<int:number>", allow=ADMINS)
def version(form: str, number: int) -> Response:
    """A version as it was asked."""
    held = _held(form)
    found = next((one for one in held.versions if one.number == number), None) if held else None
    if found is None:
        abort(404)
    return page(
        "desk/surveys/version.html",
        form=form,
        version=found,
        read=read_form(found.content),
        names=names_of([found.made_by_id]),
        words=words,
        say=_say,
    )


def _held(form: str) -> Book | None:
    """A form with its versions, None for one that came with the app and was never asked; 404 for an unknown one."""
    found = results.books().get(form)
    if found is None and form not in book.shipped():
        abort(404)
    return found


def _step(form: str, held: Book | None) -> Response:
    content, base = editor.read(request.form), _number(request.form.get("base", ""))
    verb, *arguments = request.form.get("do", "").split(":")
    if held is not None:
        content["audience"] = held.versions[-1].content["audience"]
    elif form:
        content["audience"] = book.shipped()[form]["audience"]
    here = drafts.step(content, verb, arguments, _taken(held))
    flaws = drafts.flaws(content, _before(form, held)) if verb == "preview" else {}
    preview = read_form(drafts.clean(content)) if verb == "preview" and not flaws else None
    return _edit(
        form, held, content, base, here=here, flaws=flaws, preview=preview, typed=request.form.get("form", "").strip()
    )


def _before(form: str, held: Book | None) -> Mapping[str, Any] | None:
    if held is not None:
        return held.versions[-1].content
    return book.shipped()[form] if form else None


def _taken(held: Book | None) -> set[str]:
    """Keys of questions of every version."""
    return {one.key for form in held.forms for one in form.questions} if held else set()


def _theirs(form: str, base: int, newest: FormVersion) -> dict[str, Any]:
    """What the others did since the version that the page began with."""
    held = _held(form)
    before = next((one for one in held.versions if one.number == base), None) if held else None
    found = drafts.changes(before.content, newest.content) if before else []
    return {
        "name": names_of([newest.made_by_id]).get(newest.made_by_id or UUID(int=0), ""),
        "version": newest,
        "changes": [editor.change_text(one, _say(one.words) if one.words else "") for one in found],
    }


def _edit(
    form: str,
    held: Book | None,
    content: Content,
    base: int,
    status: int = 200,
    *,
    flaws: Mapping[str, Flaw] | None = None,
    typed: str = "",
    **more: Any,
) -> Response:
    """The editor with a draft."""
    before = _before(form, held)
    versions = list(reversed(held.versions)) if held else []
    return page(
        "desk/surveys/editor.html",
        status=status,
        form=form,
        typed=typed,
        draft=content,
        base=base,
        errors={name: editor.flaw_text(flaw) for name, flaw in (flaws or {}).items()},
        error_links=[(f"#f-{name}", editor.flaw_text(flaw)) for name, flaw in (flaws or {}).items()],
        wrong_keys={name.split(".")[1] for name in flaws or {} if name.startswith("q.")},
        kinds=[(kind.value, words.kind_name(kind)) for kind in QuestionKind],
        kind_names={kind.value: words.kind_name(kind) for kind in QuestionKind},
        audiences=[(one.value, words.audience_name(one)) for one in Audience],
        audience=words.audience_name(Audience(content["audience"])),
        fixed={row["key"] for row in before["questions"]} if before else set(),
        chosen=("single", "multiple"),
        conditions=_conditions(content),
        overall=OVERALL if all(row["key"] != OVERALL for row in content["questions"]) else None,
        versions=[(one, _since(held, one)) for one in versions],
        names=names_of(one.made_by_id for one in versions),
        words=words,
        say=_say,
        say_in=say,
        locale=language(),
        blank=Answers(),
        **{"here": "", "preview": None, "theirs": None, "unchanged": False, **more},
    )


def _since(held: Book | None, version: FormVersion) -> list[str]:
    before = next((one for one in held.versions if one.number == version.number - 1), None) if held else None
    if before is None:
        return []
    return [
        editor.change_text(one, _say(one.words) if one.words else "")
        for one in drafts.changes(before.content, version.content)
    ]


def _conditions(content: Content) -> dict[str, Any]:
    """{question: (the earlier ones that it may hang on, answers of the one it hangs on, those that are ticked)}."""
    found: dict[str, Any] = {}
    earlier: list[dict[str, Any]] = []
    for row in content["questions"]:
        when = row.get("when")
        # A question that was moved below stays in the list, so that the page can say what is wrong.
        asked = drafts.question(content, when["question"]) if when else None
        possible = [one for one in earlier if one["kind"] not in UNASKED]
        if asked is not None and asked not in possible:
            possible.append(asked)
        answers: list[tuple[str, str]] = []
        if asked is not None:
            said = {one["key"]: _say(one["words"]) for one in asked["choices"]}
            answers = [(one, said.get(one, one)) for one in drafts.offered(asked)]
        ticked = drafts.answers_of(when, asked) if when and asked is not None else []
        found[row["key"]] = ([(one["key"], _say(one["words"])) for one in possible], answers, ticked)
        earlier.append(row)
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


def _say(texts: Mapping[str, str]) -> str:
    return say(texts, language()) or "…"
