"""Visits: planned, under way and made, with notes and photos; tasks that come from them.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visit_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rep_id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_visit_plan_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_visit_plan_made_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["user_account.id"], name=op.f("fk_visit_plan_rep_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_plan")),
        sa.UniqueConstraint("rep_id", "day", "distributor_id", name=op.f("uq_visit_plan_rep_id_day_distributor_id")),
    )
    with op.batch_alter_table("visit_plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_plan_distributor_id"), ["distributor_id"], unique=False)

    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("rep_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrival_lat", sa.Float(), nullable=True),
        sa.Column("arrival_lng", sa.Float(), nullable=True),
        sa.Column("arrival_accuracy", sa.Integer(), nullable=True),
        sa.Column("arrival_distance", sa.Integer(), nullable=True),
        sa.Column(
            "arrival_problem",
            sa.Enum(
                "denied",
                "unavailable",
                "timeout",
                name="placeproblem",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("departure_lat", sa.Float(), nullable=True),
        sa.Column("departure_lng", sa.Float(), nullable=True),
        sa.Column("departure_accuracy", sa.Integer(), nullable=True),
        sa.Column("departure_distance", sa.Integer(), nullable=True),
        sa.Column(
            "departure_problem",
            sa.Enum(
                "denied",
                "unavailable",
                "timeout",
                name="departureproblem",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column(
            "ending",
            sa.Enum("checked-out", "repaired", name="ending", native_enum=False, create_constraint=True, length=16),
            nullable=True,
        ),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(left_at IS NULL) = (ending IS NULL)", name=op.f("ck_visit_ended")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_visit_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_visit_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["rep_id"], ["user_account.id"], name=op.f("fk_visit_rep_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_day_id"), ["day", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_visit_distributor_id_arrived_at"), ["distributor_id", "arrived_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_visit_rep_id_day_id"), ["rep_id", "day", "id"], unique=False)
        batch_op.create_index(
            "uq_visit_in_progress",
            ["rep_id"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )

    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("promise", "promotion", name="taskkind", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "done", "dropped", name="taskstate", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("done_by_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_visit_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_task_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["done_by_id"], ["user_account.id"], name=op.f("fk_task_done_by_id_user_account")),
        sa.ForeignKeyConstraint(["done_visit_id"], ["visit.id"], name=op.f("fk_task_done_visit_id_visit")),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_task_made_by_id_user_account")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_task_owner_id_user_account")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_task_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_task_distributor_id_state_due"), ["distributor_id", "state", "due"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_task_done_visit_id"), ["done_visit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_owner_id_state_due"), ["owner_id", "state", "due"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "visit_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column(
            "section",
            sa.Enum(
                "stock",
                "competitor",
                "order",
                "livestock",
                "retail",
                "brand",
                "talk",
                "other",
                name="notesection",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("weight", sa.BigInteger(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_visit_note_product_id_product")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_note_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_note")),
    )
    with op.batch_alter_table("visit_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_note_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_note_section_made_at"), ["section", "made_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_note_visit_id_made_at"), ["visit_id", "made_at"], unique=False)

    op.create_table(
        "visit_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column(
            "purpose",
            sa.Enum(
                "arrival", "task", "note", name="photopurpose", native_enum=False, create_constraint=True, length=16
            ),
            nullable=False,
        ),
        sa.Column("caption", sa.String(length=200), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_visit_photo_task_id_task")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_photo_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_photo")),
    )
    with op.batch_alter_table("visit_photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_photo_task_id"), ["task_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_photo_visit_id"), ["visit_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("visit_photo", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_photo_visit_id"))
        batch_op.drop_index(batch_op.f("ix_visit_photo_task_id"))

    op.drop_table("visit_photo")
    with op.batch_alter_table("visit_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_note_visit_id_made_at"))
        batch_op.drop_index(batch_op.f("ix_visit_note_section_made_at"))
        batch_op.drop_index(batch_op.f("ix_visit_note_product_id"))

    op.drop_table("visit_note")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_visit_id"))
        batch_op.drop_index(batch_op.f("ix_task_owner_id_state_due"))
        batch_op.drop_index(batch_op.f("ix_task_done_visit_id"))
        batch_op.drop_index(batch_op.f("ix_task_distributor_id_state_due"))

    op.drop_table("task")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_visit_in_progress", sqlite_where=sa.text("left_at IS NULL"), postgresql_where=sa.text("left_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_visit_rep_id_day_id"))
        batch_op.drop_index(batch_op.f("ix_visit_distributor_id_arrived_at"))
        batch_op.drop_index(batch_op.f("ix_visit_day_id"))
        batch_op.drop_index(batch_op.f("ix_visit_contact_id"))

    op.drop_table("visit")
    with op.batch_alter_table("visit_plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_plan_distributor_id"))

    op.drop_table("visit_plan")
