"""What a row of `targets` means."""

import re

from fieldapp.core.sheets import N_, Message, Refused, kinds
from fieldapp.network.distributors.imports import A_DISTRIBUTOR

from .models import Target

_PERIOD = re.compile(r"(19|20|21)\d\d(-(0[1-9]|1[0-2]|Q[1-4]))?", re.ASCII)
_FORM = Message(N_("a month 2026-11, a quarter 2026-Q4 or a year 2026"))


def period(value: str) -> str:
    """`2026-11`, `2026-Q4` or `2026`."""
    found = value.upper()
    if not _PERIOD.fullmatch(found):
        raise Refused(Message(N_("not a period: write 2026-11, 2026-Q4 or 2026")))
    return found


TARGETS = kinds.Kind(
    "targets",
    Message(N_("Targets")),
    columns=(
        kinds.reference("distributor", "distributor_id", A_DISTRIBUTOR, identity=True),
        kinds.code("line", wildcard=True, folded="line_key", identity=True),
        kinds.Attribute("period", period, identity=True, into="period", form=_FORM),
        kinds.tonnes("tonnes", into="weight", required=True, default=kinds.NEEDED),
    ),
    parts=(kinds.Part(Target, ("distributor_id", "line_key", "period")),),
)
