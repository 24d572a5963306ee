"""Surveys: forms in versions that stay as they are, surveys, answers, links for customers.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
# Answers mean what was asked: the words of a version stay, whatever a later piece of code may try.
_SQLITE = """
CREATE TRIGGER survey_form_version_{verb} BEFORE {verb} ON survey_form_version
BEGIN SELECT RAISE(ABORT, 'a version of a form is never changed'); END
"""
_POSTGRESQL = (
    """
CREATE FUNCTION survey_form_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a version of a form is never changed'; END $$
""",
    """
CREATE TRIGGER survey_form_version_stays BEFORE UPDATE OR DELETE ON survey_form_version
FOR EACH ROW EXECUTE FUNCTION survey_form_version_stays()
""",
)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)


def upgrade() -> None:
    op.create_table(
        "survey_form_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_survey_form_version_made_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_form_version")),
        sa.UniqueConstraint("form", "number", name=op.f("uq_survey_form_version_form_number")),
    )
    op.create_table(
        "survey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", _enum("purpose", "periodic", "visit", "remedy"), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=True),
        sa.Column("outlet_id", sa.Uuid(), nullable=True),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("rep_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", _enum("surveystate", "open", "answered", "expired", "declined"), nullable=False),
        sa.Column("channel", _enum("channel", "rep", "link"), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'answered') = (answered_at IS NOT NULL)", name=op.f("ck_survey_answered")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["survey_form_version.id"], name=op.f("fk_survey_version_id_survey_form_version")
        ),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_survey_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["user_account.id"], name=op.f("fk_survey_rep_id_user_account")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_survey_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
    )
    with op.batch_alter_table("survey", schema=None) as batch_op:
        for columns in (
            ["visit_id"],
            ["subject_id"],
            ["state", "due"],
            ["rep_id", "state", "due"],
            ["distributor_id", "made_at"],
            ["region_code", "made_at"],
            ["version_id", "answered_at"],
        ):
            batch_op.create_index(batch_op.f(f"ix_survey_{'_'.join(columns)}"), columns, unique=False)
    op.create_table(
        "survey_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("choice", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_survey_answer_survey_id_survey")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answer")),
        sa.UniqueConstraint("survey_id", "question", "choice", name=op.f("uq_survey_answer_survey_id_question_choice")),
    )
    op.create_table(
        "survey_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_survey_link_survey_id_survey")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_survey_link_made_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_survey_link_token_hash")),
    )
    with op.batch_alter_table("survey_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_survey_link_survey_id"), ["survey_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(verb=verb))
    else:
        for statement in _POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    for table in ("survey_link", "survey_answer", "survey", "survey_form_version"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION survey_form_version_stays()")
