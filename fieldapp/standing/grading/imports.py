"""What a row of `credit` means: for a company that brings its grades along."""

from fieldapp.core.sheets import N_, Message, kinds
from fieldapp.network.distributors.imports import A_DISTRIBUTOR

from .credit import settle
from .models import Grade, ImportedCredit

_OF_THE_GRADE = ("grade", "limit", "term_days", "assessed_on", "valid_until")


def _settle(written: kinds.Written) -> None:
    settle(written.subjects)


CREDIT = kinds.Kind(
    "credit",
    Message(N_("Credit")),
    columns=(
        kinds.reference("distributor", "distributor_id", A_DISTRIBUTOR, identity=True),
        kinds.choice("grade", Grade),
        kinds.money("limit"),
        kinds.integer("term_days", 0, 3650),
        kinds.day("assessed_on"),
        kinds.day("valid_until"),
        kinds.yes_no("frozen", default=False),
    ),
    parts=(
        kinds.Part(
            ImportedCredit,
            ("distributor_id",),
            identity=None,
            touch=lambda at: {"changed_at": at},
            touched_by=_OF_THE_GRADE,
        ),
    ),
    subject=(0, "distributor_id"),
    finish=_settle,
)
