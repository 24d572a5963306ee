"""Merged accounts: who paid, pairs that look like one business with their history, groups that count as one.

Revision ID: 0032
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
STATES = ("open", "watch", "confirmed", "dismissed", "faded")
VERBS = ("confirm", "dismiss", "watch", "undo", "reconsider", "found", "returned", "fade")
# What was decided, by whom and why stays as it was, whatever a later piece of code may try.
_SQLITE = """
CREATE TRIGGER merged_entry_{verb} BEFORE {verb} ON merged_entry
BEGIN SELECT RAISE(ABORT, 'the history of a pair only grows'); END
"""
_POSTGRESQL = (
    """
CREATE FUNCTION merged_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the history of a pair only grows'; END $$
""",
    """
CREATE TRIGGER merged_entry_only_grows BEFORE UPDATE OR DELETE ON merged_entry
FOR EACH ROW EXECUTE FUNCTION merged_entry_only_grows()
""",
)


def upgrade() -> None:
    op.add_column("payment", sa.Column("payer", sa.String(length=120), nullable=True))
    op.add_column("payment", sa.Column("payer_key", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_payment_payer",
        "payment",
        ["payer_key", "distributor_id"],
        sqlite_where=sa.text("payer_key IS NOT NULL"),
        postgresql_where=sa.text("payer_key IS NOT NULL"),
    )
    op.create_table(
        "merged_pair",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("one_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("state", _enum("state", STATES), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("kinds", sa.String(length=120), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("context", JSON, nullable=False),
        sa.Column("known", JSON, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_merged_pair_order")),
        sa.ForeignKeyConstraint(["one_id"], ["distributor.id"], name=op.f("fk_merged_pair_one_id_distributor")),
        sa.ForeignKeyConstraint(["other_id"], ["distributor.id"], name=op.f("fk_merged_pair_other_id_distributor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_pair")),
        sa.UniqueConstraint("one_id", "other_id", name=op.f("uq_merged_pair_one_id_other_id")),
    )
    op.create_index(op.f("ix_merged_pair_other_id"), "merged_pair", ["other_id"])
    op.create_index(op.f("ix_merged_pair_state_score_id"), "merged_pair", ["state", "score", "id"])
    op.create_index(op.f("ix_merged_pair_score_id"), "merged_pair", ["score", "id"])
    op.create_table(
        "merged_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pair_id", sa.Uuid(), nullable=False),
        sa.Column("verb", _enum("verb", VERBS), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_merged_entry_by_id_user_account")),
        sa.ForeignKeyConstraint(["pair_id"], ["merged_pair.id"], name=op.f("fk_merged_entry_pair_id_merged_pair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_entry")),
    )
    op.create_index(op.f("ix_merged_entry_pair_id_at"), "merged_entry", ["pair_id", "at"])
    op.create_table(
        "merged_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_group")),
    )
    op.create_table(
        "merged_member",
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_merged_member_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["merged_group.id"], name=op.f("fk_merged_member_group_id_merged_group")),
        sa.PrimaryKeyConstraint("distributor_id", name=op.f("pk_merged_member")),
    )
    op.create_index(op.f("ix_merged_member_group_id"), "merged_member", ["group_id"])
    run = op.create_table(
        "merged_run",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mark", sa.String(length=300), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("pairs", sa.Integer(), nullable=False),
        sa.Column("groups", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_run")),
    )
    op.bulk_insert(run, [{"id": 1, "mark": "", "seconds": 0, "accounts": 0, "pairs": 0, "groups": 0}])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(verb=verb))
    else:
        for statement in _POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    for table in ("merged_run", "merged_member", "merged_group", "merged_entry", "merged_pair"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION merged_entry_only_grows()")
    op.drop_index("ix_payment_payer", "payment")
    with op.batch_alter_table("payment") as batch:
        batch.drop_column("payer_key")
        batch.drop_column("payer")


def _enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    length = max(16, *(len(value) for value in values))
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=length)
