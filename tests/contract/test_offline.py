"""The phone's verdicts on random worlds, from the snapshot that the server signs, against the interface's answers."""

import json
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.visitor import Visitor

from .installation import ask, inside
from .test_deal_check import load
from .worlds import Maker

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).parents[2] / "static" / "offline-deal.js"
DEALS = 300
MONEY = ("list", "floor", "net", "rebates", "lowest_ok_price", "limit", "outstanding", "available", "overdue")
ASK = "([s, deals]) => deals.map((deal) => offlineDeal.check(s, deal, 0))"


def a_price(chance: random.Random, snapshot: dict[str, Any], product: int) -> int:
    """Near a mark of the product more often than not."""
    marks = [mark for row in snapshot["prices"][0][product] if row[4] for mark in row[4][1::3] + row[4][2::3]]
    around = [max(0, chance.choice(marks) + chance.choice((-1, 0, 1))) for _n in range(3)] if marks else []
    return min(chance.choice([*around, chance.randrange(500_000)]), 10**10)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_phone_answers_as_the_interface_does(dialect: str, tmp_path: Path, browser: Browser) -> None:
    seed = 7 + (dialect == "postgresql")
    chance, world = random.Random(seed), Maker(seed).world()
    page, met = browser.new_page(), Counter[str]()
    page.add_script_tag(path=SCRIPT)
    with inside(tmp_path, dialect) as installation:
        tokens = load(installation, tmp_path, world, seed)
        for username in ("rep-city", "rep-two", "super"):
            snapshot = json.loads(Visitor(installation.app, username).get("/deals/snapshot").data)
            deals = []
            for _number in range(DEALS // 3):
                products = [chance.randrange(len(snapshot["products"])) for _n in range(chance.choice((1, 1, 2, 3)))]
                lines = [
                    {
                        "product": p,
                        "grams": chance.choice((1, 40_000, 5_000_000)),
                        "price": a_price(chance, snapshot, p),
                    }
                    for p in products
                ]
                who, place = chance.randrange(len(snapshot["distributors"])), chance.choice(snapshot["places"])
                deals.append({"who": who, "place": place, "cash": chance.random() < 0.3, "lines": lines})
            for deal, answer in zip(deals, page.evaluate(ASK, [snapshot, deals]), strict=True):
                lines = [
                    {
                        "product": snapshot["products"][line["product"]][0],
                        "kg": str(Decimal(line["grams"]) / 1000),
                        "price": yuan(line["price"]),
                    }
                    for line in deal["lines"]
                ]
                body = {
                    "distributor": snapshot["distributors"][deal["who"]][0],
                    "ship_to": deal["place"],
                    "terms": "cash" if deal["cash"] else "credit",
                    "lines": lines,
                }
                reply = ask(installation, body, tokens[username])
                assert reply.status == 201, reply
                said = reply.json()
                assert (answer["verdict"], yuan(answer["amount"])) == (said["verdict"], said["amount"]), body
                assert list(map(of_phone, answer["findings"])) == [
                    of_server(finding, answer["findings"][number]["facts"])
                    for number, finding in enumerate(said["findings"])
                ], body
                met.update([said["verdict"], *(finding["code"] for finding in said["findings"])])
                if not username.startswith("super"):
                    assert all("floor" not in finding["facts"] for finding in answer["findings"])
    page.close()
    assert sum(met[verdict] for verdict in ("go", "approval", "stop")) == DEALS
    assert len(met) > 15


def of_phone(finding: dict[str, Any]) -> tuple[Any, ...]:
    facts = {name: yuan(value) for name, value in finding["facts"].items() if name in MONEY}
    hidden = finding["facts"].get("hidden")
    return finding["code"], finding["level"], finding["line"], {} if hidden is not None else facts, hidden


def of_server(finding: dict[str, Any], named: dict[str, Any]) -> tuple[Any, ...]:
    facts = {name: finding["facts"][name] for name in MONEY if name in named and name in finding["facts"]}
    return finding["code"], finding["level"], finding["line"], facts, finding["facts"].get("other_owners")


def yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{Decimal(fen) / 100:.2f}"
