"""What the credit file says apart from the credit that holds; freezes by hand; temporary increases.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

USER = "user_account.id"


def upgrade() -> None:
    op.create_table(
        "imported_credit",
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "grade",
            sa.Enum("A", "B", "C", "D", name="grade", native_enum=False, create_constraint=True, length=16),
            nullable=True,
        ),
        sa.Column("credit_limit", sa.BigInteger(), nullable=True),
        sa.Column("term_days", sa.Integer(), nullable=True),
        sa.Column("assessed_on", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_imported_credit_distributor_id_distributor")
        ),
        sa.PrimaryKeyConstraint("distributor_id", name=op.f("pk_imported_credit")),
    )
    # Until now every row came from a file; when it did, the last reading of one says at least.
    op.execute(
        "INSERT INTO imported_credit"
        " (distributor_id, grade, credit_limit, term_days, assessed_on, valid_until, frozen, changed_at)"
        " SELECT distributor_id, grade, credit_limit, term_days, assessed_on, valid_until, frozen,"
        " coalesce((SELECT max(at) FROM audit_entry WHERE action = 'imports.read' AND subject_id = 'credit'),"
        " CURRENT_TIMESTAMP) FROM credit_record"
    )
    with op.batch_alter_table("credit_record") as batch_op:
        batch_op.add_column(
            sa.Column(
                "source",
                sa.Enum(
                    "imported",
                    "assessed",
                    name="creditsource",
                    native_enum=False,
                    create_constraint=True,
                    length=16,
                ),
                nullable=False,
                server_default="imported",
            )
        )
        batch_op.add_column(sa.Column("assessment_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("extra_limit", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("extra_from", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("extra_until", sa.Date(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_credit_record_assessment_id_assessment"), "assessment", ["assessment_id"], ["id"]
        )
    op.create_table(
        "credit_freeze",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("frozen_by_id", sa.Uuid(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("lifted_by_id", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lift_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_credit_freeze_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["frozen_by_id"], [USER], name=op.f("fk_credit_freeze_frozen_by_id_user_account")),
        sa.ForeignKeyConstraint(["lifted_by_id"], [USER], name=op.f("fk_credit_freeze_lifted_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_freeze")),
    )
    with op.batch_alter_table("credit_freeze") as batch_op:
        batch_op.create_index(batch_op.f("ix_credit_freeze_distributor_id"), ["distributor_id"])
        batch_op.create_index(
            "uq_credit_freeze_held",
            ["distributor_id"],
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )
    op.create_table(
        "credit_increase",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "approved",
                "declined",
                "withdrawn",
                "ended",
                name="increasestate",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.Column("percent", sa.String(length=32), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_credit_increase_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], [USER], name=op.f("fk_credit_increase_asked_by_id_user_account")),
        sa.ForeignKeyConstraint(["decided_by_id"], [USER], name=op.f("fk_credit_increase_decided_by_id_user_account")),
        sa.ForeignKeyConstraint(["ended_by_id"], [USER], name=op.f("fk_credit_increase_ended_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["policy_version"],
            ["policy_version.version"],
            name=op.f("fk_credit_increase_policy_version_policy_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_increase")),
    )
    with op.batch_alter_table("credit_increase") as batch_op:
        batch_op.create_index(batch_op.f("ix_credit_increase_distributor_id"), ["distributor_id"])
        batch_op.create_index(batch_op.f("ix_credit_increase_asked_by_id"), ["asked_by_id"])
        batch_op.create_index(
            "uq_credit_increase_asked",
            ["distributor_id"],
            unique=True,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )


def downgrade() -> None:
    """What holds stays as it is, wherever it came from: a freeze by hand goes on, an increase ends."""
    op.drop_table("credit_increase")
    op.drop_table("credit_freeze")
    with op.batch_alter_table("credit_record") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_credit_record_assessment_id_assessment"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("ck_credit_record_creditsource"), type_="check")
        for name in ("extra_until", "extra_from", "extra_limit", "assessment_id", "source"):
            batch_op.drop_column(name)
    op.drop_table("imported_credit")
