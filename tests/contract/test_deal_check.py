"""Random worlds, loaded by the commands, asked by the interface: every answer against the second reading.

By hand: CONTRACT_WORLDS=200 pytest tests/contract runs that many worlds; the first of every ten as real processes with
a real server, the others in this process, in turn on SQLite and PostgreSQL. CONTRACT_SEED=N starts at another seed,
CONTRACT_REAL=0 leaves the real processes out.
"""

import os
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from . import reference
from .files import write_rows
from .installation import PASSWORD, Installation, ask, inside, outside
from .reference import World
from .worlds import ORDER, PATCHES, TODAY, Deal, Maker

WORLDS = int(os.environ.get("CONTRACT_WORLDS", "0"))
SEED = int(os.environ.get("CONTRACT_SEED", "1"))
REAL = os.environ.get("CONTRACT_REAL", "1") == "1"
DEALS = 400 if WORLDS else 50

CODES = {
    "territory.own", "territory.unassigned", "territory.foreign", "territory.foreign_undercut", "price.none",
    "price.no_floor", "price.ok", "price.below_floor", "price.far_below_floor", "price.above_retail",
    "credit.overdue_stop", "credit.overdue_frozen", "credit.overdue", "credit.paid_up", "credit.cash", "credit.frozen",
    "credit.ungraded", "credit.cash_only", "credit.expired", "credit.ok", "credit.over_limit", "credit.far_over_limit",
    "distributor.ended", "distributor.prospect", "distributor.watch",
}  # fmt: skip
MONEY = {"list", "floor", "net", "rebates", "lowest_ok_price", "limit", "outstanding", "available", "overdue"}


def load(installation: Installation, folder: Path, world: World, seed: int) -> dict[str, str]:
    """Fill the installation by its commands. Returns username → token."""
    made = installation.flask(
        "users", "create", "admin", "--name", "Examiner", "--role", "admin", "--password-stdin", given=PASSWORD + "\n"
    )
    assert made.code == 0, made
    for kind in ORDER:
        read = installation.flask("import", kind, str(write_rows(folder, kind, world[kind], seed)))
        assert read.code == 0, f"seed {seed}, {kind}: {read}"
    tokens = {}
    for username in PATCHES:
        printed = installation.flask("users", "token", username)
        assert printed.code == 0, printed
        tokens[username] = printed.out.strip()
    return tokens


def read_again(installation: Installation, folder: Path, world: World, seed: int) -> None:
    """The same rows in other files: another encoding, other headers, another order of columns. Nothing may change."""
    folder = folder / "again"
    folder.mkdir()
    for kind in ORDER:
        read = installation.flask("import", kind, str(write_rows(folder, kind, world[kind], seed + 1_000_000)))
        assert read.code == 0, f"seed {seed}, {kind}: {read}"
        assert f"0 created, 0 updated, {len(world[kind])} unchanged, 0 rejected" in read.out, f"seed {seed}: {read}"


def covers(username: str, region: str) -> bool:
    """Whether a region lies in the user's patch: one of its regions, or below one."""
    return username == "admin" or any(bool(region) and region.startswith(code) for code in PATCHES[username])


def body_of(deal: Deal) -> dict[str, Any]:
    """The deal as the interface takes it; what is not said is left out."""
    said = {
        "distributor": deal.distributor,
        "on": deal.on.isoformat() if deal.on else None,
        "ship_to": deal.ship_to,
        "terms": deal.terms,
    }
    return {
        **{name: value for name, value in said.items() if value is not None},
        "lines": [{"product": line.product, "kg": line.kg, "price": line.price} for line in deal.lines],
    }


def expected(world: World, deal: Deal, username: str) -> dict[str, Any]:
    """The body of the 201 by the second reading; messages and the id stand for themselves."""
    answer = reference.check(world, deal.distributor, deal.on or TODAY, deal.ship_to, deal.terms, deal.lines)
    findings = []
    for finding in answer.findings:
        facts = {name: _shown(name, value) for name, value in finding.facts.items()}
        if "owners" in facts:
            rows = [reference.find(world["distributors"], "code", code) for code in finding.facts["owners"]]
            seen = [row["code"] for row in rows if row and covers(username, row["region"])]
            facts = {"owners": sorted(seen), "other_owners": len(rows) - len(seen)}
        findings.append({"code": finding.code, "level": finding.level, "line": finding.line, "facts": facts})
    return {
        "verdict": answer.verdict,
        "amount": f"{answer.amount:.2f}",
        "findings": sorted(findings, key=_order),
    }


def _shown(name: str, value: Any) -> Any:
    return f"{Decimal(value):.2f}" if name in MONEY and value is not None else value


