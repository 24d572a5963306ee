"""How coverage is said."""

from collections.abc import Callable, Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from fieldapp.network.territory.cover import Cover, Covered

from .queries import Row

COVERS: Mapping[Cover, Callable[[], str]] = {
    Cover.WHITE: lambda: _("White"),
    Cover.PARTLY: lambda: _("Partly white"),
    Cover.ONE: lambda: _("One distributor"),
    Cover.SHARED: lambda: _("Shared"),
    Cover.SEVERAL: lambda: _("Divided"),
}


def cover(covered: Covered, *, nation: bool) -> str:
    """How a region is covered; of the country, whose it is was not looked at."""
    if nation and covered.cover not in (Cover.WHITE, Cover.PARTLY):
        return _("Covered")
    return COVERS[covered.cover]()


def owners(row: Row) -> str:
    """Who has a region: the names that may be known, the others counted."""
    named = [owner.name for _number, owner in row.owners[:3]]
    more = len(row.owners) - len(named)
    if more:
        named.append(ngettext("and %(num)d more", "and %(num)d more", more))
    if row.others:
        named.append(ngettext("%(num)d other distributor", "%(num)d other distributors", row.others))
    return _(", ").join(named)


def white(covered: Covered) -> str:
    """How many counties of a region are nobody's; "" where it is a county itself or none is."""
    if covered.parts < 2 or not covered.white:
        return ""
    return _("%(white)s of %(all)s counties white", white=covered.white, all=covered.parts)


def title(row: Row, *, nation: bool) -> str:
    """A region on the map, for who hovers and who listens."""
    whose = (
        ngettext("%(num)d distributor", "%(num)d distributors", row.distributors)
        if nation and row.distributors
        else owners(row)
    )
    said = [cover(row.covered, nation=nation), whose, white(row.covered)]
    return f"{row.name}: " + _(", ").join(text for text in said if text)
