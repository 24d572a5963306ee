"""The search index over remarks; what remarks are searched by, without hyphens.

Revision ID: 0025
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

from fieldapp.fieldwork.feedback import index

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INDEX = {
    # detail=none: neither positions nor columns are asked. The ascii tokenizer keeps every character beyond ASCII.
    "sqlite": [
        """CREATE VIRTUAL TABLE remark_fts USING fts5(
             remark_id UNINDEXED, tokens, detail='none', columnsize=0, tokenize='ascii')"""
    ],
    "postgresql": [
        """CREATE TABLE remark_fts (
             remark_id uuid PRIMARY KEY REFERENCES remark ON DELETE CASCADE,
             tokens tsvector NOT NULL)""",
        "CREATE INDEX ix_remark_fts_tokens ON remark_fts USING gin (tokens)",
    ],
}


def upgrade() -> None:
    connection = op.get_bind()
    for statement in INDEX[connection.dialect.name]:
        op.execute(sa.text(statement))
    remark = sa.table("remark", sa.column("id", sa.Uuid()), sa.column("found_by", sa.Text()))
    without = remark.c.found_by
    for sign in "-_/":
        without = sa.func.replace(without, sign, "")
    connection.execute(sa.update(remark).values(found_by=without))
    rows = connection.execute(sa.select(remark.c.id, remark.c.found_by)).tuples()
    while chunk := rows.fetchmany(2000):
        index.put(connection, chunk)


def downgrade() -> None:
    op.execute(sa.text("DROP TABLE remark_fts"))
