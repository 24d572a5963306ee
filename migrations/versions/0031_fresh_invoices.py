"""Invoices that have yet to be looked at.

Revision ID: 0031
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fresh_invoice",
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_fresh_invoice_invoice_id_invoice"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("topic", "invoice_id", name=op.f("pk_fresh_invoice")),
    )
    op.create_index(op.f("ix_fresh_invoice_invoice_id"), "fresh_invoice", ["invoice_id"])


def downgrade() -> None:
    op.drop_table("fresh_invoice")
