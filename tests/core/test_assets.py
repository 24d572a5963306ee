"""Static files: hashed, immutable, compressed, and never an old copy."""

from flask import Flask

from fieldapp.core.assets import minify_css


def test_a_hashed_file_is_immutable_and_compressed(app: Flask) -> None:
    url = app.jinja_env.globals["static"]("app.js")
    client = app.test_client()
    response = client.get(url, headers={"Accept-Encoding": "br"}, buffered=True)
    assert response.headers["Content-Encoding"] == "br"
    assert "immutable" in response.headers["Cache-Control"]
    plain = client.get(url, headers={"Accept-Encoding": "identity"}, buffered=True)
    assert len(response.data) < len(plain.data) / 2


def test_the_plain_name_is_served_but_not_kept(app: Flask) -> None:
    response = app.test_client().get("/static/app.js", buffered=True)
    assert response.status_code == 200
    assert "immutable" not in response.headers["Cache-Control"]


def test_minified_css_keeps_what_counts() -> None:
    text = "/* a\n comment */ @media (min-width: 900px) {\n  .a > .b { color: red; margin: 0 auto; }\n}\n"
    assert minify_css(text) == "@media (min-width: 900px){.a>.b{color: red;margin: 0 auto}}"
