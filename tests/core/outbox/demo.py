"""A concern for these tests alone: notes, as a visit's form would send them. What was stored stands in the audit.

Run as a program it serves the app with this concern: `python -m tests.core.outbox.demo PORT`, on the database and the
instance folder of the environment.
"""

import hashlib
import sys
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, Response, abort, flash, request
from flask_login import current_user
from werkzeug.serving import make_server

from fieldapp import create_app
from fieldapp.core import clock, outbox
from fieldapp.core.access import FIELD
from fieldapp.core.concern import Concern
from fieldapp.core.db import db
from fieldapp.core.page import page, see_other
from fieldapp.people.audit.actions import record
from fieldapp.people.audit.models import AuditEntry

NOTED = "demo.note"
concern = Concern("demo", __name__, section="today")
concern.template_folder = str(Path(__file__).with_name("templates"))


@concern.route("/demo", allow=FIELD)
def show() -> Response:
    """The two forms, and what was noted."""
    return _page("", [])


@concern.route("/demo/notes", allow=FIELD, methods=["POST"], outbox=True, max_bytes=8 << 20)
def note() -> Response:
    """Store a note. `refuse` in its text is refused, `break` breaks, `forbid` is forbidden."""
    text = request.form.get("text", "")
    if "break" in text:
        raise RuntimeError("broken on purpose")
    if "forbid" in text:
        abort(403)
    key = outbox.key()
    if key is None or not text or "refuse" in text:
        return _page(text, ["Write something that is not refused."], 422)
    photo = request.files.get("photo")
    stored = {
        "text": text,
        "section": request.form.get("section", ""),
        "photo": hashlib.sha256(photo.read()).hexdigest() if photo else "",
        "made_at": outbox.made_at(clock.now()).isoformat(),
    }
    record(current_user.id, NOTED, "note", key, clock.now(), stored)
    flash("Noted.", "ok")
    if request.form.get("stay"):
        return Response("", 204)
    return see_other(f"/demo?noted={key}")


def _page(text: str, errors: list[str], status: int = 200) -> Response:
    noted = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == NOTED).order_by(AuditEntry.id))
    return page("outbox_demo.html", status=status, text=text, errors=errors, noted=list(noted))


def add(app: Flask) -> Flask:
    """Give an app this concern, and one page to keep."""
    app.register_blueprint(concern)
    outbox.declare_pages(app, lambda _viewer, _today: ["/demo", "/me"], instead={"/deals/new": "/demo"})
    return app


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), add(create_app()), threaded=True).serve_forever()
