"""Since when a distributor is in business, beside since when it is our customer.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("distributor", sa.Column("business_since", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("distributor") as batch_op:
        batch_op.drop_column("business_since")
