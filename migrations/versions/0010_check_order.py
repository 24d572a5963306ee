"""Recorded checks are listed by the server's time, whatever clock made their keys.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_deal_check_made_at_id"), "deal_check", ["made_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_deal_check_made_at_id"), table_name="deal_check")
