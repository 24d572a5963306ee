"""How coverage is said."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from fieldapp.network.territory.cover import Cover, Covered

from .queries import Owner

MOST_NAMED = 2


def said_cover(cover: Cover) -> str:
    """A kind of coverage as a reader knows it."""
    return {
        Cover.WHITE: _("White spot"),
        Cover.PARTLY: _("Partly white"),
        Cover.ONE: _("One owner"),
        Cover.SHARED: _("Shared"),
        Cover.SEVERAL: _("Divided"),
    }[cover]


def said_owners(found: Covered, owners: Mapping[str, Owner], most: int | None = None) -> str:
    """Who has it: names of those in the viewer's patch, the others counted."""
    named = [owners[code] for code, _parts in found.owners if code in owners]
    hidden = len(found.owners) - len(named)
    shown = [f"{one.code} {one.name}" for one in named[:most]]
    if len(named) > len(shown):
        more = len(named) - len(shown)
        shown.append(ngettext("%(num)d more", "%(num)d more", more))
    if hidden:
        shown.append(
            ngettext("%(num)d distributor outside your patch", "%(num)d distributors outside your patch", hidden)
        )
    return "; ".join(shown)
