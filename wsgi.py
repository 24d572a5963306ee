"""The app as servers and the `flask` command find it."""

from fieldapp import create_app
from fieldapp.core.serving import WholeBodies

app = create_app()
app.wsgi_app = WholeBodies(app.wsgi_app, limit=app.config["MAX_CONTENT_LENGTH"])  # type: ignore[method-assign]
