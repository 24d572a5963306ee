"""When goods were ordered, which batch they are of, and what service a distributor is promised.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WITH_BATCH = sa.text("batch_key IS NOT NULL")


def upgrade() -> None:
    op.add_column("invoice", sa.Column("ordered_on", sa.Date(), nullable=True))
    op.add_column("invoice_line", sa.Column("batch", sa.String(length=64), nullable=True))
    op.add_column("invoice_line", sa.Column("batch_key", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_invoice_line_batch",
        "invoice_line",
        ["batch_key", "product_id", "invoice_id", "weight"],
        unique=False,
        sqlite_where=WITH_BATCH,
        postgresql_where=WITH_BATCH,
    )
    op.create_table(
        "service_promise",
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("template", sa.String(length=16), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("weekdays", JSON, nullable=False),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("visit_days", sa.Integer(), nullable=False),
        sa.Column("needs", JSON, nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("template IN ('large', 'small', 'own')", name=op.f("ck_service_promise_template")),
        sa.ForeignKeyConstraint(
            ["distributor_id"],
            ["distributor.id"],
            name=op.f("fk_service_promise_distributor_id_distributor"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_service_promise_made_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("distributor_id", "version", name=op.f("pk_service_promise")),
    )


def downgrade() -> None:
    op.drop_table("service_promise")
    op.drop_index("ix_invoice_line_batch", table_name="invoice_line")
    with op.batch_alter_table("invoice_line", schema=None) as batch_op:
        batch_op.drop_column("batch_key")
        batch_op.drop_column("batch")
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_column("ordered_on")
