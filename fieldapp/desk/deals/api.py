"""The JSON interface of the deal check (contract deal-check.md, JSON): the same gate as the screen, by bearer token."""

import json
import re
from datetime import date
from typing import Any

from flask import Response, abort, jsonify, make_response, request
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import ANYONE, TOKEN
from fieldapp.core.concern import Concern
from fieldapp.core.money import format_yuan, parse_kilograms, parse_yuan
from fieldapp.desk.checks.actions import record_check
from fieldapp.desk.checks.presentation import Seeing, interface_facts, message
from fieldapp.desk.checks.queries import (
    MOST_GRAMS,
    MOST_LINES,
    MOST_PRICE,
    DealRequest,
    Evaluation,
    InvalidDealError,
    LineRequest,
    UnknownDistributorError,
    evaluate,
)
from fieldapp.desk.checks.rules import Terms

from .openapi import document

concern = Concern("api", __name__, url_prefix="/api/v1")

MAX_BODY = 256 * 1024
MAX_TEXT = 100
_FIELDS = {"distributor", "on", "ship_to", "terms", "lines"}
_LINE_FIELDS = {"product", "kg", "price"}

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and half a character, which JSON can write as \ud800

Problems = list[tuple[str, str]]


@concern.route("/deal-checks", allow=TOKEN, methods=("POST",), max_bytes=MAX_BODY)
def create_deal_check() -> Response:
    """Check a deal and store it."""
    asked = read_request(request.get_data(), clock.today())
    if isinstance(asked, list):
        return refuse(asked)
    try:
        evaluation = evaluate(current_user, asked)
    except UnknownDistributorError:
        abort(404)
    except InvalidDealError as error:
        return refuse(error.problems)
    check = record_check(current_user, evaluation, "api", clock.now())
    return make_response(jsonify(answer(check.id, evaluation)), 201)


@concern.route("/openapi.json", allow=ANYONE)
def openapi() -> Response:
    """The description of this interface."""
    return make_response(jsonify(document(request.url_root.rstrip("/"))), 200)


def answer(check_id: object, evaluation: Evaluation) -> dict[str, Any]:
    """The body of a 201: money as strings, findings with the facts the viewer may see."""
    policy = evaluation.known.policy
    seeing = Seeing(current_user, current_user.role in policy.floor_roles, evaluation.known.owners)
    return {
        "id": str(check_id),
        "verdict": evaluation.result.verdict.value,
        "amount": format_yuan(evaluation.result.amount),
        "policy": policy.version,
        "findings": [
            {
                "code": finding.code,
                "level": finding.level.value,
                "line": finding.line,
                "facts": interface_facts(finding, seeing),
                "message": message(finding, seeing),
            }
            for finding in evaluation.result.findings
        ],
    }


def refuse(problems: Problems) -> Response:
    """422 with every bad field."""
    body = {"errors": [{"field": field, "message": text} for field, text in problems]}
    return make_response(jsonify(body), 422)


def read_request(body: bytes, today: date) -> DealRequest | Problems:
    """The body as a deal, or everything that is wrong with it. `today` is the default date."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return [("", _("The body is not JSON in UTF-8."))]
    if not isinstance(given, dict):
        return [("", _("The body must be a JSON object."))]
    problems: Problems = [
        (name[:MAX_TEXT], _("There is no such field: leave it out.")) for name in given if name not in _FIELDS
    ]
    distributor = _text(given, "distributor", "distributor", problems)
    terms = _terms(given.get("terms"), problems)
    on = _date(given.get("on"), today, problems)
    ship_to = None if given.get("ship_to") is None else _text(given, "ship_to", "ship_to", problems)
    lines = _lines(given.get("lines"), problems)
    if problems:
        return problems
    return DealRequest(distributor, on, ship_to, terms, tuple(lines))


def _lines(given: Any, problems: Problems) -> list[LineRequest]:
    if not isinstance(given, list) or not given:
        problems.append(("lines", _("Give at least one line.")))
        return []
    if len(given) > MOST_LINES:
        problems.append(("lines", _("Give at most %(count)s lines.", count=MOST_LINES)))
        return []
    return [_line(index, line, problems) for index, line in enumerate(given)]


def _line(index: int, given: Any, problems: Problems) -> LineRequest:
    where = f"lines.{index}"
    if not isinstance(given, dict):
        problems.append((where, _("A line must be an object with product, kg and price.")))
        return LineRequest("", 0, 0)
    problems += [
        (f"{where}.{name[:MAX_TEXT]}", _("There is no such field: leave it out."))
        for name in given
        if name not in _LINE_FIELDS
    ]
    product = _text(given, "product", f"{where}.product", problems)
    grams, price = 0, 0
    kg_text = _text(given, "kg", f"{where}.kg", problems)
    if kg_text:
        try:
            grams = parse_kilograms(kg_text)
            if not 0 < grams <= MOST_GRAMS:
                raise ValueError(kg_text)
        except ValueError:
            problems.append(
                (
                    f"{where}.kg",
                    _(
                        "%(value)s is not a weight: use kilograms above 0 and up to 1000000000, at most 3 decimals.",
                        value=kg_text,
                    ),
                )
            )
    price_text = _text(given, "price", f"{where}.price", problems)
    if price_text:
        try:
            price = parse_yuan(price_text)
            if not 0 <= price <= MOST_PRICE:
                raise ValueError(price_text)
        except ValueError:
            problems.append(
                (
                    f"{where}.price",
                    _(
                        "%(value)s is not a price: use yuan per tonne from 0 to 100000000, at most 2 decimals.",
                        value=price_text,
                    ),
                )
            )
    return LineRequest(product, grams, price)


def _text(given: dict[str, Any], name: str, field: str, problems: Problems) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        problems.append((field, _("Give it as a string.") if name in given else _("This is missing.")))
        return ""
    value = value.strip()
    if not value or len(value) > MAX_TEXT or _UNSTORABLE.search(value):
        problems.append((field, _("Give between 1 and %(count)s characters.", count=MAX_TEXT)))
        return ""
    return value


def _terms(value: Any, problems: Problems) -> Terms:
    if isinstance(value, str) and value in {term.value for term in Terms}:
        return Terms(value)
    problems.append(("terms", _("Give credit or cash.")))
    return Terms.CREDIT


def _date(value: Any, today: date, problems: Problems) -> date:
    if value is None:
        return today
    try:
        if not isinstance(value, str):
            raise ValueError(value)
        return clock.parse_day(value)
    except ValueError:
        problems.append(("on", _("%(value)s is not a date: use the form 2026-11-23.", value=str(value)[:20])))
        return today
