"""What a phone needs to work without a signal: its key, its pages, the service worker, the app's place on its screen.

The queue itself lives in the page (static/outbox.js); the service worker only reads (static/sw.js).
"""

import json
from pathlib import Path
from typing import Any

import click
from flask import Flask, Response, current_app, jsonify
from flask.cli import AppGroup
from flask_babel import gettext as _
from flask_login import current_user

from . import outbox
from .access import ANYONE, SIGNED_IN
from .assets import addresses
from .clock import now, today
from .concern import Concern
from .db import begin_writing, db
from .i18n import html_lang
from .page import page
from .sessions import csrf_token

concern = Concern("phone", __name__, section="me")
command = AppGroup("outbox", help="Upkeep of what phones sent.")

THEME = "#0b5263"
_SHELL = {".js", ".svg", ".css"}
_NOT_KEPT = {"sw.js", "app.css"}  # the one is never cached, the other stands in each page


@concern.route("/outbox", allow=SIGNED_IN)
def waiting() -> Response:
    """What still waits in this phone. The server knows nothing of it: the page is filled by static/waiting.js."""
    return page("core/outbox.html")


@concern.route("/outbox/token", allow=SIGNED_IN)
def token() -> Response:
    """What the phone needs for sending, and for reading what it keeps; asked for when needed."""
    key = outbox.phone_key(current_user.id)
    if key is None:
        begin_writing()
        key = outbox.make_phone_key(current_user.id, now())
    return jsonify(csrf=csrf_token(), user=str(current_user.id), key=key, lang=html_lang(), texts=_texts())


@concern.route("/outbox/pages", allow=SIGNED_IN)
def pages() -> Response:
    """The addresses that this user's phone keeps for the day."""
    kept = outbox.pages(current_user, today())
    return jsonify(pages=list(dict.fromkeys([*kept, "/outbox"])))


@concern.route("/offline", allow=ANYONE)
def offline() -> Response:
    """What the service worker shows when a page was not kept."""
    return page("core/offline.html")


@concern.route("/sw.js", allow=ANYONE)
def service_worker() -> Response:
    """The service worker with the assets it keeps; other assets are another text, so phones notice an update."""
    shell = [url for name, url in addresses().items() if Path(name).suffix in _SHELL and name not in _NOT_KEPT]
    head = f"const SHELL = {json.dumps(shell)}, INSTEAD = {json.dumps(outbox.instead())};\n"
    answer = Response(head + _worker(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


def _worker() -> str:
    return (current_app.config["STATIC"] / "sw.js").read_text(encoding="utf-8")


@concern.route("/manifest.webmanifest", allow=ANYONE)
def manifest() -> Response:
    """How the app stands on the screen of a phone."""
    name = _("Field app")
    icons = [_icon("192", "any"), _icon("512", "any"), _icon("512-maskable", "maskable")]
    described: dict[str, Any] = {
        "id": "/",
        "name": name,
        "short_name": name,
        "lang": html_lang(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f3f5f2",
        "theme_color": THEME,
        "icons": icons,
    }
    return Response(json.dumps(described, ensure_ascii=False), mimetype="application/manifest+json")


def _icon(name: str, purpose: str) -> dict[str, str]:
    size = name.partition("-")[0]
    return {
        "src": addresses()[f"icons/{name}.png"],
        "sizes": f"{size}x{size}",
        "type": "image/png",
        "purpose": purpose,
    }


def _texts() -> dict[str, str]:
    """What static/outbox.js says, in the user's language; `{n}` is a number, `{t}` a time. It keeps them."""
    return {
        "waiting": _("{n} waiting to be sent"),
        "sending": _("Sending {n}"),
        "sent": _("All sent"),
        "login": _("{n} waiting: sign in again"),
        "rejected": _("{n} need you"),
        "kept": _("No signal: as of {t}"),
        "queued": _("Saved on the phone. It is sent by itself when there is a signal."),
        "done": _("Sent."),
        "full": _("The phone's storage is full: nothing was saved. Make room on the phone, then tap again."),
        "nokey": _("This phone cannot keep anything yet. Connect and sign in once, then tap again."),
        "busy": _("This record is being sent just now. Wait a moment, then look at Waiting."),
        "gone": _("The form of this record is no longer on this page. Its content stands under Waiting."),
        "restored": _("What you had typed is here again."),
    }


@command.command()
def sweep() -> None:
    """Delete the receipts that no phone can ask for any more (older than 100 days)."""
    begin_writing()
    gone = outbox.sweep(now() - outbox.KEPT)
    db.session.commit()
    click.echo(f"{gone} receipts were deleted")


def init_app(app: Flask) -> None:
    """Register the routes and the command."""
    app.register_blueprint(concern)
    app.cli.add_command(command)
