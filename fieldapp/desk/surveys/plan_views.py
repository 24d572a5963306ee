"""The list of surveys."""

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.i18n import language
from fieldapp.core.page import page
from fieldapp.fieldwork.surveys.rules import Audience, say
from fieldapp.people.accounts.models import Role

from . import plan, words
from .plan import Asked, Part

concern = Concern("survey_plan", __name__, section="surveys", url_prefix="/surveys")


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """What is due, and what came of the others."""
    viewer = current_user._get_current_object()
    asked = Asked.read(request.args, viewer)
    rows, more = plan.listed(viewer, asked)
    return page(
        "desk/surveys/index.html",
        "results",
        asked=asked,
        rows=rows,
        words=words,
        today=clock.today(),
        say=lambda texts: say(texts, language()),
        tabs=[(_link(asked, part=part.value), name, asked.part is part) for part, name in _parts()],
        chips=_chips(asked),
        more=_link(asked, after=rows[-1].survey.id) if more else None,
    )


def _link(asked: Asked, **changes: object) -> str:
    return url_for("survey_plan.index", **asked.args(**changes))


def _parts() -> list[tuple[Part, str]]:
    return [
        (Part.DUE, pgettext("survey", "Due")),
        (Part.ANSWERED, pgettext("survey", "Answered")),
        (Part.CLOSED, pgettext("survey", "Not answered")),
    ]


def _chips(asked: Asked) -> list[tuple[str, str, bool]]:
    chips = []
    if current_user.role is not Role.ADMIN:
        mine = not asked.everybody
        chips.append((_link(asked, who="all" if mine else "me", rep=None), _("My own"), mine))
    for audience in Audience:
        on = asked.audience is audience
        chips.append((_link(asked, audience=None if on else audience), words.audience_name(audience), on))
    return chips
