"""What a row of `prices` and of `rebates` means."""

from fieldapp.core.sheets import N_, Message, kinds
from fieldapp.network.distributors.imports import A_DISTRIBUTOR
from fieldapp.network.territory.imports import A_REGION
from fieldapp.trade.products.imports import A_PRODUCT

from .models import Price, Rebate, RebateKind

PRICES = kinds.Kind(
    "prices",
    Message(N_("Prices")),
    columns=(
        kinds.reference("product", "product_id", A_PRODUCT, identity=True),
        kinds.reference("region", "region_code", A_REGION, identity=True),
        kinds.code("tier", wildcard=True, folded="tier_key", identity=True),
        kinds.day("valid_from", identity=True),
        kinds.day("valid_to"),
        kinds.money("list_price"),
        kinds.money("floor_price"),
        kinds.money("retail_price"),
    ),
    parts=(kinds.Part(Price, ("product_id", "region_code", "tier_key", "valid_from")),),
    check=kinds.valid_window,
)

# Who and what a rebate is for must be said in so many words: an empty cell that meant `*` would lower the net price
# of everybody. A column that isn't there at all means `*` for a new rebate.
REBATES = kinds.Kind(
    "rebates",
    Message(N_("Rebates")),
    columns=(
        kinds.own_code("code"),
        kinds.choice("kind", RebateKind, required=True, default=kinds.NEEDED),
        kinds.reference("distributor", "distributor_id", A_DISTRIBUTOR, wildcard=True, required=True),
        kinds.code("tier", wildcard=True, any_is_none=True, required=True),
        kinds.code("line", wildcard=True, any_is_none=True, required=True),
        kinds.reference("product", "product_id", A_PRODUCT, wildcard=True, required=True),
        kinds.money("per_tonne"),
        kinds.number("percent", 6, 0, 100),
        kinds.day("valid_from", required=True, default=kinds.NEEDED),
        kinds.day("valid_to"),
    ),
    parts=(kinds.Part(Rebate, ("code_key",)),),
    check=kinds.valid_window,
)
