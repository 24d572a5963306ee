"""The OpenAPI 3.1 document of the JSON interface."""

from typing import Any

from fieldapp.core.findings import Level, Verdict
from fieldapp.desk.checks.rules import LEVELS, Terms

_MONEY = {"type": "string", "pattern": r"^-?\d+\.\d{2}$", "description": "Yuan with two decimals."}
_MONEY_OR_NULL = {**_MONEY, "type": ["string", "null"]}


def document(server: str) -> dict[str, Any]:
    """The document; `server` is the base URL under which it was asked."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fieldapp",
            "version": "1",
            "description": "May this distributor have these goods, there, at this price, on these terms?",
        },
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": {
            "/api/v1/deal-checks": {
                "post": {
                    "operationId": "createDealCheck",
                    "summary": "Check a deal and store the check",
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DealRequest"}}},
                    },
                    "responses": {
                        "201": _json("DealCheck", "The stored check with its verdict and findings."),
                        "401": _json("Errors", "No token, or one that is unknown, revoked or of a deactivated user."),
                        "404": _json("Errors", "There is no such distributor within the user's patch."),
                        "413": _json("Errors", "The body is too large."),
                        "422": _json("Errors", "Bad input; every bad field is named."),
                    },
                }
            },
        },
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`flask users token USERNAME` prints one; it acts as that user, within his patch.",
                }
            },
            "schemas": _schemas(),
        },
    }


def _json(schema: str, description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _schemas() -> dict[str, Any]:
    return {
        "DealRequest": {
            "type": "object",
            "additionalProperties": False,
            "required": ["distributor", "terms", "lines"],
            "properties": {
                "distributor": {"type": "string", "examples": ["D001"], "maxLength": 100},
                "on": {"type": "string", "format": "date", "description": "Default: today in Asia/Shanghai."},
                "ship_to": {
                    "type": "string",
                    "pattern": r"^(\d{2}|\d{4}|\d{6}|\d{9})$",
                    "description": "Region code, GB/T 2260. Default: the distributor's own region.",
                },
                "terms": {"type": "string", "enum": [term.value for term in Terms]},
                "lines": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 100,
                    "items": {"$ref": "#/components/schemas/LineRequest"},
                },
            },
        },
        "LineRequest": {
            "type": "object",
            "additionalProperties": False,
            "required": ["product", "kg", "price"],
            "properties": {
                "product": {"type": "string", "examples": ["P10"], "maxLength": 100},
                "kg": {
                    "type": "string",
                    "description": "Kilograms above 0, at most three decimals.",
                    "examples": ["5000"],
                },
                "price": {
                    "type": "string",
                    "description": "Yuan per tonne, at most two decimals.",
                    "examples": ["3150.00"],
                },
            },
        },
        "DealCheck": {
            "type": "object",
            "required": ["id", "verdict", "amount", "policy", "findings"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "verdict": {"type": "string", "enum": [verdict.value for verdict in Verdict]},
                "amount": _MONEY,
                "policy": {"type": "integer", "description": "Version of the policy it was made under."},
                "findings": {"type": "array", "items": {"$ref": "#/components/schemas/Finding"}},
            },
        },
        "Finding": {
            "type": "object",
            "required": ["code", "level", "line", "facts", "message"],
            "properties": {
                "code": {"type": "string", "enum": sorted(LEVELS)},
                "level": {"type": "string", "enum": [level.value for level in Level]},
                "line": {"type": ["integer", "null"], "description": "The deal's line, from 1; null: the whole deal."},
                "facts": {
                    "description": "By the code's first part: territory, price, credit or distributor.",
                    "anyOf": [
                        {"$ref": "#/components/schemas/TerritoryFacts"},
                        {"$ref": "#/components/schemas/PriceFacts"},
                        {"$ref": "#/components/schemas/CreditFacts"},
                        {"$ref": "#/components/schemas/DistributorFacts"},
                    ],
                },
                "message": {"type": "string", "description": "What is so and what to do next, in the user's language."},
            },
        },
        "TerritoryFacts": {
            "type": "object",
            "required": ["owners", "other_owners"],
            "properties": {
                "owners": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "Codes of the owners that the user may see.",
                },
                "other_owners": {"type": "integer", "description": "How many owners he may not see."},
                "region": {"type": ["string", "null"], "description": "The region whose areas decide."},
            },
        },
        "PriceFacts": {
            "type": "object",
            "required": ["list", "floor", "net", "rebates", "lowest_ok_price"],
            "properties": {
                "list": _MONEY_OR_NULL,
                "floor": {
                    **_MONEY_OR_NULL,
                    "description": "Null when none is set, or when the user's role may not see floors.",
                },
                "net": _MONEY,
                "rebates": {**_MONEY, "description": "What the rebates take off, per tonne."},
                "rebate_codes": {"type": "array", "items": {"type": "string"}},
                "lowest_ok_price": {
                    **_MONEY_OR_NULL,
                    "description": "Lowest price that keeps the floor; null when rebates reach 100 % or none is set.",
                },
                "lowest_approvable_price": _MONEY_OR_NULL,
                "retail": _MONEY_OR_NULL,
                "price": _MONEY,
            },
        },
        "CreditFacts": {
            "type": "object",
            "required": ["grade", "limit", "outstanding", "available", "overdue", "overdue_days"],
            "properties": {
                "grade": {"type": ["string", "null"], "enum": ["A", "B", "C", "D", None]},
                "limit": _MONEY,
                "temporary": {**_MONEY, "description": "What of the limit is a temporary increase; absent: nothing."},
                "temporary_until": {"type": "string", "format": "date", "description": "Its last day."},
                "outstanding": _MONEY,
                "available": _MONEY,
                "overdue": _MONEY,
                "overdue_days": {"type": "integer"},
                "over": _MONEY,
                "to_pay": _MONEY,
                "to_pay_for_approval": _MONEY,
                "amount": _MONEY,
                "valid_until": {"type": "string", "format": "date"},
            },
        },
        "DistributorFacts": {
            "type": "object",
            "required": ["status"],
            "properties": {"status": {"type": "string", "enum": ["prospect", "watch", "ended"]}},
        },
        "Errors": {
            "type": "object",
            "required": ["errors"],
            "properties": {
                "errors": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["field", "message"],
                        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                    },
                },
                "request_id": {"type": "string", "description": "To name in a question; the log holds it too."},
            },
        },
    }
