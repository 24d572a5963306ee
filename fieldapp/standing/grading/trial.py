"""What a change of policy would do to the grades: the latest confirmed rating of each, made again of its answers.

Only the columns that this takes are read, all at once: ten thousand ratings are no more than some megabytes.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from fieldapp.core.db import db
from fieldapp.core.money import show_yuan
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.policy.sections import Settings
from fieldapp.people.policy.trials import MOST_EXAMPLES, Example, Group, Progress, ShownExample, Trial, TrialResult

from . import consents, privacy_policy, wording
from .models import Assessment, AssessmentState
from .scoring import FACTS, Cap, GradingPolicy, Result, regrade

_UNGRADED = "-"


def _latest() -> sa.Select[Any]:
    """(rating, distributor, day, answers) of each distributor that we still trade with, or may; the newest first."""
    place = sa.func.row_number().over(
        partition_by=Assessment.distributor_id,
        order_by=(Assessment.on.desc(), Assessment.decided_at.desc(), Assessment.id.desc()),
    )
    ranked = (
        sa.select(
            Assessment.id,
            Assessment.distributor_id,
            Assessment.on.label("day"),
            Assessment.answers,
            place.label("place"),
        )
        .where(Assessment.state == AssessmentState.CONFIRMED)
        .subquery()
    )
    return (
        sa.select(ranked.c.id, ranked.c.distributor_id, ranked.c.day, ranked.c.answers)
        .join(Distributor, Distributor.id == ranked.c.distributor_id)
        .where(ranked.c.place == 1, Distributor.status != Status.ENDED)
        .order_by(ranked.c.day.desc(), ranked.c.id.desc())
    )


def size() -> int:
    """About how many ratings will be looked at: at most so many."""
    confirmed = sa.select(sa.func.count()).select_from(Assessment).where(Assessment.state == AssessmentState.CONFIRMED)
    return db.session.scalar(confirmed) or 0


def run(before: Settings, after: Settings, today: date, progress: Progress) -> TrialResult:
    """Grade everybody again under both policies' complete settings."""
    old, new = (_policy(settings) for settings in (before, after))
    held = consents.held(today)
    groups: Counter[tuple[str, str]] = Counter()
    examples: list[Example] = []
    looked_at = touched = unreadable = 0
    ratings = db.session.execute(_latest()).all()
    for number, (rating, distributor, on, answers) in enumerate(ratings, start=1):
        progress(number / len(ratings))
        if FACTS not in answers:
            unreadable += 1
            continue
        looked_at += 1
        was, would_be = regrade(answers, on, old, held), regrade(answers, on, new, held)
        words = was.grade or _UNGRADED, would_be.grade or _UNGRADED
        if words[0] != words[1]:
            groups[words] += 1
            if len(examples) < MOST_EXAMPLES:
                data = {
                    "rating": str(rating),
                    "distributor": str(distributor),
                    "was": _kept(was),
                    "now": _kept(would_be),
                }
                examples.append(Example(*words, data))
        elif (was.limit, was.term_days) != (would_be.limit, would_be.term_days):
            touched += 1
    counted = tuple(Group(*words, count) for words, count in groups.most_common())
    return TrialResult(looked_at, groups.total(), counted, tuple(examples), touched, unreadable)


def _policy(settings: Settings) -> GradingPolicy:
    return GradingPolicy.from_settings(settings["grading"], habits=privacy_policy.read(settings).habits)


def _kept(result: Result) -> dict[str, Any]:
    return {"score": result.score, "limit": result.limit, "caps": [cap.value for cap in result.caps]}


def headline(result: TrialResult) -> str:
    """The number, and of how many."""
    if not result.looked_at:
        return _("No distributor has a confirmed rating yet that can be made again.")
    return ngettext(
        "%(num)s rated distributor was looked at: %(changed)s would get another grade.",
        "Of %(num)s rated distributors, %(changed)s would get another grade.",
        result.looked_at,
        changed=result.changed,
    )


def aside(touched: int) -> str:
    """What of the others."""
    return ngettext(
        "%(num)s more keeps its grade with another limit or term.",
        "%(num)s more keep their grade with another limit or term.",
        touched,
    )


def word(grade: str) -> tuple[str, str]:
    """A grade in a word, and its tone."""
    return (_("No grade") if grade == _UNGRADED else _("Grade %(grade)s", grade=grade)), "neutral"


def show(viewer: Viewer, examples: Sequence[Example]) -> list[ShownExample]:
    """Each example with its distributor, score and limit, of those in the viewer's patch."""
    keys = {UUID(example.data["distributor"]) for example in examples}
    rows = db.session.execute(
        sa.select(Distributor.id, Distributor.name, Distributor.code).where(
            Distributor.id.in_(keys), viewer.scope(Distributor.region_code)
        )
    )
    named = {str(key): (name, code) for key, name, code in rows}
    return [_shown(example, *named[key]) for example in examples if (key := example.data["distributor"]) in named]


def _shown(example: Example, name: str, code: str) -> ShownExample:
    was, now = example.data["was"], example.data["now"]
    changes = [
        _("%(what)s: %(before)s → %(after)s", what=what, before=before, after=after)
        for what, before, after in (
            (_("Score"), _score(was["score"]), _score(now["score"])),
            (_("Limit"), show_yuan(was["limit"]), show_yuan(now["limit"])),
            (_("Caps"), _caps(was["caps"]), _caps(now["caps"])),
        )
        if before != after
    ]
    href = url_for("grading.rating", assessment_id=example.data["rating"])
    return ShownExample(name, code, href, example.before, example.after, changes)


def _score(tenths: int | None) -> str:
    return "—" if tenths is None else f"{tenths / 10:.1f}"


def _caps(codes: Sequence[str]) -> str:
    return _(", ").join(wording.cap(Cap(code), GradingPolicy())[0] for code in codes) or "—"


TRIALS = (Trial("grades", lambda: _("Credit grades"), size, run, headline, aside, word, show),)
