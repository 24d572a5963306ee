"""Who may use a route: said where the route is declared, decided before the body is looked at."""

from dataclasses import dataclass
from typing import Any

from flask import abort, request
from flask_login import current_user


@dataclass(frozen=True)
class Access:
    """A set of roles, or everybody, or everybody who is signed in. `token`: a bearer token instead of a session."""

    name: str
    roles: frozenset[str] | None = None
    anonymous: bool = False
    token: bool = False

    def admit(self) -> None:
        """Go on, or end the request: 401 for nobody, 403 for a role that may not."""
        if self.anonymous:
            return
        # A page never takes a token and the interface never takes a cookie: no request can be forged through either.
        viewer: Any = current_user._get_current_object()
        if not viewer.is_authenticated or viewer.by_token != self.token:
            abort(401)
        if self.roles is not None and viewer.role not in self.roles:
            abort(403)


ANYONE = Access("anyone", anonymous=True)
SIGNED_IN = Access("signed in")
FIELD = Access("reps and supervisors", roles=frozenset({"rep", "supervisor"}))
SUPERVISORS = Access("supervisors", roles=frozenset({"supervisor"}))
DECIDERS = Access("supervisors and administrators", roles=frozenset({"supervisor", "admin"}))
ADMINS = Access("administrators", roles=frozenset({"admin"}))
TOKEN = Access("bearer token", token=True)


def wants_fragment() -> bool:
    """True when htmx asks for a part: not when it restores history or follows a boosted link (those get the page)."""
    sent = request.environ
    return "HTTP_HX_REQUEST" in sent and "HTTP_HX_BOOSTED" not in sent and "HTTP_HX_HISTORY_RESTORE_REQUEST" not in sent
