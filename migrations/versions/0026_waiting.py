"""How long steps wait: what ended in a month is found without reading every row.

Revision ID: 0026
Revises: 0020
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

INDEXES = (
    ("approval", ("decided_at", "state", "asked_at", "region_code")),
    ("ticket", ("answered_at", "recorded_at", "region_code")),
    ("ticket", ("solved_at", "recorded_at", "region_code")),
    ("ticket_entry", ("verb", "at", "ticket_id")),
    ("ticket_entry", ("ticket_id", "verb", "at")),
    ("remedy", ("proposed_at", "round", "ticket_id")),
    ("remedy", ("decided_at", "first_at", "proposed_at", "ticket_id")),
    ("remark", ("answered_at", "recorded_at", "region_code")),
    ("remark", ("told_at", "answered_at", "region_code")),
)


def upgrade() -> None:
    for table, columns in INDEXES:
        op.create_index(_name(table, columns), table, list(columns))


def downgrade() -> None:
    for table, columns in reversed(INDEXES):
        op.drop_index(_name(table, columns), table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return "_".join(("ix", table, *columns))
