"""The weekly log with what is said about it, exports of visits in the background, the weekly mail.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def kind(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)


def upgrade() -> None:
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(length=254), nullable=True))

    op.create_table(
        "weekly_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rep_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("state", kind("logstate", "draft", "submitted", "returned", "accepted"), nullable=False),
        sa.Column("went_well", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("figures", JSON, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_weekly_log_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["user_account.id"], name=op.f("fk_weekly_log_rep_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_log")),
        sa.UniqueConstraint("week", "rep_id", name=op.f("uq_weekly_log_week_rep_id")),
    )
    with op.batch_alter_table("weekly_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_weekly_log_rep_id_state"), ["rep_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_weekly_log_state"), ["state"], unique=False)

    op.create_table(
        "weekly_log_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("step", kind("logstep", "comment", "submit", "return", "accept"), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["weekly_log.id"], name=op.f("fk_weekly_log_comment_log_id_weekly_log")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_weekly_log_comment_made_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_log_comment")),
    )
    with op.batch_alter_table("weekly_log_comment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_weekly_log_comment_log_id_id"), ["log_id", "id"], unique=False)

    op.create_table(
        "weekly_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("state", kind("mailstate", "sending", "sent", "failed"), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_weekly_mail_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_mail")),
        sa.UniqueConstraint("week", "user_id", name=op.f("uq_weekly_mail_week_user_id")),
    )

    op.create_table(
        "export_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form", kind("exportform", "csv", "xlsx"), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("rep_id", sa.Uuid(), nullable=True),
        sa.Column("state", kind("exportstate", "waiting", "writing", "done", "refused", "crashed"), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_export_run_made_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["user_account.id"], name=op.f("fk_export_run_rep_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_run")),
    )
    with op.batch_alter_table("export_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_export_run_made_by_id_id"), ["made_by_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("export_run")
    op.drop_table("weekly_mail")
    op.drop_table("weekly_log_comment")
    op.drop_table("weekly_log")
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_column("email")
