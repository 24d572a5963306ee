"""What a row of `areas` means."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fieldapp.core.sheets import N_, Message, kinds
from fieldapp.network.distributors.imports import A_DISTRIBUTOR
from fieldapp.network.territory.imports import A_REGION
from fieldapp.network.territory.models import Area

from .queries import codes_of, stored_at
from .rules import Given, Span, at_odds, only_eases, refused

_KEY = ("distributor_id", "region_code", "line_key", "valid_from")


def _span(row: Mapping[str, Any]) -> Span:
    names = ("distributor_id", "region_code", "line_key", "valid_from", "valid_to", "shared")
    return Span(*(row[name] for name in names))


def _given(rows: Sequence[kinds.Planned]) -> list[Given]:
    return [
        Given(
            row.line,
            (after.distributor, after.region, after.line, after.valid_from),
            _span(row.before[0]) if row.before[0] is not None else None,
            after,
        )
        for row in rows
        for after in (_span(row.after[0]),)
    ]


def _exclusive(rows: Sequence[kinds.Planned]) -> Iterable[tuple[kinds.Planned, str, Message]]:
    """Rows that would put a second exclusive distributor into a region: named with the one who has it."""
    given = _given(rows)
    met = refused(stored_at({one.after.region for one in given}), given)
    codes = codes_of({span.distributor for span, _line in met.values()})
    for row in rows:
        if row.line in met:
            span, line = met[row.line]
            values = {"holder": codes[span.distributor], "days": _days(span), "line": line}
            text = (
                N_(
                    "%(holder)s has this region and line for itself, %(days)s: end that one before, or share both"
                    " (shared: yes)"
                )
                if line is None
                else N_(
                    "line %(line)s gives this region and line to %(holder)s for itself, %(days)s: end one of them, or"
                    " share both (shared: yes)"
                )
            )
            yield row, "region", Message(text, values)


def _beside_exclusive(rows: Sequence[kinds.Planned]) -> Iterable[tuple[kinds.Planned, str, Message]]:
    """Rows that are taken all the same: shared beside exclusive, of which one side must be a mistake."""
    given = _given(rows)
    held = {**stored_at({one.after.region for one in given}), **{one.key: one.after for one in given}}
    by_place: dict[Any, list[Span]] = {}
    for span in held.values():
        by_place.setdefault(span.place, []).append(span)
    pairs = [
        (row, other)
        for row, one in zip(rows, given, strict=True)
        if (other := next((span for span in by_place[one.after.place] if at_odds(one.after, span)), None))
    ]
    codes = codes_of({other.distributor for _row, other in pairs})
    for row, other in pairs:
        text = (
            N_("%(holder)s has it for itself, %(days)s, and this row shares it: make both the same")
            if not other.shared
            else N_("%(holder)s shares it, %(days)s, and this row has it for itself: make both the same")
        )
        yield row, "shared", Message(text, {"holder": codes[other.distributor], "days": _days(other)})


def _days(span: Span) -> str:
    return f"{span.valid_from.isoformat()} – {span.valid_to.isoformat() if span.valid_to else '…'}"


AREAS = kinds.Kind(
    "areas",
    Message(N_("Sales areas")),
    columns=(
        kinds.reference("distributor", "distributor_id", A_DISTRIBUTOR, identity=True),
        kinds.reference("region", "region_code", A_REGION, identity=True),
        kinds.code("line", wildcard=True, folded="line_key", identity=True),
        kinds.day("valid_from", identity=True),
        kinds.day("valid_to"),
        kinds.yes_no("shared", default=False),
    ),
    parts=(
        kinds.Part(
            Area,
            _KEY,
            first=lambda before, after: only_eases(_span(before) if before is not None else None, _span(after)),
        ),
    ),
    check=kinds.valid_window,
    check_batch=_exclusive,
    remark=_beside_exclusive,
    whole=True,
)
