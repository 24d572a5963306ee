"""The map and the calendar read from indexes alone; a stamp says when areas changed, and what the map counts is kept.

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# table → (the index as it is now, its columns), and as it was.
_INDEXES = {
    "area": (
        ("ix_area_counted", ["region_code", "line_key", "valid_from", "valid_to", "distributor_id", "line"]),
        ("ix_area_region_code_line_key", ["region_code", "line_key"]),
    ),
    "task": (
        ("ix_task_calendar", ["state", "due", "distributor_id", "owner_id", "id"]),
        ("ix_task_state_due", ["state", "due"]),
    ),
    "survey": (
        ("ix_survey_calendar", ["state", "due", "distributor_id", "rep_id", "id"]),
        ("ix_survey_state_due", ["state", "due"]),
    ),
    "remark": (
        ("ix_remark_calendar", ["state", "due_at", "distributor_id", "owner_id", "merged_into_id", "id"]),
        ("ix_remark_state_due_at", ["state", "due_at"]),
    ),
    "visit_plan": (
        ("ix_visit_plan_calendar", ["day", "distributor_id", "rep_id", "id"]),
        ("ix_visit_plan_day_id", ["day", "id"]),
    ),
}
_SQLITE = """
CREATE TRIGGER stamp_area_{verb} AFTER {verb} ON area
BEGIN UPDATE stamp SET areas = areas + 1 WHERE id = 1; END
"""
# Once per transaction, as the others of the stamp (0001). Before the statement, and by its name before the lock of
# 0027: whoever changes prices and then areas has the stamp already, and would else wait for who has the lock and wants
# the stamp.
_POSTGRESQL = (
    """
CREATE FUNCTION bump_stamp_areas() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('fieldapp.bumped_areas', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
        UPDATE stamp SET areas = areas + 1 WHERE id = 1;
        PERFORM set_config('fieldapp.bumped_areas', pg_current_xact_id()::text, true);
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER area_changes BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON area
FOR EACH STATEMENT EXECUTE FUNCTION bump_stamp_areas()
""",
)


def upgrade() -> None:
    op.add_column("stamp", sa.Column("areas", sa.BigInteger(), server_default="1", nullable=False))
    for table, (now, before) in _INDEXES.items():
        op.create_index(now[0], table, now[1])
        op.drop_index(before[0], table_name=table)
    if op.get_context().dialect.name == "sqlite":
        for verb in ("insert", "update", "delete"):
            op.execute(_SQLITE.format(verb=verb))
    else:
        for statement in _POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for verb in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER stamp_area_{verb}")
    else:
        op.execute("DROP TRIGGER area_changes ON area")
        op.execute("DROP FUNCTION bump_stamp_areas")
    for table, (now, before) in _INDEXES.items():
        op.create_index(before[0], table, before[1])
        op.drop_index(now[0], table_name=table)
    op.execute("ALTER TABLE stamp DROP COLUMN areas")
