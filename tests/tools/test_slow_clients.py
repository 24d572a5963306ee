"""Slow phones must not stop the others: the server as `make run` starts it, one worker, clients that never finish."""

import contextlib
import http.client
import socket
from urllib.parse import urlsplit

import pytest

HALF_A_HEADER = b"GET / HTTP/1.1\r\nHost: phone\r\nX-Slow: "
A_STALLED_UPLOAD = b"POST /sign-in HTTP/1.1\r\nHost: phone\r\nContent-Length: 500000\r\n\r\n" + b"a" * 1000


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_half_open_headers_and_stalled_uploads_leave_the_others_served(live_server: str) -> None:
    place = (str(urlsplit(live_server).hostname), int(urlsplit(live_server).port or 0))
    with contextlib.ExitStack() as phones:
        for beginning in [HALF_A_HEADER] * 20 + [A_STALLED_UPLOAD] * 40:
            phone = phones.enter_context(socket.create_connection(place, timeout=30))
            phone.sendall(beginning)
        for _ in range(20):
            connection = http.client.HTTPConnection(*place, timeout=30)
            connection.request("GET", "/readyz")
            assert connection.getresponse().read() == b"ready\n"
            connection.close()
