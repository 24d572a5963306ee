"""Answers are compressed, errors too: a form that comes back (422) is a whole page of 45 kB."""

from flask import Response
from flask_compress import Compress


class CompressAll(Compress):
    """Flask-Compress, which leaves everything but success as it is."""

    def after_request(self, response: Response | None) -> Response:
        """Compress an answer that says 4xx or 5xx like one that says 200."""
        if response is None or response.status_code < 400:
            return super().after_request(response)
        code, response.status_code = response.status_code, 200
        try:
            return super().after_request(response)
        finally:
            response.status_code = code
