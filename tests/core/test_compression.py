"""What goes over a poor line is compressed, whatever it says."""

import brotli
import pytest
from flask import Flask

from tests.visitor import Visitor

WANTED = {"Accept-Encoding": "br"}
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(("path", "status"), [("/me", 200), ("/no-such-page", 404)])
def test_pages_are_compressed(app: Flask, people: dict[str, object], path: str, status: int) -> None:
    response = Visitor(app, "rep").get(path, headers=WANTED)
    assert (response.status_code, response.status[:3]) == (status, str(status))
    assert response.headers["Content-Encoding"] == "br"
    assert b"</html>" in brotli.decompress(response.data)


def test_a_form_that_comes_back_is_compressed(app: Flask, people: dict[str, object]) -> None:
    response = Visitor(app, "rep").post("/me/password", {"current": "wrong"}, headers=WANTED)
    assert (response.status_code, response.headers["Content-Encoding"]) == (422, "br")
    assert b"</html>" in brotli.decompress(response.data)
