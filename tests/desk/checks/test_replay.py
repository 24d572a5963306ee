"""Checks of a random company, replayed: under their own policy as stored, under others as a plain reading counts."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.checks import trial
from fieldapp.desk.checks.actions import as_json
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.replay import NotReplayableError, restore
from fieldapp.desk.checks.rules import CASH_LEVELS, LEVELS, DealPolicy, check
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.people.policy.trials import TrialResult
from tests.cast import NOW
from tests.contract.installation import Inside, ask, inside
from tests.contract.test_deal_check import body_of, load
from tests.contract.worlds import TODAY, Maker
from tests.desk.conftest import Desk, stored

DEALS = 80
STRICT = DealPolicy(
    tolerance_percent="1.5",  # type: ignore[arg-type]
    overdue_frozen_days=3,
    over_limit_percent="0",  # type: ignore[arg-type]
    levels={"price.none": "approval", "territory.own": "info"},  # type: ignore[dict-item]
)


# What is tried against what: numbers, single levels, and nothing at all.
TRIED: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({}, {"tolerance_percent": "0"}),
    ({}, {"tolerance_percent": "60.5", "over_limit_percent": "900"}),
    ({"overdue_frozen_days": 3}, {"overdue_frozen_days": 29, "overdue_days": 9}),
    ({}, {"levels": {"territory.unassigned": "ok", "credit.ungraded": "info", "price.none": "approval"}}),
    ({"cash_levels": {"credit.overdue": "stop"}}, {"cash_levels": {"credit.overdue_stop": "ok"}}),
    ({}, {}),
    ({}, {"levels": dict.fromkeys(LEVELS, "ok"), "cash_levels": dict.fromkeys(CASH_LEVELS, "ok")}),
)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """A random company whose administrator recorded deals, half of them under a second policy."""
    folder, maker = tmp_path_factory.mktemp("company"), Maker(11)
    world = maker.world()
    with inside(folder, request.param) as installation:
        token = load(installation, folder, world, 11)["admin"]
        for number in range(DEALS):
            if number == DEALS // 2:
                with installation.app.app_context():
                    settings = {"deal_check": STRICT.to_settings()}
                    db.session.add(PolicyVersion(version=2, valid_from=TODAY, settings=settings, published_at=NOW))
                    db.session.commit()
            reply = ask(installation, body_of(maker.deal(world)), token)
            assert reply.status == 201, reply
        yield installation


def test_replaying_gives_what_is_stored(company: Inside) -> None:
    with company.app.app_context():
        policies = {
            version.version: DealPolicy.from_settings(version.settings.get("deal_check", {}))
            for version in db.session.scalars(sa.select(PolicyVersion))
        }
        checks = list(db.session.scalars(sa.select(DealCheck)))
        codes = set()
        for one in checks:
            deal, facts = restore(one)
            again = check(deal, facts, policies[one.policy_version])
            codes |= {finding.code for finding in again.findings}
            assert (again.verdict, again.amount) == (one.verdict, one.amount)
            assert as_json(again.findings) == one.findings
            assert as_json(facts) == {name: one.facts[name] for name in as_json(facts)}
            assert [line["amount"] for line in one.inputs["lines"]] == list(again.line_amounts)
        assert len(checks) == DEALS
        assert len(codes) > 15
        assert {one.policy_version for one in checks} == {1, 2}


def levels_of(one: DealCheck, policy: DealPolicy) -> list[tuple[str, str]]:
    """(code, level) of each finding under a policy, read out of the stored numbers by the words of the contract."""
    found = []
    for finding in one.findings:
        code, facts = finding["code"], finding["facts"]
        levels = policy.levels
        if code in {"price.ok", "price.below_floor", "price.far_below_floor"}:
            bound = facts["floor"] * (1 - Fraction(policy.tolerance_percent) / 100)
            code = "price.ok" if facts["net"] >= facts["floor"] else "price.below_floor"
            code = "price.far_below_floor" if facts["net"] < bound else code
        if code.startswith("credit.overdue") or code == "credit.paid_up":
            days = facts["overdue_days"]
            levels = policy.cash_levels if one.terms == "cash" else levels
            code = "credit.overdue" if days >= policy.overdue_days else "credit.paid_up"
            code = "credit.overdue_frozen" if days > policy.overdue_frozen_days else code
            code = "credit.overdue_stop" if days > policy.overdue_stop_days else code
        if code in {"credit.ok", "credit.over_limit", "credit.far_over_limit"}:
            over = facts["amount"] - facts["limit"] + facts["outstanding"]
            near = over <= facts["limit"] * Fraction(policy.over_limit_percent) / 100
            code = "credit.ok" if over <= 0 else "credit.over_limit" if near else "credit.far_over_limit"
        found.append((code, str(levels[code])))
    return found


def verdict_of(levels: list[tuple[str, str]]) -> str:
    said = {level for _code, level in levels}
    return "stop" if "stop" in said else "approval" if "approval" in said else "go"


@pytest.mark.parametrize(("before", "after"), TRIED)
def test_the_trial_counts_what_a_plain_reading_counts(
    company: Inside, before: dict[str, Any], after: dict[str, Any]
) -> None:
    old, new = DealPolicy.from_settings(before), DealPolicy.from_settings(after)
    told: list[float] = []
    with company.app.test_request_context():
        result = trial.run({"deal_check": before}, {"deal_check": after}, TODAY, told.append)
        checks = list(db.session.scalars(sa.select(DealCheck).order_by(DealCheck.id.desc())))
        turns: Counter[tuple[str, str]] = Counter()
        changed, reasons = [], 0
        for one in checks:
            first, second = levels_of(one, old), levels_of(one, new)
            if verdict_of(first) != verdict_of(second):
                turns[verdict_of(first), verdict_of(second)] += 1
                differ = [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
                changed.append((str(one.id), differ))
            else:
                reasons += first != second
        assert (result.looked_at, result.unreadable) == (DEALS, 0)
        assert {(group.before, group.after): group.count for group in result.groups} == turns
        assert (result.changed, result.touched) == (len(changed), reasons)
        assert [
            (
                example.data["check"],
                [tuple((one["code"], one["level"]) for one in pair) for pair in example.data["changed"]],
            )
            for example in result.examples
        ] == changed[:50]
        assert TrialResult.from_json(json.loads(json.dumps(result.to_json()))) == result
    assert told == sorted(told)
    assert (old == new) == (result.changed + result.touched == 0)


def test_a_check_without_all_its_facts_is_said_to_be_so(desk: Desk) -> None:
    whole = stored(desk, desk.record())
    restore(whole)
    facts, inputs = whole.facts, whole.inputs
    line = facts["lines"][0]
    broken = [
        ({}, inputs),
        ({**facts, "lines": []}, inputs),
        ({**facts, "credit": {**facts["credit"], "grade_of_old": "A"}}, inputs),
        ({**facts, "ledger": {"outstanding": 1}}, inputs),
        ({**facts, "distributor": {"code": "d001", "status": "unheard of"}}, inputs),
        ({**facts, "lines": [{**line, "rebates": [{**line["rebates"][0], "percent": "much"}]}]}, inputs),
        ({**facts, "lines": [{**line, "price": {**line["price"], "valid_from": "yesterday"}}]}, inputs),
        (facts, {}),
        (facts, {**inputs, "lines": inputs["lines"] * 2}),
    ]
    for known, asked in broken:
        with pytest.raises(NotReplayableError):
            restore(
                DealCheck(id=whole.id, on=whole.on, ship_to=whole.ship_to, terms=whole.terms, facts=known, inputs=asked)
            )


def test_what_is_restored_is_what_decides(desk: Desk) -> None:
    """A restored fact that is changed changes the answer: none of them is a constant."""
    deal, facts = restore(stored(desk, desk.record("3190.00")))
    policy = DealPolicy()
    assert check(deal, facts, policy).verdict == "go"
    assert check(deal, replace(facts, credit=replace(facts.credit, frozen=True)), policy).verdict == "stop"
    assert check(deal, replace(facts, ledger=replace(facts.ledger, overdue_days=31)), policy).verdict == "stop"
    cheap = replace(deal, lines=(replace(deal.lines[0], price=315_000),))
    assert check(cheap, facts, policy).verdict == "approval"
