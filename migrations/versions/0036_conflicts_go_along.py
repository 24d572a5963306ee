"""Conflicts among what goes along when a patch is handed over.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_MATTERS = ("distributor", "customer", "ticket", "survey", "remark", "task", "plan")
_WHYS = ("own", "carved", "nowhere", "other_line", "no_line", "outside", "not_his", "both", "money", "merged")
_CHECK = "ck_handover_item_matter"
_COLUMNS = "id, handover_id, matter, subject_id, why"


def upgrade() -> None:
    _matters((*_MATTERS, "conflict"))


def downgrade() -> None:
    op.execute("DELETE FROM handover_item WHERE matter = 'conflict'")
    _matters(_MATTERS)


def _matters(matters: tuple[str, ...]) -> None:
    """What can go along."""
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(op.f(_CHECK), "handover_item", type_="check")
        op.create_check_constraint(op.f(_CHECK), "handover_item", f"matter IN {matters}")
        return
    # SQLite changes no CHECK: the rows move into a table made anew.
    op.execute("ALTER TABLE handover_item RENAME TO handover_item_before")
    op.create_table(
        "handover_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handover_id", sa.Uuid(), nullable=False),
        sa.Column("matter", _words("matter", *matters), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("why", _words("why", *_WHYS), nullable=True),
        sa.ForeignKeyConstraint(["handover_id"], ["handover.id"], name=op.f("fk_handover_item_handover_id_handover")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_item")),
    )
    op.execute(f"INSERT INTO handover_item ({_COLUMNS}) SELECT {_COLUMNS} FROM handover_item_before")
    op.drop_table("handover_item_before")
    op.create_index(op.f("ix_handover_item_handover_id_matter_id"), "handover_item", ["handover_id", "matter", "id"])
    op.create_index(op.f("ix_handover_item_subject_id"), "handover_item", ["subject_id"])


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16, create_constraint=True)
