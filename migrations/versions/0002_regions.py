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
    # On PostgreSQL the stamp's trigger would fire for each of 44,000 statements, and that many updates of one row within
    # one transaction take minutes: bump it once instead.
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("ALTER TABLE region DISABLE TRIGGER stamp_region")
    op.bulk_insert(region, [row._asdict() for row in read_regions()])
    if postgresql:
        op.execute("ALTER TABLE region ENABLE TRIGGER stamp_region")
        op.execute("UPDATE stamp SET regions = regions + 1 WHERE id = 1")


def downgrade() -> None:
    op.execute(sa.delete(region))
