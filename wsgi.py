"""The app as servers and the `flask` command find it."""

import sys

from fieldapp import create_app
from fieldapp.config import SettingsError
from fieldapp.core.serving import WholeBodies

try:
    app = create_app()
except SettingsError as problem:
    sys.exit(f"FAILED settings — {problem}")
app.wsgi_app = WholeBodies(app.wsgi_app, limit=app.config["MAX_CONTENT_LENGTH"])  # type: ignore[method-assign]
