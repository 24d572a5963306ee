"""Between server and app: whole bodies first, and a few requests at a time.

The server gives each upload a thread until its last byte has come, so it has many threads (tools/serve.py); a slow
phone then holds a thread and nothing else. Without this, the app would run on all of them at once: more than the
database pool has connections, and uploads would arrive while the app holds some.
"""

import io
import tempfile
import threading
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import IO, Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wsgi import ClosingIterator

PIECE = 16 * 1024
IN_MEMORY = 1024 * 1024
GRACE_S = 30
LEAST_BYTES_PER_S = 1000


class WholeBodies:
    """WSGI middleware. Reads the request's body, then lets at most `at_once` requests of this process into `app`.

    A body cut short gets 400 (the server hands it on as if it were whole), one slower than 1 kB/s after half a minute
    408. One announced larger than `limit` bytes goes on unread: the app refuses it with its own page. Replies that
    stream are sent outside the turn. `/healthz` waits for nobody.
    """

    def __init__(self, app: WSGIApplication, limit: int, at_once: int = 4) -> None:
        self._app = app
        self._limit = limit
        self._turns = threading.BoundedSemaphore(at_once)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/healthz":
            return self._app(environ, start_response)
        body: IO[bytes] | None = None
        announced = environ.get("CONTENT_LENGTH")
        comes = announced not in (None, "", "0") or "HTTP_TRANSFER_ENCODING" in environ
        if comes and int(announced or 0) <= self._limit:
            body, size, problem = receive(environ["wsgi.input"], self._limit)
            if announced and size != int(announced):
                problem = problem or HTTPStatus.BAD_REQUEST
            if problem:
                body.close()
                return refuse(problem, start_response)
            environ["wsgi.input"] = body
            environ["wsgi.input_terminated"] = True
            environ["CONTENT_LENGTH"] = str(size)
            environ.pop("HTTP_TRANSFER_ENCODING", None)
        with self._turns:
            answer = self._app(environ, start_response)
        return ClosingIterator(answer, body.close) if body else answer


def receive(source: Any, limit: int) -> tuple[IO[bytes], int, HTTPStatus | None]:
    """(the body at its beginning, its bytes, why it is refused); reads at most one piece beyond `limit`.

    A body of more than a megabyte lies in an unnamed temporary file.
    """
    body: IO[bytes] = io.BytesIO()
    began, size, problem = time.monotonic(), 0, None
    while size <= limit and (piece := source.read(PIECE)):
        if size <= IN_MEMORY < size + len(piece):
            file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the answer
            file.write(cast(io.BytesIO, body).getbuffer())
            body = file
        body.write(piece)
        size += len(piece)
        if size < LEAST_BYTES_PER_S * (time.monotonic() - began - GRACE_S):
            problem = HTTPStatus.REQUEST_TIMEOUT
            break
    body.seek(0)
    return body, size, problem


def refuse(status: HTTPStatus, start_response: StartResponse) -> list[bytes]:
    """A plain answer to a client that most likely is not there any more."""
    text = f"{status.phrase}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(text))),
        ("Connection", "close"),
    ]
    start_response(f"{status.value} {status.phrase}", headers)
    return [text]
