"""Bodies arrive whole before the app runs, or are refused; and only a few requests run at a time."""

import io
import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from fieldapp.core.serving import WholeBodies

LIMIT = 2_000_000


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers with the length and the body it was given."""
    body = environ["wsgi.input"].read()
    start_response("200 OK", [])
    return [f"{environ.get('CONTENT_LENGTH')}:".encode(), body]


def ask(body: bytes, **environ: Any) -> tuple[str, bytes]:
    said: list[str] = []
    around = {"PATH_INFO": "/", "REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(body), **environ}
    answer = WholeBodies(echo, LIMIT)(around, lambda status, *_: said.append(status))  # type: ignore[arg-type,func-returns-value]
    try:
        return said[0], b"".join(answer)
    finally:
        if close := getattr(answer, "close", None):
            close()


@pytest.mark.parametrize("size", [1, 16 * 1024, 16 * 1024 + 1, 1024 * 1024 + 1, LIMIT])
def test_a_whole_body_reaches_the_app_unchanged(size: int) -> None:
    body = bytes(number % 251 for number in range(size))
    assert ask(body, CONTENT_LENGTH=str(size)) == ("200 OK", f"{size}:".encode() + body)


def test_a_body_cut_short_never_reaches_the_app() -> None:
    status, _ = ask(b"amount=100", CONTENT_LENGTH="11")
    assert status == "400 Bad Request"


def test_a_body_in_chunks_gets_its_length() -> None:
    assert ask(b"abc", HTTP_TRANSFER_ENCODING="chunked") == ("200 OK", b"3:abc")


def test_endless_chunks_are_read_little_beyond_the_limit() -> None:
    source = io.BytesIO(b"x" * LIMIT * 2)
    status, answer = ask(b"", HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input": source})
    length = int(answer.split(b":")[0])
    assert status == "200 OK"  # the app sees the length, and refuses it by its own rule
    assert LIMIT < length <= LIMIT + 16 * 1024
    assert source.tell() == length


def test_a_body_announced_too_large_is_left_for_the_app_to_refuse() -> None:
    source = io.BytesIO(b"x")
    seen: list[WSGIEnvironment] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(environ)
        start_response("413 Request Entity Too Large", [])
        return [b""]

    around = {"PATH_INFO": "/", "wsgi.input": source, "CONTENT_LENGTH": str(LIMIT + 1)}
    WholeBodies(app, LIMIT)(around, lambda *_: None)  # type: ignore[arg-type,return-value]
    assert seen[0]["wsgi.input"] is source
    assert source.tell() == 0


def test_only_so_many_requests_run_at_once_but_health_answers() -> None:
    inside, release = threading.Semaphore(0), threading.Event()
    running: list[int] = []
    most: list[int] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/healthz":
            return [b"ok"]
        running.append(1)
        most.append(len(running))
        inside.release()
        assert release.wait(30)
        running.pop()
        return [b""]

    gate = WholeBodies(app, LIMIT, at_once=2)
    askers = [threading.Thread(target=gate, args=({"PATH_INFO": "/"}, None)) for _ in range(6)]
    for asker in askers:
        asker.start()
    assert inside.acquire(timeout=30)
    assert inside.acquire(timeout=30)
    assert gate({"PATH_INFO": "/healthz"}, lambda *_: None) == [b"ok"]  # type: ignore[arg-type,return-value]
    release.set()
    for asker in askers:
        asker.join(30)
    assert len(most) == 6
    assert max(most) == 2
