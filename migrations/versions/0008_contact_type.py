"""Which of the eight customer types a contact was taken for, with its history.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "friendly",
                "cautious",
                "strong-willed",
                "expert",
                "debater",
                "constructive",
                "quiet",
                "traditional",
                name="customertype",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("observed", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("of_name", sa.String(length=80), nullable=True),
        sa.Column("set_by_id", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_type_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["user_account.id"], name=op.f("fk_contact_type_set_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_type")),
    )
    with op.batch_alter_table("contact_type", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_type_contact_id_set_at"), ["contact_id", "set_at"], unique=False)
        batch_op.create_index(
            "uq_contact_type_present",
            ["contact_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("contact_type", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_contact_type_present",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_contact_type_contact_id_set_at"))

    op.drop_table("contact_type")
