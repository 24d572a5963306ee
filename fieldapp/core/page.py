"""Page and fragment are one template: the view names the block that htmx may have alone."""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, make_response, redirect, request
from werkzeug.urls import iri_to_uri

from .access import wants_fragment
from .templates import render, render_part


def page(
    template: str,
    region: str | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """The whole page, or its block `region` when htmx asks for a part. 422 for an invalid form: htmx swaps it in."""
    if region is not None and wants_fragment():
        body = render_part(template, region, **context)
    else:
        body = render(template, **context)
    response = Response(body, status)
    response.headers["Vary"] = "HX-Request, Cookie, Accept-Encoding"
    if headers:
        response.headers.update(headers)
    return response


def see_other(url: str) -> Response:
    """After a change: show the page at `url`. A browser follows 303; htmx is told to load it as a page."""
    if wants_fragment():
        response = make_response("", 200)
        response.headers["HX-Redirect"] = iri_to_uri(url)  # a header holds no Chinese
        return response
    return make_response(redirect(url, 303))


def section() -> str:
    """The place in the navigation that the current route belongs to, '' for none."""
    view = current_app.view_functions.get(request.endpoint or "")
    return str(getattr(view, "section", ""))
