"""The price book: drafts that a second person publishes, a history that only grows, observed retail prices.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
# What was once the price of a day stays on record, whatever a later piece of code may try.
_SQLITE = """
CREATE TRIGGER price_history_{verb} BEFORE {verb} ON price_history
BEGIN SELECT RAISE(ABORT, 'the history of prices only grows'); END
"""
_POSTGRESQL = (
    """
CREATE FUNCTION price_history_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the history of prices only grows'; END $$
""",
    """
CREATE TRIGGER price_history_only_grows BEFORE UPDATE OR DELETE ON price_history
FOR EACH ROW EXECUTE FUNCTION price_history_only_grows()
""",
)


def upgrade() -> None:
    op.create_table(
        "price_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "submitted",
                "published",
                "discarded",
                name="draftstate",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "state <> 'published' OR (decided_by_id IS NOT NULL AND decided_by_id <> made_by_id)",
            name=op.f("ck_price_draft_second_person"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_price_draft_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_price_draft_made_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["user_account.id"], name=op.f("fk_price_draft_submitted_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_draft")),
    )
    with op.batch_alter_table("price_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_price_draft_state_changed_at"), ["state", "changed_at"], unique=False)

    op.create_table(
        "price_draft_editor",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["price_draft.id"], name=op.f("fk_price_draft_editor_draft_id_price_draft")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_price_draft_editor_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("draft_id", "user_id", name=op.f("pk_price_draft_editor")),
    )
    op.create_table(
        "price_draft_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("price", "end", name="linekind", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("tier_key", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("list_price", sa.BigInteger(), nullable=True),
        sa.Column("floor_price", sa.BigInteger(), nullable=True),
        sa.Column("retail_price", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["price_draft.id"], name=op.f("fk_price_draft_line_draft_id_price_draft")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_price_draft_line_product_id_product")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_price_draft_line_region_code_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_draft_line")),
        sa.UniqueConstraint(
            "draft_id", "product_id", "region_code", "tier_key", "valid_from", name=op.f("uq_price_draft_line_key")
        ),
    )
    op.create_table(
        "price_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "source",
            sa.Enum("draft", "file", name="pricesource", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("after", JSON, nullable=True),
        sa.Column("backdated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_price_history_by_id_user_account")),
        sa.ForeignKeyConstraint(["draft_id"], ["price_draft.id"], name=op.f("fk_price_history_draft_id_price_draft")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_price_history_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_history")),
    )
    with op.batch_alter_table("price_history", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_price_history_at_id"), ["at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_price_history_backdated_at"), ["backdated", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_price_history_draft_id"), ["draft_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_price_history_product_id_at"), ["product_id", "at"], unique=False)

    op.create_table(
        "retail_observation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=True),
        sa.Column("region_code", sa.String(length=9), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("rival", sa.String(length=120), nullable=False),
        sa.Column("rival_key", sa.String(length=120), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum("bag", "tonne", name="unit", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.Column("bag_grams", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.CheckConstraint("(product_id IS NULL) = (rival <> '')", name=op.f("ck_retail_observation_whose")),
        sa.CheckConstraint("unit = 'tonne' OR bag_grams > 0", name=op.f("ck_retail_observation_bag")),
        sa.CheckConstraint("price > 0 AND given > 0", name=op.f("ck_retail_observation_price")),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_retail_observation_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_retail_observation_made_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlet.id"], name=op.f("fk_retail_observation_outlet_id_outlet"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_retail_observation_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retail_observation")),
    )
    with op.batch_alter_table("retail_observation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retail_observation_day_id"), ["day", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_retail_observation_distributor_id_day"), ["distributor_id", "day"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_retail_observation_outlet_id"), ["outlet_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_retail_observation_product_id_day"), ["product_id", "day"], unique=False)
        batch_op.create_index(batch_op.f("ix_retail_observation_rival_key_day"), ["rival_key", "day"], unique=False)

    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("draft_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_import_run_draft_id_price_draft"), "price_draft", ["draft_id"], ["id"]
        )

    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(verb=verb))
    else:
        for statement in _POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_import_run_draft_id_price_draft"), type_="foreignkey")
        batch_op.drop_column("draft_id")
    for table in ("retail_observation", "price_history", "price_draft_line", "price_draft_editor", "price_draft"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION price_history_only_grows()")
