"""The search index over distributors: documents, and their tokens in FTS5 or a GIN index.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from fieldapp.network.distributors.actions import rebuild

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEX = {
    # Contentless: the documents are in distributor_search already. detail=none: neither positions nor columns are asked.
    # The ascii tokenizer keeps every character beyond ASCII; our tokens come ready, split by blanks.
    "sqlite": [
        """CREATE VIRTUAL TABLE distributor_fts USING fts5(
             tokens, content='', detail='none', columnsize=0, tokenize="ascii tokenchars '_'")""",
        # Written in pieces of 16 MB instead of 1: fewer to merge when a whole company is read in.
        "INSERT INTO distributor_fts (distributor_fts, rank) VALUES ('hashsize', 16777216)",
    ],
    "postgresql": [
        """CREATE TABLE distributor_fts (
             docid bigint PRIMARY KEY REFERENCES distributor_search,
             tokens tsvector NOT NULL)""",
        "CREATE INDEX ix_distributor_fts_tokens ON distributor_fts USING gin (tokens)",
    ],
}


def upgrade() -> None:
    op.create_table(
        "distributor_search",
        sa.Column("docid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"],
            ["distributor.id"],
            name=op.f("fk_distributor_search_distributor_id_distributor"),
        ),
        sa.PrimaryKeyConstraint("docid", name=op.f("pk_distributor_search")),
        sa.UniqueConstraint("distributor_id", name=op.f("uq_distributor_search_distributor_id")),
    )
    with op.batch_alter_table("distributor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_distributor_status_pinyin_id"), ["status", "pinyin", "id"], unique=False)
    for statement in INDEX[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
    rebuild(op.get_bind())


def downgrade() -> None:
    op.execute(sa.text("DROP TABLE distributor_fts"))
    with op.batch_alter_table("distributor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_distributor_status_pinyin_id"))
    op.drop_table("distributor_search")
