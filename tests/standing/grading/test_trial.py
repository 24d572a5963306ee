"""A draft of the policy tried on the grades: the latest confirmed rating of each distributor, made again."""

import json
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.policy.trials import TrialResult
from fieldapp.standing.grading import trial
from fieldapp.standing.grading.models import Assessment, AssessmentState
from fieldapp.standing.grading.scoring import GradingPolicy
from tests import cast
from tests.people.policy.conftest import texts
from tests.standing.grading.conftest import Rated

DEFAULTS = GradingPolicy().to_settings()
WEIGHTS = {"residence": 10, "years": 15, "growth": 15, "arrears": 25, "focus": 15, "cross_area": 20}
EDGES = {"years": (3, 1), "growth": (35, 20), "focus": (50, 30)}


def settings(**tables: dict[str, Any]) -> dict[str, Any]:
    """Complete settings with some tables changed in part."""
    return {"grading": {**DEFAULTS, **{name: {**DEFAULTS[name], **values} for name, values in tables.items()}}}


def draft(rated: Rated, **values: str) -> str:
    """An administrator's draft with these values of the grading; its address."""
    admin = rated.as_("admin")
    address = str(admin.post("/policy/drafts").location)
    sent = {"seen": "1", **{f"grading.{name}": value for name, value in values.items()}}
    assert admin.post(f"{address}/sections/grading", sent).status_code == 303
    return address


def test_a_grade_that_would_change_is_counted_and_told(rated: Rated) -> None:
    key = rated.proposed()
    rated.decide(key)
    address = draft(rated, **{"cuts.A": "86"})
    admin = rated.as_("admin")
    assert admin.post(f"{address}/tryout").status_code == 303
    page = admin.get(f"{address}/tryout").text
    assert "1 rated distributor was looked at: 1 would get another grade." in page
    words = texts(page)
    assert "郑州金禾饲料有限公司 D001 Grade A Grade B" in words
    assert "Limit: ¥100,000.00 → ¥40,000.00" in words
    assert f'href="/ratings/{key}"' in page
    assert rated.rating(key).grade == "A"


def test_a_limit_that_would_change_under_the_same_grade_is_counted_beside_it(rated: Rated) -> None:
    rated.decide(rated.proposed())
    address = draft(rated, **{"coefficients.A": "0.5"})
    rated.as_("admin").post(f"{address}/tryout")
    page = rated.as_("admin").get(f"{address}/tryout").text
    assert "1 rated distributor was looked at: 0 would get another grade." in page
    assert "1 more keeps its grade with another limit or term." in page


def test_what_was_not_confirmed_counts_for_nothing(rated: Rated) -> None:
    rated.proposed()
    address = draft(rated, **{"cuts.A": "86"})
    rated.as_("admin").post(f"{address}/tryout")
    assert "No distributor has a confirmed rating yet" in rated.as_("admin").get(f"{address}/tryout").text


def rating(dice: random.Random, distributor: UUID, by: UUID, **values: Any) -> Assessment:
    """A confirmed rating with random answers; `grade` and what else is derived is never asked by the trial."""
    answers: dict[str, Any] = {}
    for name in WEIGHTS:
        if dice.random() < 0.2:
            continue
        answers[name] = {"option": dice.choice(("best", "middle", "worst")), "value": None, "source": {}, "as_of": None}
        if name in EDGES and dice.random() < 0.7:
            best, middle = EDGES[name]
            near = dice.choice((best, middle)) + dice.choice((-1, 0, 0, 1, 5))
            worst_of = "middle" if near >= middle else "worst"
            reached = near > best if name == "growth" else near >= best
            answers[name] |= {"value": str(near), "option": "best" if reached else worst_of}
    since = dice.choice((None, cast.TODAY - timedelta(days=dice.choice((100, 300, 800)))))
    facts = {
        "customer_since": since.isoformat() if since else None,
        "invoiced": dice.randrange(0, 10**9),
        "months": dice.randrange(1, 13),
        "malicious": dice.choice((0, 0, 0, 1)),
    }
    plain: dict[str, Any] = {
        "id": uuid7(),
        "distributor_id": distributor,
        "on": cast.TODAY - timedelta(days=dice.randrange(300)),
        "answers": {**answers, "facts": facts},
        "answered_percent": 0,
        "provisional": False,
        "caps": [],
        "average_sales": 0,
        "limit": 0,
        "term_days": 0,
        "policy_version": 1,
        "state": AssessmentState.CONFIRMED,
        "proposed_by_id": by,
        "proposed_at": cast.NOW,
        "decided_at": cast.NOW,
    }
    return Assessment(**{**plain, **values})


