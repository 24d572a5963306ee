"""What surveys have to say elsewhere: on a distributor's page, and in the brief of a visit."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fieldapp.core.db import uuid7
from fieldapp.core.i18n import language
from fieldapp.core.panels import Panel
from fieldapp.fieldwork.surveys import book, rules
from fieldapp.fieldwork.surveys.rules import Audience, SurveyState
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import queries, words
from .forms import Answers

LATEST = 3


def _shared(viewer: Viewer, distributor_id: UUID) -> dict[str, Any]:
    rows = [(row, rules.read_form(row.content)) for row in queries.history_of(distributor_id, LATEST)]
    return {
        "id": distributor_id,
        "rows": rows,
        "result": words.result_text(queries.last_result(distributor_id)),
        "may_ask": viewer.role is not Role.ADMIN,
        "key": uuid7(),
        "words": words,
        "say": rules.say,
        "locale": language(),
    }


def _distributor(viewer: Viewer, distributor_id: UUID, _today: date) -> Mapping[str, Any]:
    return _shared(viewer, distributor_id)


def _visit(viewer: Viewer, distributor_id: UUID, _today: date) -> Mapping[str, Any]:
    shared = _shared(viewer, distributor_id)
    number, form = book.shown(Audience.DISTRIBUTOR.value)
    store = queries.distributor(viewer, distributor_id)
    return {
        **shared,
        "open": [(row, asked) for row, asked in shared["rows"] if row.state is SurveyState.OPEN],
        "form": form,
        "number": number,
        "name": store.name if store else "",
        "given": Answers(),
    }


PANELS = (
    Panel("distributor", "desk/surveys/panel.html", _distributor, order=45),
    Panel("visit", "desk/surveys/visit_panel.html", _visit, order=45),
)
