"""Static files under hashed names, kept for ever by the browser, and the style sheet that goes inside the page."""

import gzip
import hashlib
import os
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import brotli
from flask import Flask, current_app
from markupsafe import Markup, escape
from whitenoise import WhiteNoise

_ADDRESSES = "fieldapp.static"
_SERVED = {".js", ".css", ".svg", ".png", ".webp", ".ico", ".webmanifest"}
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_SPACE = re.compile(r"\s+")
_AROUND = re.compile(r"\s*([{};,>])\s*")


@lru_cache
def minify_css(text: str) -> str:
    """Comments and needless space gone; strings in our CSS hold neither comment marks nor runs of space."""
    return _AROUND.sub(r"\1", _SPACE.sub(" ", _COMMENT.sub("", text))).replace(";}", "}").strip()


def init_app(app: Flask, folder: Path) -> str:
    """Serve `folder` at /static/ by whitenoise, with brotli and gzip copies, and return the inline CSS.

    `static("app.js")` in a template gives `/static/app.1a2b3c4d.js`, immutable; the plain name works too, uncached.
    The copies lie in the instance folder under the hashed name, so a file that changes never meets an old copy.
    """
    copies: Path = app.config["INSTANCE"] / "static"
    hashed, files = _prepared(folder, copies.resolve())
    serve = _whitenoise(app.wsgi_app)
    serve.files.update(files)
    app.wsgi_app = serve  # type: ignore[method-assign]
    app.extensions[_ADDRESSES] = hashed
    css = minify_css((folder / "app.css").read_text(encoding="utf-8"))
    app.jinja_env.globals["static"] = hashed.__getitem__
    app.jinja_env.globals["svg"] = icons(hashed["icons.svg"])
    app.jinja_env.globals["css"] = Markup(css)  # noqa: S704  our own file, not input
    return css


def _whitenoise(wsgi: Any) -> WhiteNoise:
    return WhiteNoise(wsgi, max_age=0, immutable_file_test=r"\.[0-9a-f]{8}\.\w+$")


@lru_cache
def _prepared(folder: Path, copies: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """({name under static/: its hashed address}, {address: what answers it}), made once a process for its copies."""
    hashed: dict[str, str] = {}
    serve = _whitenoise(None)
    for path in sorted(folder.rglob("*")):
        if path.suffix not in _SERVED or not path.is_file():
            continue
        name, content = path.relative_to(folder), path.read_bytes()
        versioned = name.with_name(f"{name.stem}.{hashlib.sha256(content).hexdigest()[:8]}{name.suffix}")
        hashed[name.as_posix()] = f"/static/{versioned.as_posix()}"
        copy = copies / versioned
        _write_copies(copy, content)
        for url in (f"/static/{name.as_posix()}", hashed[name.as_posix()]):
            serve.add_file_to_dictionary(url, str(copy))
    return hashed, dict(serve.files)


def addresses() -> dict[str, str]:
    """{name under static/: its hashed address}."""
    found: dict[str, str] = current_app.extensions[_ADDRESSES]
    return found


def icons(sprite: str) -> Callable[..., Markup]:
    """`svg(name, size=None, label=None)`: an icon of the sprite at that address; `label` where it alone says something.

    Each is made once: names and labels are our own words, so there are few.
    """

    @lru_cache(maxsize=1024)
    def svg(name: str, size: str | None = None, label: str | None = None) -> Markup:
        classes = f"icon icon-{size}" if size else "icon"
        role = Markup('role="img" aria-label="{}"').format(label) if label else 'aria-hidden="true"'
        address = escape(f"{sprite}#{name}")
        return Markup(  # noqa: S704  escaped above
            f'<svg class="{classes}" width="20" height="20" {role}><use href="{address}"></use></svg>'
        )

    return svg


def _write_copies(path: Path, content: bytes) -> None:
    """The file and its compressed forms; the plain one last, as it says that all are there."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    br, gz = _compressed(content)
    for name, data in {f"{path.name}.br": br, f"{path.name}.gz": gz, path.name: content}.items():
        draft = path.with_name(f"{name}.{os.getpid()}")
        draft.write_bytes(data)
        draft.replace(path.with_name(name))


@lru_cache
def _compressed(content: bytes) -> tuple[bytes, bytes]:
    """(brotli, gzip) at their best, which is slow: once a process, however many apps it makes."""
    return brotli.compress(content), gzip.compress(content, 9, mtime=0)
