"""Exclusive areas stay exclusive: the database refuses two of one region and line on one day.

Rows that overlapped before stay, and may be shortened; `flask doctor` names them.

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# What a row that is now exclusive, or lasts longer, or lies elsewhere than before, may not meet.
_MEETS = """
    SELECT 1 FROM area AS held
    WHERE held.region_code = NEW.region_code AND held.line_key = NEW.line_key AND NOT held.shared
      AND held.distributor_id <> NEW.distributor_id AND held.id <> NEW.id
      AND (held.valid_to IS NULL OR held.valid_to >= NEW.valid_from)
      AND (NEW.valid_to IS NULL OR held.valid_from <= NEW.valid_to)
"""
_WIDENED = """
    NOT NEW.shared AND (
        OLD.shared OR NEW.region_code <> OLD.region_code OR NEW.line_key <> OLD.line_key
        OR NEW.distributor_id <> OLD.distributor_id OR NEW.valid_from < OLD.valid_from
        OR NEW.valid_to > OLD.valid_to OR (NEW.valid_to IS NULL AND OLD.valid_to IS NOT NULL)
    )
"""
_SQLITE = """
CREATE TRIGGER area_exclusive_{verb} AFTER {verb} ON area WHEN {when}
BEGIN SELECT RAISE(ABORT, 'area_exclusive') WHERE EXISTS ({meets}); END
"""
# One lock for all areas: two transactions at one instant would not see each other's rows. It is taken before a statement
# locks any row: otherwise one that has a row and wants the lock, and one that has the lock and wants the row, would wait
# for each other. Each statement of the function sees what was committed before it, so who waited sees who was first.
_POSTGRESQL = (
    """
CREATE FUNCTION area_one_at_a_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('area_exclusive'));
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER area_one_at_a_time BEFORE INSERT OR UPDATE OR DELETE ON area
FOR EACH STATEMENT EXECUTE FUNCTION area_one_at_a_time()
""",
    f"""
CREATE FUNCTION area_exclusive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS ({_MEETS}) THEN
        RAISE EXCEPTION 'area_exclusive' USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'area_exclusive';
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER area_exclusive_insert AFTER INSERT ON area
FOR EACH ROW WHEN (NOT NEW.shared) EXECUTE FUNCTION area_exclusive()
""",
    f"""
CREATE TRIGGER area_exclusive_update AFTER UPDATE ON area
FOR EACH ROW WHEN ({_WIDENED}) EXECUTE FUNCTION area_exclusive()
""",
)


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute(_SQLITE.format(verb="INSERT", when="NOT NEW.shared", meets=_MEETS))
        op.execute(_SQLITE.format(verb="UPDATE", when=_WIDENED, meets=_MEETS))
        return
    for statement in _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for verb in ("INSERT", "UPDATE"):
            op.execute(f"DROP TRIGGER area_exclusive_{verb}")
        return
    for verb in ("insert", "update"):
        op.execute(f"DROP TRIGGER area_exclusive_{verb} ON area")
    op.execute("DROP FUNCTION area_exclusive()")
    op.execute("DROP TRIGGER area_one_at_a_time ON area")
    op.execute("DROP FUNCTION area_one_at_a_time()")
