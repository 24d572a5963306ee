"""The frame of a page, base.html, rendered once for everybody who gets the same one, with holes for the rest.

The frame depends on little: the language (each has its own environment), the role and theme, the place in the
navigation, how much waits for the viewer and is unread, and which of its blocks the page fills. For each such case it
is rendered once with a mark in every hole; a page then yields the pieces and its own blocks between them. This replaces
the root of the parsed base.html, so pages extend it, set variables and fill blocks as ever, and know nothing of it.

While the pieces are made, only what tells the cases apart is visible: a frame that showed, say, the viewer's name would
show nothing here instead of somebody else's, and tests/core/test_frame.py would see the difference.
"""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from flask import request, session
from jinja2 import Template
from jinja2.runtime import Context

_MARK = re.compile("\x00([a-z_]+)\x00")
_CSRF = "csrf_token"
_USER = "viewer_id"
MOST_KEPT = 500  # role × theme × section × what waits × what is unread; far more than a company meets
MOST_COUNTED = 100  # the bell says "99+" from there on


def keep_frame(base: Template) -> None:
    """Let a parsed base.html keep its pieces."""
    whole = base.root_render_func
    kept: dict[tuple[Any, ...], list[str]] = {}

    def framed(context: Context) -> Iterator[str]:
        viewer = context.resolve("viewer")
        section = context.resolve("current_section")
        # Messages come once, the door has no navigation, and in the administration the address marks the place.
        if not viewer or section == "admin" or session.get("_flashes"):
            yield from whole(context)
            return
        filled = tuple(name for name, stack in context.blocks.items() if len(stack) > 1)
        counts = int(context.resolve("waiting")), min(int(context.resolve("unread")), MOST_COUNTED)
        root = request.script_root
        key = (viewer.role, viewer.theme, section, counts, root, filled)
        pieces = kept.get(key)
        if pieces is None:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            pieces = kept[key] = _pieces(base, whole, key)
        for place, piece in enumerate(pieces):
            if place % 2 == 0:
                yield piece
            elif piece == _CSRF:
                yield context.resolve(_CSRF)()
            elif piece == _USER:
                yield str(viewer.id)
            else:
                yield from context.blocks[piece][0](context)

    base.root_render_func = framed


def _pieces(base: Template, whole: Any, key: tuple[Any, ...]) -> list[str]:
    """Text, name of a hole, text, … of the frame."""
    role, theme, section, (waiting, unread), root, filled = key
    context = base.new_context(
        {
            "viewer": SimpleNamespace(role=role, theme=theme, id=_mark(_USER)),
            "current_section": section,
            "waiting": waiting,
            "unread": unread,
            "request": SimpleNamespace(script_root=root, path=""),
            _CSRF: lambda: _mark(_CSRF),
        }
    )
    for name in filled:
        context.blocks[name] = [_hole(name)]
    return _MARK.split("".join(whole(context)))


def _hole(name: str) -> Any:
    def marked(_context: Context) -> Iterator[str]:
        yield _mark(name)

    return marked


def _mark(name: str) -> str:
    return f"\x00{name}\x00"
