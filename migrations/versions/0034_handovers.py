"""Hand-overs of areas and of patches, and what went along.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
REFUSALS = ("same", "not_theirs", "begins", "has_it", "ended", "inactive", "nothing")
MATTERS = ("distributor", "customer", "ticket", "survey", "remark", "task", "plan")
WHYS = ("own", "carved", "nowhere", "other_line", "no_line", "outside", "not_his", "both")
PARTIES = {
    "from_id": "distributor",
    "to_id": "distributor",
    "from_rep_id": "user_account",
    "to_rep_id": "user_account",
    "made_by_id": "user_account",
    "ended_by_id": "user_account",
    "region_code": "region",
}
COMING = sa.text("state = 'coming' AND kind = 'reps'")


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16, create_constraint=True)


def upgrade() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _words("kind", "area", "reps"), nullable=False),
        sa.Column("state", _words("state", "coming", "done", "called_off"), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in ("from_id", "to_id", "from_rep_id", "to_rep_id")),
        sa.Column("areas", JSON, nullable=False),
        sa.Column("went", JSON, nullable=False),
        sa.Column("problem", _words("refusal", *REFUSALS), nullable=True),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "CASE kind WHEN 'area' THEN from_id IS NOT NULL AND to_id IS NOT NULL AND from_id <> to_id"
            " ELSE from_rep_id IS NOT NULL AND to_rep_id IS NOT NULL AND from_rep_id <> to_rep_id END",
            name=op.f("ck_handover_parties"),
        ),
        sa.CheckConstraint("(state = 'coming') = (ended_at IS NULL)", name=op.f("ck_handover_ended")),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{table}.{'code' if table == 'region' else 'id'}"], name=op.f(f"fk_handover_{name}_{table}")
            )
            for name, table in PARTIES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    for columns in (
        ["state", "day"], ["day", "id"], ["region_code", "day"], ["from_id"], ["to_id"], ["from_rep_id"], ["to_rep_id"],
    ):  # fmt: skip
        op.create_index(op.f(f"ix_handover_{'_'.join(columns)}"), "handover", columns)
    op.create_index(
        "uq_handover_coming",
        "handover",
        ["from_rep_id", "region_code"],
        unique=True,
        sqlite_where=COMING,
        postgresql_where=COMING,
    )
    op.create_table(
        "handover_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handover_id", sa.Uuid(), nullable=False),
        sa.Column("matter", _words("matter", *MATTERS), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("why", _words("why", *WHYS), nullable=True),
        sa.ForeignKeyConstraint(["handover_id"], ["handover.id"], name=op.f("fk_handover_item_handover_id_handover")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_item")),
    )
    op.create_index(op.f("ix_handover_item_handover_id_matter_id"), "handover_item", ["handover_id", "matter", "id"])
    op.create_index(op.f("ix_handover_item_subject_id"), "handover_item", ["subject_id"])


def downgrade() -> None:
    op.drop_table("handover_item")
    op.drop_table("handover")
