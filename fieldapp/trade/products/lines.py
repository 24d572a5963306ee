"""Product lines: the codes of the ERP, and what a reader calls them."""

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from fieldapp.core.db import db
from fieldapp.network.territory.rules import ALL_LINES

from .models import Product

_USUAL = {
    "pig": lazy_gettext("Pig feed"),
    "poultry": lazy_gettext("Poultry feed"),
    "aqua": lazy_gettext("Aqua feed"),
    "ruminant": lazy_gettext("Ruminant feed"),
}


def said(line: str) -> str:
    """A line (or `*`: all) as a reader knows it; one of the company's own codes stays as it is written."""
    if line == ALL_LINES:
        return _("All lines")
    usual = _USUAL.get(line.casefold())
    return line if usual is None else str(usual)


def written() -> dict[str, str]:
    """{casefolded: as it is written first} of the lines that products have, in the order of the codes."""
    found: dict[str, str] = {}
    for line in db.session.scalars(sa.select(Product.line).distinct().order_by(Product.line)):
        if line:
            found.setdefault(line.casefold(), line)
    return found


def options() -> list[tuple[str, str]]:
    """(casefolded, as a reader knows it) of the lines that products have, to choose from."""
    return [(key, said(line)) for key, line in written().items()]
