"""How a time with a customer and a way read, in the user's language."""

from fieldapp.core.i18n import gettext as _


def duration(minutes: int) -> str:
    """`45 min`, `3 h`, `3 h 20 min`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min", minutes=rest)
    if not rest:
        return _("%(hours)s h", hours=hours)
    return _("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)


def way(metres: int) -> str:
    """`850 m`; from a kilometre on `12.4 km`."""
    if metres < 1000:
        return _("%(number)s m", number=metres)
    return _("%(number)s km", number=f"{metres / 1000:,.1f}")
