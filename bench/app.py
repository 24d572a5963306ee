"""The app with a bare view beside it, on the same server: what Flask itself costs there."""

from flask import Flask

from fieldapp import create_app

real = create_app()
bare = Flask("bare", static_folder=None)


@bare.route("/bare")
def _bare() -> str:
    return "ok"


def app(environ, start_response):  # type: ignore[no-untyped-def]
    """Bare Flask under /bare, fieldapp elsewhere."""
    return (bare if environ["PATH_INFO"] == "/bare" else real)(environ, start_response)
