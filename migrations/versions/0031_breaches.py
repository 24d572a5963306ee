"""Invoices that have yet to be looked at; sales below the floor that nobody approved, and their thread that only grows.

Revision ID: 0031
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0027"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
RESULTS = ("kept", "approved", "below", "no_floor", "no_price", "credit_note", "weight")
STATES = ("open", "accepted", "recover", "done", "dismissed", "corrected")
VERBS = ("find", "judge", "correct", "explain", "accept", "recover", "finish", "dismiss", "reopen")
INDEXES = (
    ("state", "region_code", "number"),
    ("region_code", "number"),
    ("rep_id", "state", "number"),
    ("checked_by_id", "state", "number"),
    ("first_on", "region_code", "result", "state", "lost"),
    ("found_at", "region_code"),
)
# What was said stays as it was said, and what was found is never lost, whatever a later piece of code may try.
GUARDS = (
    ("breach_entry", "UPDATE", "the thread of a breach only grows"),
    ("breach_entry", "DELETE", "the thread of a breach only grows"),
    ("breach", "DELETE", "a breach is never deleted"),
)
_SQLITE = """
CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{why}'); END
"""
_FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{why}'; END $$
"""
_TRIGGER = """
CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()
"""


def upgrade() -> None:
    op.create_table(
        "fresh_invoice",
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_fresh_invoice_invoice_id_invoice"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("topic", "invoice_id", name=op.f("pk_fresh_invoice")),
    )
    op.create_index(op.f("ix_fresh_invoice_invoice_id"), "fresh_invoice", ["invoice_id"])
    op.create_index(
        op.f("ix_fresh_invoice_topic_distributor_id_invoice_id"),
        "fresh_invoice",
        ["topic", "distributor_id", "invoice_id"],
    )

    op.create_table(
        "breach_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_counter")),
    )
    op.create_table(
        "breach",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("result", _one_of("result", *RESULTS), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("ship_to", sa.String(length=9), nullable=False),
        sa.Column("rep_id", sa.Uuid(), nullable=True),
        sa.Column("check_id", sa.Uuid(), nullable=True),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=True),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", _one_of("state", *STATES), nullable=False),
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("measure", sa.String(length=1000), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_breach_{column}_{target.split('.')[0]}"))
            for column, target in (
                ("check_id", "deal_check.id"),
                ("checked_by_id", "user_account.id"),
                ("decided_by_id", "user_account.id"),
                ("distributor_id", "distributor.id"),
                ("policy_version", "policy_version.version"),
                ("product_id", "product.id"),
                ("rep_id", "user_account.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach")),
        sa.UniqueConstraint(
            "distributor_id",
            "product_id",
            "ship_to",
            "first_on",
            "result",
            name=op.f("uq_breach_distributor_id_product_id_ship_to_first_on_result"),
        ),
        sa.UniqueConstraint("number", name=op.f("uq_breach_number")),
    )
    for columns in INDEXES:
        op.create_index(op.f("_".join(("ix_breach", *columns))), "breach", list(columns))
    op.create_table(
        "breach_invoice",
        sa.Column("breach_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["breach_id"], ["breach.id"], name=op.f("fk_breach_invoice_breach_id_breach")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_breach_invoice_invoice_id_invoice"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("breach_id", "invoice_id", name=op.f("pk_breach_invoice")),
    )
    op.create_index(op.f("ix_breach_invoice_invoice_id"), "breach_invoice", ["invoice_id"])
    op.create_table(
        "breach_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("breach_id", sa.Uuid(), nullable=False),
        sa.Column("verb", _one_of("verb", *VERBS), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["breach_id"], ["breach.id"], name=op.f("fk_breach_entry_breach_id_breach")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_breach_entry_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_entry")),
    )
    op.create_index(op.f("ix_breach_entry_breach_id_at_id"), "breach_entry", ["breach_id", "at", "id"])

    if op.get_bind().dialect.name == "sqlite":
        for table, verb, why in GUARDS:
            op.execute(_SQLITE.format(table=table, verb=verb, why=why))
    else:
        for table, verb, why in GUARDS:
            name = f"{table}_{verb.lower()}"
            op.execute(_FUNCTION.format(name=name, why=why))
            op.execute(_TRIGGER.format(name=name, table=table, verb=verb))


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)


def downgrade() -> None:
    for table in ("breach_entry", "breach_invoice", "breach", "breach_counter", "fresh_invoice"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table, verb, _why in GUARDS:
            op.execute(f"DROP FUNCTION {table}_{verb.lower()}()")
