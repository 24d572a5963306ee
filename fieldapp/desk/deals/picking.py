"""Which distributor something is about: asked before the form of a ticket, a conflict, a remark, a retail price."""

from flask import Response, request
from flask_login import current_user

from fieldapp.core.page import page

from . import queries
from .forms import read_search


def pick_distributor(endpoint: str, title: str, question: str, back: tuple[str, str], **kept: str) -> Response:
    """The page that finds a distributor of the viewer's patch and leads to `endpoint` with its code; without a search
    those that he looks after. `back`: (address, name); `kept`: what the address names besides, carried along.
    """
    asked = read_search(request.args)
    found = queries.pick(current_user, asked)
    return page(
        "desk/deals/picking.html",
        "found",
        endpoint=endpoint,
        title=title,
        question=question,
        back=back,
        kept={name: value for name, value in kept.items() if value},
        asked=asked,
        found=found,
        assigned=queries.assigned(current_user) if found is None else [],
        place_name=queries.place_names(),
    )
