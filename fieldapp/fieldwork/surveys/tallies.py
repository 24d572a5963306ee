"""Counting answers as they come. Each is counted everywhere, in its province, its city and its county, so that a page
reads some hundred rows however many surveys there are."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db, insert_into

from . import book
from .models import FormVersion, Survey, SurveyAnswer, SurveyPhoto, SurveyTally
from .results_rules import LEVELS, NONE, OVERALL, Key, quarter_of
from .rules import CHOSEN, SENT, Answer, Question, SurveyState

_COLUMNS = ("form", "question", "level", "region", "quarter", "version", "number", "choice", "overall")
_AT_ONCE = 50  # rows of a statement: SQLite of some systems takes 999 values
_CHUNK = 500

Counted = Counter[tuple[str, Key, int, str]]


def count(survey: Survey, version: FormVersion, answers: Mapping[str, Answer]) -> None:
    """Count the answers of a survey that was just closed."""
    _add(Counter(_of(survey, version, answers)))


def take_back(survey: Survey) -> None:
    """Count the answers of a survey no more; they are still there."""
    version = db.session.get_one(FormVersion, survey.version_id)
    counted = Counter(_of(survey, version, _answers([survey.id]).get(survey.id, {})))
    _add(Counter({key: -how_many for key, how_many in counted.items()}))


def count_again() -> int:
    """Count all answers anew, as they stand; for answers that were written past `count`. How many surveys."""
    db.session.execute(sa.delete(SurveyTally))
    versions = {version.id: version for version in db.session.scalars(sa.select(FormVersion))}
    counted: Counted = Counter()
    done, last = 0, UUID(int=0)
    asked = (
        sa.select(Survey.id, Survey.version_id, Survey.made_at, Survey.region_code)
        .where(Survey.state == SurveyState.ANSWERED)
        .order_by(Survey.id)
        .limit(_CHUNK)
    )
    while surveys := db.session.execute(asked.where(Survey.id > last)).all():
        answers = _answers([survey.id for survey in surveys])
        for survey in surveys:
            counted.update(_of(survey, versions[survey.version_id], answers.get(survey.id, {})))
        done, last = done + len(surveys), surveys[-1].id
    _add(counted)
    return done


def keys_of(question: Question, answer: Answer) -> list[tuple[int, str]]:
    """(number, choice) of what an answer counts as; what is not a score counts as answered, too."""
    if isinstance(answer, int):
        return [(answer, "")]
    if question.kind not in CHOSEN:
        return [(NONE, "")]
    return [(NONE, ""), *((NONE, one) for one in (answer if isinstance(answer, list) else [answer]))]


def _of(survey: Any, version: FormVersion, answers: Mapping[str, Answer]) -> Iterator[tuple[str, Key, int, str]]:
    quarter = quarter_of(survey.made_at.astimezone(SHANGHAI).date())
    said = answers.get(OVERALL)
    overall = said if isinstance(said, int) else NONE
    keys = [Key("", version.number, quarter, NONE, "", overall)]
    for question in book.form_of(version).questions:
        if question.key in answers:
            keys += [
                Key(question.key, version.number, quarter, number, choice, overall)
                for number, choice in keys_of(question, answers[question.key])
            ]
    code = survey.region_code or ""
    for level in LEVELS:
        if len(code) >= level or level == LEVELS[-1]:
            yield from ((version.form, key, level, code[:level]) for key in keys)


def _add(counted: Counted) -> None:
    # In one order: no two that answer at once wait for each other.
    rows: list[dict[str, Any]] = [
        {"form": form, "level": level, "region": region, **key._asdict(), "count": how_many}
        for (form, key, level, region), how_many in sorted(counted.items())
    ]
    for start in range(0, len(rows), _AT_ONCE):
        statement = insert_into(SurveyTally).values(rows[start : start + _AT_ONCE])
        more = {"count": SurveyTally.count + statement.excluded.count}
        db.session.execute(statement.on_conflict_do_update(index_elements=_COLUMNS, set_=more))


def _answers(surveys: Collection[UUID]) -> dict[UUID, dict[str, Answer]]:
    found: dict[UUID, dict[str, Answer]] = {}
    rows = db.session.execute(
        sa.select(SurveyAnswer.survey_id, SurveyAnswer.question, SurveyAnswer.number, SurveyAnswer.choice).where(
            SurveyAnswer.survey_id.in_(surveys)
        )
    )
    for survey_id, question, number, choice in rows:
        held = found.setdefault(survey_id, {})
        if number is not None:
            held[question] = number
        elif not choice:
            held[question] = ""
        else:
            before = held.get(question)
            held[question] = [*before, choice] if isinstance(before, list) else [choice]
    photos = sa.select(SurveyPhoto.survey_id, SurveyPhoto.question).where(SurveyPhoto.survey_id.in_(surveys))
    for survey_id, question in db.session.execute(photos):
        found.setdefault(survey_id, {})[question] = SENT
    return found
