"""The app starts, answers its probes and sends its locks."""

from flask import Flask


def test_probes(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").get_data(as_text=True) == "ready\n"


def test_every_answer_carries_the_security_headers_and_an_id(app: Flask) -> None:
    response = app.test_client().get("/healthz")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-ID"]
