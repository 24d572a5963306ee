"""The app as servers and the `flask` command find it."""

from fieldapp import create_app

app = create_app()
