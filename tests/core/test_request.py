"""A body that was cut short leaves no open file behind."""

from typing import Any

import pytest
from flask import Flask, Request

from tests.visitor import Visitor


def test_the_file_of_a_form_that_cannot_be_read_is_closed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    make = Request._get_file_stream

    def noting(*arguments: Any, **named: Any) -> Any:
        opened.append(make(*arguments, **named))
        return opened[-1]

    monkeypatch.setattr(Request, "_get_file_stream", noting)
    body = b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nb"
    Visitor(app).client.post("/language", data=body, content_type="multipart/form-data; boundary=x")
    assert [stream.closed for stream in opened] == [True]
