"""Cross-area sales: cases, the invoice lines that speak for them, measures, photos, their thread that only grows.

Revision ID: 0029
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0031"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
VERBS = [
    "investigate",
    "name",
    "hear_seller",
    "hear_harmed",
    "excuse_seller",
    "excuse_harmed",
    "benign",
    "malicious",
    "dismiss",
    "agree",
    "settle",
    "appeal",
    "uphold",
    "change",
    "overturn",
    "comment",
    "gather",
    "reopen",
    "correct",
]
STATES = [
    "reported",
    "suspected",
    "investigating",
    "heard",
    "confirmed",
    "dismissed",
    "agreed",
    "settled",
    "appealed",
    "overturned",
]
# Statements are evidence: what was said stays as it was said, whatever a later piece of code may try.
_SQLITE = """
CREATE TRIGGER cross_entry_{verb} BEFORE {verb} ON cross_entry
BEGIN SELECT RAISE(ABORT, 'the thread of a case only grows'); END
"""
_POSTGRESQL = (
    """
CREATE FUNCTION cross_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the thread of a case only grows'; END $$
""",
    """
CREATE TRIGGER cross_entry_only_grows BEFORE UPDATE OR DELETE ON cross_entry
FOR EACH ROW EXECUTE FUNCTION cross_entry_only_grows()
""",
)


def _enum(name: str, values: list[str]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _index(table: str, *columns: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_index(batch_op.f(f"ix_{table}_{'_'.join(columns)}"), list(columns), unique=False)


def upgrade() -> None:
    op.create_table(
        "cross_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_counter")),
    )
    op.create_table(
        "cross_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("origin", _enum("origin", ["report", "suspicion"]), nullable=False),
        sa.Column("state", _enum("casestate", STATES), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("into", _enum("into", ["foreign", "white", "unknown"]), nullable=False),
        sa.Column("verdict", _enum("verdict", ["benign", "malicious"]), nullable=True),
        sa.Column("region_code", sa.String(length=9), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("harmed_id", sa.Uuid(), nullable=True),
        sa.Column("seller_words", sa.String(length=120), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("product_words", sa.String(length=120), nullable=False),
        sa.Column("line_key", sa.String(length=64), nullable=False),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("outlet", sa.String(length=120), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("suspicion_key", sa.String(length=160), nullable=True),
        sa.Column("seller_heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("harmed_heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("appeal_until", sa.Date(), nullable=True),
        sa.Column("appealed_by_id", sa.Uuid(), nullable=True),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal_decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("weight IS NULL OR weight > 0", name=op.f("ck_cross_case_weight")),
        sa.CheckConstraint("price IS NULL OR price >= 0", name=op.f("ck_cross_case_price")),
        sa.CheckConstraint("origin = 'report' OR seller_id IS NOT NULL", name=op.f("ck_cross_case_seller")),
        _to("cross_case", "seller_id", "distributor"),
        _to("cross_case", "harmed_id", "distributor"),
        _to("cross_case", "product_id", "product"),
        _to("cross_case", "visit_id", "visit"),
        *(
            _to("cross_case", column, "user_account")
            for column in ("decided_by_id", "appealed_by_id", "appeal_decided_by_id", "made_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_case")),
        sa.UniqueConstraint("number", name=op.f("uq_cross_case_number")),
        sa.UniqueConstraint("suspicion_key", name=op.f("uq_cross_case_suspicion_key")),
    )
    for columns in (
        ("state", "region_code", "number"),
        ("region_code", "number"),
        ("seller_id", "confirmed_on"),
        ("harmed_id", "state"),
        ("made_by_id", "number"),
        ("recorded_at", "region_code"),
        ("product_id", "number"),
        ("batch_key",),
    ):
        _index("cross_case", *columns)
    op.create_table(
        "cross_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ship_to", sa.String(length=9), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        _to("cross_line", "case_id", "cross_case"),
        _to("cross_line", "product_id", "product"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_line")),
        sa.UniqueConstraint("invoice_id", "line_no", name=op.f("uq_cross_line_invoice_id_line_no")),
    )
    _index("cross_line", "case_id", "day")
    op.create_table(
        "cross_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("verb", _enum("caseverb", VERBS), nullable=True),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _to("cross_entry", "case_id", "cross_case"),
        _to("cross_entry", "by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_entry")),
    )
    _index("cross_entry", "case_id", "at")
    _index("cross_entry", "verb", "at", "case_id")
    op.create_table(
        "cross_measure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            _enum("measurekind", ["warning", "buy_back", "compensation", "deposit", "rebate", "other"]),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("by_day", sa.Date(), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("agreed_by_id", sa.Uuid(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by_id", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_cross_measure_amount")),
        _to("cross_measure", "case_id", "cross_case"),
        _to("cross_measure", "agreed_by_id", "user_account"),
        _to("cross_measure", "settled_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_measure")),
    )
    _index("cross_measure", "case_id")
    op.create_table(
        "cross_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("caption", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        _to("cross_photo", "case_id", "cross_case"),
        _to("cross_photo", "by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_photo")),
    )
    _index("cross_photo", "case_id")
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(verb=verb))
    else:
        for statement in _POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    for table in ("cross_photo", "cross_measure", "cross_entry", "cross_line", "cross_case", "cross_counter"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION cross_entry_only_grows()")
