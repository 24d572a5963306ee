"""The outlet or farm to which something was promised; two more reasons why something stays at a hand-over.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_WHYS = ("own", "carved", "nowhere", "other_line", "no_line", "outside", "not_his", "both")
_NEW = ("money", "merged")
_MATTERS = ("distributor", "customer", "ticket", "survey", "remark", "task", "plan")
_CHECK = "ck_handover_item_why"
_COLUMNS = "id, handover_id, matter, subject_id"


def upgrade() -> None:
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("outlet_id", sa.Uuid(), nullable=True))
    _whys((*_WHYS, *_NEW))


def downgrade() -> None:
    _whys(_WHYS)
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_column("outlet_id")


def _whys(whys: tuple[str, ...]) -> None:
    """Which reasons there are. Going down, those that are no more become the nearest one: it stays with the old one."""
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(op.f(_CHECK), "handover_item", type_="check")
        op.execute(f"UPDATE handover_item SET why = 'own' WHERE why NOT IN {whys}")
        op.create_check_constraint(op.f(_CHECK), "handover_item", f"why IN {whys}")
        return
    # SQLite changes no CHECK: the rows move into a table made anew.
    op.execute("ALTER TABLE handover_item RENAME TO handover_item_before")
    op.create_table(
        "handover_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handover_id", sa.Uuid(), nullable=False),
        sa.Column("matter", _words("matter", *_MATTERS), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("why", _words("why", *whys), nullable=True),
        sa.ForeignKeyConstraint(["handover_id"], ["handover.id"], name=op.f("fk_handover_item_handover_id_handover")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_item")),
    )
    op.execute(
        f"INSERT INTO handover_item ({_COLUMNS}, why) SELECT {_COLUMNS},"
        f" CASE WHEN why IS NULL OR why IN {whys} THEN why ELSE 'own' END FROM handover_item_before"
    )
    op.drop_table("handover_item_before")
    op.create_index(op.f("ix_handover_item_handover_id_matter_id"), "handover_item", ["handover_id", "matter", "id"])
    op.create_index(op.f("ix_handover_item_subject_id"), "handover_item", ["subject_id"])


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16, create_constraint=True)
