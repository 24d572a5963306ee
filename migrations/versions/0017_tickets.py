"""Tickets: complaints until they are put right, their thread that only grows, remedies, photos, lessons.

Revision ID: 0017
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
# The thread is evidence: what was said stays as it was said, whatever a later piece of code may try.
_SQLITE = """
CREATE TRIGGER ticket_entry_{verb} BEFORE {verb} ON ticket_entry
BEGIN SELECT RAISE(ABORT, 'the thread of a ticket only grows'); END
"""
_POSTGRESQL = (
    """
CREATE FUNCTION ticket_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the thread of a ticket only grows'; END $$
""",
    """
CREATE TRIGGER ticket_entry_only_grows BEFORE UPDATE OR DELETE ON ticket_entry
FOR EACH ROW EXECUTE FUNCTION ticket_entry_only_grows()
""",
)


def upgrade() -> None:
    op.create_table(
        "ticket_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_counter")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=True),
        sa.Column("outlet_id", sa.Uuid(), nullable=True),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("survey_id", sa.Uuid(), nullable=True),
        sa.Column("remark_id", sa.Uuid(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "quality",
                "effect",
                "delivery",
                "weight",
                "packaging",
                "price",
                "service",
                "animals",
                "other",
                name="ticketkind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "severity",
            sa.Enum("minor", "normal", "severe", name="severity", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("dangerous", sa.Boolean(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("story", sa.String(length=4000), nullable=False),
        sa.Column("wish", sa.String(length=1000), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "reported",
                "proposed",
                "second",
                "approved",
                "returned",
                "declined",
                "under_way",
                "carried_out",
                "solved",
                "closed",
                "withdrawn",
                name="ticketstate",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rep_id", sa.Uuid(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solve_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_told", sa.Integer(), nullable=False),
        sa.Column("solve_told", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_ticket_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_ticket_made_by_id_user_account")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_ticket_product_id_product")),
        sa.ForeignKeyConstraint(["rep_id"], ["user_account.id"], name=op.f("fk_ticket_rep_id_user_account")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_ticket_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_ticket_number")),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ticket_distributor_id_recorded_at"), ["distributor_id", "recorded_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_ticket_kind_product_id"), ["kind", "product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_made_by_id"), ["made_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_product_id_batch_key"), ["product_id", "batch_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_region_code_id"), ["region_code", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_rep_id_state"), ["rep_id", "state"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_ticket_state_region_code_id"), ["state", "region_code", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_ticket_state_solve_due_at"), ["state", "solve_due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "lesson",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "quality",
                "effect",
                "delivery",
                "weight",
                "packaging",
                "price",
                "service",
                "animals",
                "other",
                name="ticketkind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column(
            "cause",
            sa.Enum(
                "recipe",
                "production",
                "storage",
                "transport",
                "use",
                "promise",
                "billing",
                "customer",
                "unknown",
                name="rootcause",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_lesson_by_id_user_account")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_lesson_product_id_product")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_lesson_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_lesson_ticket_id")),
    )
    with op.batch_alter_table("lesson", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_lesson_standing_kind_product_id"), ["standing", "kind", "product_id"], unique=False
        )

    op.create_table(
        "remedy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "apology",
                "replacement",
                "credit_note",
                "discount",
                "technician",
                "other",
                name="remedykind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("by_day", sa.Date(), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_by_id", sa.Uuid(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount >= 0 AND asked >= amount", name=op.f("ck_remedy_amount")),
        sa.ForeignKeyConstraint(["first_by_id"], ["user_account.id"], name=op.f("fk_remedy_first_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["user_account.id"], name=op.f("fk_remedy_proposed_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["second_by_id"], ["user_account.id"], name=op.f("fk_remedy_second_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_remedy_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remedy")),
    )
    with op.batch_alter_table("remedy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remedy_ticket_id_proposed_at"), ["ticket_id", "proposed_at"], unique=False)

    op.create_table(
        "ticket_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column(
            "verb",
            sa.Enum(
                "propose",
                "approve",
                "approve_less",
                "return",
                "decline",
                "answer",
                "start",
                "step",
                "carry_out",
                "ask_again",
                "satisfied",
                "dissatisfied",
                "close",
                "withdraw",
                "comment",
                "escalate",
                name="ticketverb",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("words", sa.String(length=4000), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_ticket_entry_by_id_user_account")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_entry_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_entry")),
    )
    with op.batch_alter_table("ticket_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_entry_ticket_id_at"), ["ticket_id", "at"], unique=False)

    op.create_table(
        "ticket_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("caption", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_ticket_photo_by_id_user_account")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_photo_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_photo")),
    )
    with op.batch_alter_table("ticket_photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_photo_ticket_id"), ["ticket_id"], unique=False)

    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(verb=verb))
    else:
        for statement in _POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    for table in ("lesson", "ticket_photo", "remedy", "ticket_entry", "ticket", "ticket_counter"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ticket_entry_only_grows()")
