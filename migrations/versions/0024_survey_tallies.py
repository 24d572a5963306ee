"""Answers counted as they come, so that results of any number of surveys are read at once.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_QUARTER = {
    "sqlite": "CAST(strftime('%Y', s.made_at, '+8 hours') AS INTEGER) * 10"
    " + (CAST(strftime('%m', s.made_at, '+8 hours') AS INTEGER) + 2) / 3",
    "postgresql": "CAST(EXTRACT(YEAR FROM s.made_at AT TIME ZONE 'Asia/Shanghai') * 10"
    " + EXTRACT(QUARTER FROM s.made_at AT TIME ZONE 'Asia/Shanghai') AS INTEGER)",
}
_COUNT = """
INSERT INTO survey_tally (form, question, level, region, quarter, version, number, choice, overall, count)
SELECT form, question, level, region, quarter, version, number, choice, overall, count(DISTINCT survey) FROM (
  SELECT v.form AS form, {question} AS question, {level} AS level,
    substr(coalesce(s.region_code, ''), 1, {level}) AS region, {quarter} AS quarter, v.number AS version,
    {number} AS number, {choice} AS choice, coalesce(o.number, -1) AS overall, s.id AS survey
  FROM survey s JOIN survey_form_version v ON v.id = s.version_id
  LEFT JOIN survey_answer o ON o.survey_id = s.id AND o.question = 'overall'
  {join}
  WHERE s.state = 'answered' AND ({level} = 6 OR length(coalesce(s.region_code, '')) >= {level}){only}
) counted
GROUP BY form, question, level, region, quarter, version, number, choice, overall
"""


def upgrade() -> None:
    op.create_table(
        "survey_tally",
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("choice", sa.String(length=40), nullable=False),
        sa.Column("overall", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "form",
            "question",
            "level",
            "region",
            "quarter",
            "version",
            "number",
            "choice",
            "overall",
            name=op.f("pk_survey_tally"),
        ),
    )
    with op.batch_alter_table("survey", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_survey_state_answered_at"), ["state", "answered_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_survey_version_id_made_at_region_code_state"),
            ["version_id", "made_at", "region_code", "state"],
            unique=False,
        )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_survey_id"), ["survey_id"], unique=False)
    quarter = _QUARTER[op.get_bind().dialect.name]
    answers = "JOIN survey_answer a ON a.survey_id = s.id"
    for level in (0, 2, 4, 6):
        for question, number, choice, join, only in (
            ("''", "-1", "''", "", ""),
            ("a.question", "coalesce(a.number, -1)", "a.choice", answers, ""),
            ("a.question", "-1", "''", answers, " AND a.choice <> ''"),  # how many chose anything
        ):
            values = {"question": question, "number": number, "choice": choice, "join": join, "only": only}
            op.execute(_COUNT.format(level=level, quarter=quarter, **values))


def downgrade() -> None:
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_survey_id"))
    with op.batch_alter_table("survey", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_survey_version_id_made_at_region_code_state"))
        batch_op.drop_index(batch_op.f("ix_survey_state_answered_at"))
    op.drop_table("survey_tally")