def _order(finding: dict[str, Any]) -> tuple[int, str]:
    return finding["line"] or 0, finding["code"]


def given(body: dict[str, Any], wanted: dict[str, Any], sees_floor: bool) -> dict[str, Any]:
    """The answer, cut to what the contract names: the facts of each finding that the second reading has."""
    findings = sorted(body["findings"], key=_order)
    cut = []
    for number, finding in enumerate(findings):
        facts = dict(finding["facts"])
        wish = wanted["findings"][number]["facts"] if number < len(wanted["findings"]) else {}
        if "floor" in wish and not sees_floor:
            assert facts["floor"] is None, finding
            facts["floor"] = wish["floor"]
        if "owners" in facts:
            facts["owners"] = sorted(facts["owners"])
        cut.append(
            {
                **{name: finding[name] for name in ("code", "level", "line")},
                "facts": {name: facts.get(name, "absent") for name in wish},
            }
        )
        assert isinstance(finding["message"], str)
        assert finding["message"].strip()
    return {"verdict": body["verdict"], "amount": body["amount"], "findings": cut}


def compare(installation: Installation, world: World, tokens: dict[str, str], maker: Maker, deals: int) -> Counter[str]:
    """Ask many deals as many users; every difference of this world in one report. Returns how often each code came."""
    met: Counter[str] = Counter()
    differences = []
    for _number in range(deals):
        deal = maker.deal(world)
        row = reference.find(world["distributors"], "code", deal.distributor)
        assert row is not None
        seeing = [username for username in PATCHES if covers(username, row["region"])]
        username = maker.random.choice([*seeing, *seeing, *PATCHES])
        reply = ask(installation, body_of(deal), tokens[username])
        if username not in seeing:
            assert reply.status == 404, (username, body_of(deal), reply)
            met["404"] += 1
            continue
        if reply.status != 201:
            differences.append(f"{username} {body_of(deal)}: {reply}")
            continue
        wanted = expected(world, deal, username)
        answer = given(reply.json(), wanted, sees_floor=not username.startswith("rep"))
        met[f"{answer['verdict']}!"] += 1
        met.update(finding["code"] for finding in answer["findings"])
        if answer != wanted:
            differences.append(difference(username, deal, answer, wanted))
    assert not differences, f"{len(differences)} of {deals} differ\n" + "\n\n".join(differences[:8])
    return met


def difference(username: str, deal: Deal, answer: dict[str, Any], wanted: dict[str, Any]) -> str:
    """One difference, to be read."""
    lines = [f"{username} asks {body_of(deal)}"]
    for name in ("verdict", "amount"):
        if answer[name] != wanted[name]:
            lines.append(f"  {name}: app {answer[name]}, contract {wanted[name]}")
    lines += [f"  only app:      {finding}" for finding in answer["findings"] if finding not in wanted["findings"]]
    lines += [f"  only contract: {finding}" for finding in wanted["findings"] if finding not in answer["findings"]]
    return "\n".join(lines)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_random_world_gets_the_answers_of_the_contract(dialect: str, tmp_path: Path) -> None:
    seed = SEED + (dialect == "postgresql")
    maker = Maker(seed)
    world = maker.world()
    with inside(tmp_path, dialect) as installation:
        tokens = load(installation, tmp_path, world, seed)
        if dialect == "sqlite":
            read_again(installation, tmp_path, world, seed)
        met = compare(installation, world, tokens, maker, DEALS)
    assert met["404"]


def seeds() -> Iterator[int]:
    yield from range(SEED + 2, SEED + 2 + WORLDS)


@pytest.mark.skipif(not WORLDS, reason="by hand: CONTRACT_WORLDS=200")
def test_many_random_worlds(tmp_path: Path) -> None:
    met: Counter[str] = Counter()
    failures = []
    for number, seed in enumerate(seeds()):
        maker = Maker(seed)
        world = maker.world()
        folder = tmp_path / str(seed)
        folder.mkdir()
        if REAL and number % 10 == 0:
            place: Any = outside(folder)
        else:
            place = inside(folder, ("sqlite", "postgresql")[number % 2])
        try:
            with place as installation:
                tokens = load(installation, folder, world, seed)
                read_again(installation, folder, world, seed)
                met += compare(installation, world, tokens, maker, DEALS)
        except AssertionError as failure:
            failures.append(f"seed {seed}: {failure}")
        print(f"seed {seed}: {met.total()} findings and verdicts, {len(failures)} worlds differ", flush=True)  # noqa: T201
    assert not failures, "\n\n".join(failures)
    assert set(met) >= {*CODES, "go!", "approval!", "stop!", "404"}, met
