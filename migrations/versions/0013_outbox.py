"""Receipts of what phones sent, and the keys with which they keep it.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_receipt",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("next", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_outbox_receipt_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_outbox_receipt")),
    )
    with op.batch_alter_table("outbox_receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_receipt_at"), ["at"], unique=False)

    op.create_table(
        "phone_key",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_phone_key_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_phone_key")),
    )


def downgrade() -> None:
    op.drop_table("phone_key")
    with op.batch_alter_table("outbox_receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_receipt_at"))

    op.drop_table("outbox_receipt")
