"""The administrators' page of files: send one, watch it being read, see what was wrong; and what each kind holds."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, abort, request, send_file, url_for
from flask_babel import get_locale
from flask_login import current_user

from fieldapp.core.access import ADMINS
from fieldapp.core.clock import now, today
from fieldapp.core.concern import Concern
from fieldapp.core.page import page, see_other
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, SheetError, limits, write_csv, write_xlsx
from fieldapp.trade.pricing import policy as pricing_policy
from fieldapp.trade.pricing import queries as pricing
from fieldapp.trade.pricing.models import PriceDraft

from . import queries, runs
from .forms import UploadForm
from .models import ImportRun, RunState
from .registry import Example, examples, kinds

concern = Concern("imports", __name__, section="admin")

PROBLEMS_A_PAGE = 50
RUNNING = frozenset({RunState.WAITING, RunState.READING, RunState.WRITING})


@concern.route("/import", allow=ADMINS)
def index() -> Response:
    """The form, and what was read before."""
    given = {"kind": request.args.get("kind", runs.UNKNOWN), "draft": request.args.get("draft", "")}
    return _index(UploadForm(formdata=None, **given))


@concern.route("/import", allow=ADMINS, methods=["POST"], max_bytes=limits.FILE_BYTES + 65_536)
def upload() -> Response:
    """Keep the file and begin to read it; the page of the run shows how far it is."""
    form = UploadForm()
    if not form.validate():
        return _index(form, 422)
    sent = form.file.data
    into = _draft(form)
    options = {
        "dry_run": form.dry_run.data,
        "partial": form.partial.data,
        "draft_id": into.id if into is not None else None,
    }
    try:
        run = runs.keep(
            sent.stream, _plain_name(sent.filename), form.kind.data, actor_id=current_user.id, at=now(), **options
        )
    except SheetError as error:
        form.file.errors = [str(error)]
        return _index(form, 422)
    runs.start(run.id)
    return see_other(url_for("imports.show", run_id=run.id))


@concern.route("/import/<uuid:run_id>", allow=ADMINS)
def show(run_id: UUID) -> Response:
    """A run: its progress while it is read, then its figures and what was wrong. Only the progress, when htmx asks."""
    run, by = _find(run_id)
    first = max(request.args.get("from", 0, type=int), 0)
    return page(
        "desk/imports/show.html",
        "run",
        run=run,
        by=by,
        kind=kinds().get(run.kind),
        running=run.state in RUNNING and not runs.interrupted(run, now()),
        interrupted=runs.interrupted(run, now()),
        file_there=runs.upload_of(run.id).exists(),
        problems=run.problems[first : first + PROBLEMS_A_PAGE],
        first=first,
        step=PROBLEMS_A_PAGE,
        rejected=runs.rejected_of(run.id).exists(),
        all_problems=runs.problems_of(run.id).exists(),
    )


@concern.route("/import/<uuid:run_id>/readings", allow=ADMINS, methods=["POST"])
def read_again(run_id: UUID) -> Response:
    """Start an interrupted reading again."""
    run, _by = _find(run_id)
    if runs.again(run, now()):
        runs.start(run_id)
    return see_other(url_for("imports.show", run_id=run_id))


@concern.route("/import/<uuid:run_id>/rejected.csv", allow=ADMINS)
def rejected(run_id: UUID) -> Response:
    """The rows that were not taken, as they were sent, with line and reason."""
    run, _by = _find(run_id)
    return _download(runs.rejected_of(run.id), f"{run.filename}.rejected.csv")


@concern.route("/import/<uuid:run_id>/problems.csv", allow=ADMINS)
def problems(run_id: UUID) -> Response:
    """Every bad cell."""
    run, _by = _find(run_id)
    return _download(runs.problems_of(run.id), f"{run.filename}.problems.csv")


@concern.route("/import/kinds/<key>", allow=ADMINS)
def kind(key: str) -> Response:
    """What a kind of file holds: each column, with an example."""
    return page("desk/imports/kind.html", kind=_kind(key), examples=examples(key), kinds=kinds())


@concern.route("/import/kinds/<key>.<any(csv, xlsx):form>", allow=ADMINS)
def template(key: str, form: str) -> Response:
    """A file to fill in: the columns in the viewer's language, and a row as an example."""
    columns = _kind(key).columns or abort(404)
    chinese = str(get_locale()) == "zh"
    header = [column.labels[0] if chinese else column.key for column in columns]
    given: Example = examples(key)
    target = BytesIO()
    write = write_csv if form == "csv" else write_xlsx
    write(target, header, [[given.get(column.key, "") for column in columns]])
    target.seek(0)
    kind_of_file = CSV_TYPE if form == "csv" else XLSX_TYPE
    return send_file(target, kind_of_file, as_attachment=True, download_name=f"{key}.{form}")


def _plain_name(filename: str) -> str:
    """The name without folders, and without control characters: no database and no header takes them."""
    return re.sub(r"[\x00-\x1f\x7f]", "", Path(filename).name)


def _index(form: UploadForm, status: int = 200) -> Response:
    before = request.args.get("before", type=_uuid)
    found, older = queries.runs(current_user, before)
    return page(
        "desk/imports/index.html",
        status=status,
        form=form,
        kinds=kinds(),
        found=[(run, by, runs.interrupted(run, now())) for run, by in found],
        older=older,
        before=before,
        into=_draft(form),
        as_draft=pricing_policy.on(today()).files is pricing_policy.Files.DRAFT,
    )


def _draft(form: UploadForm) -> PriceDraft | None:
    """The change of the price book that was named, if he may see it."""
    key = form.draft_id
    return pricing.find_draft(current_user, pricing_policy.rights(current_user, today()), key) if key else None


def _uuid(text: str) -> UUID:
    return UUID(text)


def _find(run_id: UUID) -> tuple[ImportRun, str]:
    return queries.find(current_user, run_id) or abort(404)


def _kind(key: str) -> Any:
    return kinds().get(key) or abort(404)


def _download(path: Path, name: str) -> Response:
    if not path.exists():
        abort(404)
    return send_file(path, CSV_TYPE, as_attachment=True, download_name=name)
