"""What a row of `credit` means: for a company that brings its grades along."""

from fieldapp.core.sheets import N_, Message, kinds
from fieldapp.network.distributors.imports import A_DISTRIBUTOR

from .models import CreditRecord, Grade

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
    parts=(kinds.Part(CreditRecord, ("distributor_id",), identity=None),),
)
