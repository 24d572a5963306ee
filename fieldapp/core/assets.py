"""Static files under hashed names, kept for ever by the browser, and the style sheet that goes inside the page."""

import hashlib
import re
from pathlib import Path

from flask import Flask
from markupsafe import Markup
from whitenoise import WhiteNoise

_SERVED = {".js", ".css", ".svg", ".png", ".webp", ".ico", ".webmanifest"}
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_SPACE = re.compile(r"\s+")
_AROUND = re.compile(r"\s*([{};,>])\s*")


def minify_css(text: str) -> str:
    """Comments and needless space gone; strings in our CSS hold neither comment marks nor runs of space."""
    return _AROUND.sub(r"\1", _SPACE.sub(" ", _COMMENT.sub("", text))).replace(";}", "}").strip()


def init_app(app: Flask, folder: Path) -> str:
    """Serve `folder` at /static/ by whitenoise (with its brotli and gzip copies) and return the inline CSS.

    `static("app.js")` in a template gives `/static/app.1a2b3c4d.js`, immutable; the plain name works too, uncached.
    """
    hashed: dict[str, str] = {}
    serve = WhiteNoise(app.wsgi_app, max_age=0, immutable_file_test=r"\.[0-9a-f]{8}\.\w+$")
    for path in sorted(folder.rglob("*")):
        if path.suffix not in _SERVED or not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        hashed[name] = f"/static/{path.relative_to(folder).with_suffix('').as_posix()}.{digest}{path.suffix}"
        for url in (f"/static/{name}", hashed[name]):
            serve.add_file_to_dictionary(url, str(path))
    app.wsgi_app = serve  # type: ignore[method-assign]
    css = minify_css((folder / "app.css").read_text(encoding="utf-8")) if (folder / "app.css").exists() else ""
    app.jinja_env.globals["static"] = hashed.__getitem__
    app.jinja_env.globals["css"] = Markup(css)  # noqa: S704  our own file, not input
    return css
