"""Sensitive answers in a table of their own, with the consent to them; who looked at them.

Answers that ratings hold in the clear were recorded without a consent: they are deleted. The grades stay.

Revision ID: 0011
Revises: 0010
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDICATORS = ("residence", "years", "growth", "arrears", "focus", "habits", "cross_area")
_SENSITIVE = ("residence", "habits")
_CHUNK = 1000
_ratings = sa.table(
    "assessment",
    sa.column("id", sa.Uuid()),
    sa.column("answers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
)


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)


def upgrade() -> None:
    op.create_table(
        "sensitive_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", _word("indicator", *_INDICATORS), nullable=False),
        sa.Column("option", _word("option", "best", "middle", "worst"), nullable=False),
        sa.Column("consent_by_id", sa.Uuid(), nullable=False),
        sa.Column("of_name", sa.String(length=80), nullable=True),
        sa.Column("consent_on", sa.Date(), nullable=False),
        sa.Column("consent_how", _word("consenthow", "spoken", "written"), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consent_by_id"],
            ["contact.id"],
            name=op.f("fk_sensitive_answer_consent_by_id_contact"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_sensitive_answer_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("fk_sensitive_answer_recorded_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_answer")),
        sa.UniqueConstraint("distributor_id", "indicator", name=op.f("uq_sensitive_answer_distributor_id_indicator")),
    )
    op.create_index(op.f("ix_sensitive_answer_consent_by_id"), "sensitive_answer", ["consent_by_id"], unique=False)
    op.create_index(op.f("ix_sensitive_answer_expires_on"), "sensitive_answer", ["expires_on"], unique=False)
    op.create_table(
        "sensitive_read",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", _word("indicator", *_INDICATORS), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_sensitive_read_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["user_account.id"], name=op.f("fk_sensitive_read_reader_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_read")),
    )
    _strip(lambda answer: "option" in answer)


def downgrade() -> None:
    _strip(lambda answer: "kept" in answer)
    op.drop_table("sensitive_read")
    op.drop_index(op.f("ix_sensitive_answer_expires_on"), table_name="sensitive_answer")
    op.drop_index(op.f("ix_sensitive_answer_consent_by_id"), table_name="sensitive_answer")
    op.drop_table("sensitive_answer")


def _strip(unwanted: Callable[[dict[str, Any]], bool]) -> None:
    """Take the sensitive answers of one form out of all ratings."""
    connection = op.get_bind()
    after = None
    while True:
        some = sa.select(_ratings).order_by(_ratings.c.id).limit(_CHUNK)
        rows = connection.execute(some if after is None else some.where(_ratings.c.id > after)).all()
        for key, answers in rows:
            kept = {name: value for name, value in answers.items() if name not in _SENSITIVE or not unwanted(value)}
            if kept != answers:
                connection.execute(sa.update(_ratings).where(_ratings.c.id == key).values(answers=kept))
        if len(rows) < _CHUNK:
            return
        after = rows[-1].id
