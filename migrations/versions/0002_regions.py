"""China's regions as shipped, of 2023-06-30: so that patches and areas can be named in a new installation.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from fieldapp.network.territory.data import read_regions

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

region = sa.table(
    "region",
    sa.column("code", sa.String),
    sa.column("name", sa.String),
    sa.column("pinyin", sa.String),
    sa.column("initials", sa.String),
    sa.column("lat", sa.Float),
    sa.column("lng", sa.Float),
)


def upgrade() -> None:
    # A later edition comes with a migration of its own, or through `flask import regions`.
    known = set(op.get_bind().scalars(sa.select(region.c.code)))
    op.bulk_insert(region, [row._asdict() for row in read_regions() if row.code not in known])


def downgrade() -> None:
    """The rows stay: prices, areas and distributors stand on them, and the next upgrade finds them."""
