"""Remarks of customers; notices on their way out, and who wants them by mail.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("mail", "robot", name="channel", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "failed",
                "given-up",
                "unsure",
                name="deliverystate",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=20), nullable=False),
        sa.CheckConstraint("(channel = 'mail') = (user_id IS NOT NULL)", name=op.f("ck_notice_delivery_receiver")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_notice_delivery_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_delivery")),
    )
    with op.batch_alter_table("notice_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_delivery_made_at_id"), ["made_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_delivery_state_due_at"), ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_delivery_user_id"), ["user_id"], unique=False)

    op.create_table(
        "notice_delivery_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("mail", "robot", name="channel", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("event", sa.String(length=170), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["notice_delivery.id"],
            name=op.f("fk_notice_delivery_item_delivery_id_notice_delivery"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_delivery_item_notice_id_notice"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_delivery_item")),
        sa.UniqueConstraint("channel", "event", name=op.f("uq_notice_delivery_item_channel_event")),
    )
    with op.batch_alter_table("notice_delivery_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_delivery_item_delivery_id"), ["delivery_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_delivery_item_notice_id"), ["notice_id"], unique=False)

    op.create_table(
        "remark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "praise",
                "suggestion",
                "complaint",
                "effect",
                name="remarkkind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "theme",
            sa.Enum(
                "price",
                "quality",
                "delivery",
                "packaging",
                "service",
                "promotion",
                "payment",
                "other",
                name="theme",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("animal", sa.String(length=60), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column(
            "result",
            sa.Enum(
                "better", "same", "worse", name="effectresult", native_enum=False, create_constraint=True, length=16
            ),
            nullable=True,
        ),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "answered", "closed", name="remarkstate", native_enum=False, create_constraint=True, length=16
            ),
            nullable=False,
        ),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=1000), nullable=False),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.String(length=500), nullable=False),
        sa.Column(
            "told_how",
            sa.Enum("visit", "phone", "wechat", name="tellway", native_enum=False, create_constraint=True, length=16),
            nullable=True,
        ),
        sa.Column("told_by_id", sa.Uuid(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (told_at IS NOT NULL)", name=op.f("ck_remark_told")),
        sa.CheckConstraint("state = 'open' OR answered_at IS NOT NULL", name=op.f("ck_remark_answered")),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_remark_merged")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user_account.id"], name=op.f("fk_remark_answered_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_remark_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_remark_made_by_id_user_account")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["remark.id"], name=op.f("fk_remark_merged_into_id_remark")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_remark_owner_id_user_account")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_remark_product_id_product")),
        sa.ForeignKeyConstraint(["told_by_id"], ["user_account.id"], name=op.f("fk_remark_told_by_id_user_account")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_remark_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
    )
    with op.batch_alter_table("remark", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_remark_distributor_id_made_at"), ["distributor_id", "made_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_remark_made_at_id"), ["made_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_remark_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_remark_owner_id_state_due_at"), ["owner_id", "state", "due_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_remark_product_id_kind_made_at"), ["product_id", "kind", "made_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_remark_region_code_made_at"), ["region_code", "made_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_remark_state_due_at"), ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_remark_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "remark_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("remark_id", sa.Uuid(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["remark_id"], ["remark.id"], name=op.f("fk_remark_photo_remark_id_remark")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark_photo")),
    )
    with op.batch_alter_table("remark_photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remark_photo_remark_id"), ["remark_id"], unique=False)

    op.create_table(
        "remark_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("remark_id", sa.Uuid(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "made",
                "handed-over",
                "answered",
                "told",
                "reopened",
                "merged",
                "separated",
                "overdue",
                "escalated",
                name="stepkind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("to_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_remark_step_made_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["remark_id"], ["remark.id"], name=op.f("fk_remark_step_remark_id_remark")),
        sa.ForeignKeyConstraint(["to_id"], ["user_account.id"], name=op.f("fk_remark_step_to_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark_step")),
    )
    with op.batch_alter_table("remark_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remark_step_remark_id_made_at"), ["remark_id", "made_at"], unique=False)

    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_made_at"), ["made_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_path"), ["path"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_user_id_made_at_id"), ["user_id", "made_at", "id"], unique=False)

    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mail_notices", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_column("mail_notices")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_user_id_made_at_id"))
        batch_op.drop_index(batch_op.f("ix_notice_path"))
        batch_op.drop_index(batch_op.f("ix_notice_made_at"))
    for table in ("remark_step", "remark_photo", "remark", "notice_delivery_item", "notice_delivery"):
        op.drop_table(table)
