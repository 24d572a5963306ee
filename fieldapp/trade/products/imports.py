"""What a row of `products` means, and how other sheets name a product."""

from fieldapp.core.sheets import N_, Message, kinds

from .models import Product

A_PRODUCT = kinds.Reference(Product.code_key, Product.id, Message(N_("no such product")))

PRODUCTS = kinds.Kind(
    "products",
    Message(N_("Products")),
    columns=(
        kinds.own_code("code"),
        kinds.text("name", 200, required=True, default=kinds.NEEDED),
        kinds.code("line", required=True, default=kinds.NEEDED),
        kinds.text("stage", 80),
        kinds.kilograms("pack_kg", zero=False, into="pack_grams"),
        kinds.number("standard_factor", 6, 0, 1000),
        kinds.money("cost_per_tonne", into="cost"),
        kinds.yes_no("active", default=True),
    ),
    parts=(kinds.Part(Product, ("code_key",)),),
)