def plain_grade(stored: dict[str, Any], on: date, tables: dict[str, Any]) -> str:
    """The grade by the words of the contract, in whole numbers and floats of a short calculation; "-" for none."""
    gained = weight = 0
    said = {}
    for name in WEIGHTS:
        if name not in stored:
            continue
        option, value = stored[name]["option"], stored[name]["value"]
        if value is not None and name in EDGES:
            best, middle = (float(tables["ranges"][f"{name}_{edge}"]) for edge in ("best", "middle"))
            reached = float(value) > best if name == "growth" else float(value) >= best
            option = "best" if reached else "middle" if float(value) >= middle else "worst"
        said[name] = option
        gained += tables["weights"][name] * tables["points"][option]
        weight += tables["weights"][name]
    if not weight:
        return "-"
    tenths = (gained * 20 + weight) // (2 * weight)
    grade = next((letter for letter in "ABC" if tenths >= float(tables["cuts"][letter]) * 10), "D")
    held = {
        "arrears": said.get("arrears") == "worst",
        "cross_area": said.get("cross_area") == "worst" or stored["facts"]["malicious"],
        "new_customer": stored["facts"]["customer_since"] is not None
        and (on - date.fromisoformat(stored["facts"]["customer_since"])).days < 365,
        "provisional": weight * 100 < tables["thresholds"]["provisional_percent"] * sum(tables["weights"].values()),
    }
    caps = [tables["caps"][name] for name, bites in held.items() if bites and tables["caps"][name] != "off"]
    return max([grade, *caps])


@pytest.mark.parametrize(
    "after",
    [
        settings(),
        settings(cuts={"A": "80", "B": "60.5", "C": "40"}),
        settings(weights={"arrears": 0, "focus": 60}, ranges={"focus_best": "80", "growth_middle": "34"}),
        settings(points={"middle": 100}, caps={"provisional": "off", "new_customer": "D"}),
        settings(thresholds={"provisional_percent": 95}),
    ],
)
def test_the_counts_are_those_of_a_plain_calculation(rated: Rated, after: dict[str, Any]) -> None:
    dice = random.Random(7)
    with rated.changing():
        by = db.session.scalars(sa.select(Distributor.rep_id).where(Distributor.id == rated.id)).one()
        assert by is not None
        latest: dict[UUID, Assessment] = {}
        for number in range(120):
            row = cast.make_distributor(f"T{number}", status=Status.ENDED if number % 20 == 0 else Status.ACTIVE)
            for one in (rating(dice, row.id, by), rating(dice, row.id, by)):
                db.session.add(one)
                before = latest.get(row.id)
                if number % 20 and (before is None or (one.on, one.id) > (before.on, before.id)):
                    latest[row.id] = one
            db.session.add(rating(dice, row.id, by, state=AssessmentState.RETURNED, on=cast.TODAY))
        lost = cast.make_distributor("LOST")
        db.session.add(rating(dice, lost.id, by, answers={"years": {"option": "best"}}))
    turns: Counter[tuple[str, str]] = Counter()
    for one in latest.values():
        words = plain_grade(one.answers, one.on, DEFAULTS), plain_grade(one.answers, one.on, after["grading"])
        turns[words] += words[0] != words[1]
    told: list[float] = []
    with rated.app.app_context():
        result = trial.run(settings(), after, cast.TODAY, told.append)
    assert (result.looked_at, result.unreadable) == (114, 1)
    assert {(group.before, group.after): group.count for group in result.groups} == dict(+turns)
    assert result.changed == turns.total()
    assert len(result.examples) == min(50, result.changed)
    assert (after == settings()) == (result.changed + result.touched == 0)
    assert TrialResult.from_json(json.loads(json.dumps(result.to_json()))) == result
    assert told[-1] == 1
