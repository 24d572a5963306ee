"""Conflicts between distributors: parties, a thread that only grows, meetings, agreements, follow-ups; the calendar's
indexes.

Revision ID: 0033
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0028"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
# What a calendar of promises is read by, a month at a time.
INDEXES = (("task", ("state", "due")), ("visit_plan", ("day", "id")), ("remedy", ("by_day", "ticket_id")))
# The thread is evidence: what was said stays as it was said, whatever a later piece of code may try.
_SQLITE = """
CREATE TRIGGER conflict_entry_{verb} BEFORE {verb} ON conflict_entry
BEGIN SELECT RAISE(ABORT, 'the thread of a conflict only grows'); END
"""
_POSTGRESQL = (
    """
CREATE FUNCTION conflict_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the thread of a conflict only grows'; END $$
""",
    """
CREATE TRIGGER conflict_entry_only_grows BEFORE UPDATE OR DELETE ON conflict_entry
FOR EACH ROW EXECUTE FUNCTION conflict_entry_only_grows()
""",
)


def upgrade() -> None:
    op.create_table(
        "conflict_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_counter")),
    )
    op.create_table(
        "conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "area",
                "price",
                "accounts",
                "other",
                name="conflictkind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("region_code", sa.String(length=9), nullable=True),
        sa.Column("story", sa.String(length=4000), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "talking",
                "agreed",
                "followed_up",
                "closed",
                "dropped",
                name="conflictstate",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("meet_by", sa.Date(), nullable=False),
        sa.Column("stalled_told", sa.Boolean(), nullable=False),
        sa.Column("first_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "settled", "partly", "unsettled", name="outcome", native_enum=False, create_constraint=True, length=16
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_conflict_made_by_id_user_account")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_conflict_owner_id_user_account")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_conflict_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
        sa.UniqueConstraint("number", name=op.f("uq_conflict_number")),
    )
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conflict_kind_state_region_code"), ["kind", "state", "region_code"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_conflict_made_by_id"), ["made_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_conflict_owner_id_state"), ["owner_id", "state"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_conflict_recorded_at_first_agreed_at_kind"),
            ["recorded_at", "first_agreed_at", "kind"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_conflict_state_number"), ["state", "number"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_conflict_state_stalled_told_meet_by"), ["state", "stalled_told", "meet_by"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_conflict_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "conflict_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conflict_id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=True),
        sa.Column(
            "verb",
            sa.Enum(
                "note",
                "add_party",
                "link",
                "assign",
                "meet",
                "hold",
                "cancel",
                "agree",
                "add_point",
                "keep",
                "break",
                "plan_visit",
                "follow_up",
                "close",
                "drop",
                "reopen",
                name="conflictverb",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("words", sa.String(length=4000), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_conflict_entry_by_id_user_account")),
        sa.ForeignKeyConstraint(["conflict_id"], ["conflict.id"], name=op.f("fk_conflict_entry_conflict_id_conflict")),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_conflict_entry_distributor_id_distributor")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_entry")),
    )
    with op.batch_alter_table("conflict_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_entry_conflict_id_at"), ["conflict_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_conflict_entry_distributor_id"), ["distributor_id"], unique=False)

    op.create_table(
        "conflict_follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conflict_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("rep_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("holds", sa.Boolean(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(holds IS NULL) = (noted_at IS NULL)", name=op.f("ck_conflict_follow_up_noted")),
        sa.ForeignKeyConstraint(
            ["conflict_id"], ["conflict.id"], name=op.f("fk_conflict_follow_up_conflict_id_conflict")
        ),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_conflict_follow_up_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_conflict_follow_up_made_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["rep_id"], ["user_account.id"], name=op.f("fk_conflict_follow_up_rep_id_user_account")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_conflict_follow_up_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_follow_up")),
    )
    with op.batch_alter_table("conflict_follow_up", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conflict_follow_up_conflict_id_round_day"), ["conflict_id", "round", "day"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_conflict_follow_up_day_id"), ["day", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_conflict_follow_up_distributor_id_day"), ["distributor_id", "day"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_conflict_follow_up_rep_id_day_distributor_id"),
            ["rep_id", "day", "distributor_id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_conflict_follow_up_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "conflict_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conflict_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_conflict_link_by_id_user_account")),
        sa.ForeignKeyConstraint(["conflict_id"], ["conflict.id"], name=op.f("fk_conflict_link_conflict_id_conflict")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_link")),
        sa.UniqueConstraint("conflict_id", "kind", "key", name=op.f("uq_conflict_link_conflict_id_kind_key")),
    )
    with op.batch_alter_table("conflict_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_link_kind_key"), ["kind", "key"], unique=False)

    op.create_table(
        "conflict_meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conflict_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at_time", sa.String(length=5), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "held",
                "cancelled",
                name="meetingstate",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("present", sa.String(length=500), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conflict_id"], ["conflict.id"], name=op.f("fk_conflict_meeting_conflict_id_conflict")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_conflict_meeting_made_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_meeting")),
    )
    with op.batch_alter_table("conflict_meeting", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conflict_meeting_conflict_id_state_round"), ["conflict_id", "state", "round"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_conflict_meeting_day_id"), ["day", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_conflict_meeting_state_day"), ["state", "day"], unique=False)

    op.create_table(
        "conflict_party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conflict_id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_conflict_party_by_id_user_account")),
        sa.ForeignKeyConstraint(["conflict_id"], ["conflict.id"], name=op.f("fk_conflict_party_conflict_id_conflict")),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_conflict_party_distributor_id_distributor")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_party")),
        sa.UniqueConstraint("conflict_id", "distributor_id", name=op.f("uq_conflict_party_conflict_id_distributor_id")),
    )
    with op.batch_alter_table("conflict_party", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conflict_party_distributor_id_conflict_id"), ["distributor_id", "conflict_id"], unique=False
        )

    op.create_table(
        "conflict_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conflict_id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("caption", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_conflict_photo_by_id_user_account")),
        sa.ForeignKeyConstraint(["conflict_id"], ["conflict.id"], name=op.f("fk_conflict_photo_conflict_id_conflict")),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_conflict_photo_distributor_id_distributor")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_photo")),
    )
    with op.batch_alter_table("conflict_photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_photo_conflict_id"), ["conflict_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_conflict_photo_distributor_id"), ["distributor_id"], unique=False)

    op.create_table(
        "conflict_point",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conflict_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "kept", "broken", name="pointstate", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("said", sa.String(length=500), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'open') = (done_at IS NULL)", name=op.f("ck_conflict_point_done")),
        sa.ForeignKeyConstraint(["conflict_id"], ["conflict.id"], name=op.f("fk_conflict_point_conflict_id_conflict")),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_conflict_point_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(
            ["done_by_id"], ["user_account.id"], name=op.f("fk_conflict_point_done_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_conflict_point_made_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_conflict_point_owner_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_point")),
    )
    with op.batch_alter_table("conflict_point", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conflict_point_conflict_id_round_due"), ["conflict_id", "round", "due"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_conflict_point_distributor_id_state_due"), ["distributor_id", "state", "due"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_conflict_point_due_id"), ["due", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_conflict_point_owner_id_state_due"), ["owner_id", "state", "due"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_conflict_point_state_told_due"), ["state", "told", "due"], unique=False)

    for table, columns in INDEXES:
        op.create_index("_".join(("ix", table, *columns)), table, list(columns))
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(verb=verb))
    else:
        for statement in _POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    for table, columns in reversed(INDEXES):
        op.drop_index("_".join(("ix", table, *columns)), table)
    for table in (
        "conflict_point",
        "conflict_photo",
        "conflict_party",
        "conflict_meeting",
        "conflict_link",
        "conflict_follow_up",
        "conflict_entry",
        "conflict",
        "conflict_counter",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION conflict_entry_only_grows()")
