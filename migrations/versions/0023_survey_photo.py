"""Photos that are answered to a question of a survey.

Revision ID: 0023
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_survey_photo_survey_id_survey")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_photo")),
        sa.UniqueConstraint("survey_id", "question", name=op.f("uq_survey_photo_survey_id_question")),
    )


def downgrade() -> None:
    op.drop_table("survey_photo")
