"""Maps that pages draw, made ready from imported boundaries; outlets found by where they lie.

Revision ID: 0028
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0032"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "boundary_map",
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("tiles", JSON, nullable=False),
        sa.Column("borders", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_boundary_map")),
    )
    op.create_index("ix_outlet_region_code_active", "outlet", ["region_code", "active"])


def downgrade() -> None:
    op.drop_index("ix_outlet_region_code_active", table_name="outlet")
    op.drop_table("boundary_map")
