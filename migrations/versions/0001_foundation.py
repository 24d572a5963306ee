"""The foundation: users, policy, network, prices, ledger, checks and approvals.

Revision ID: 0001
Revises:
"""

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

POLICY_1: dict = {
    "deal_check": {
        "overdue_stop_days": 30,
        "overdue_frozen_days": 7,
        "overdue_days": 1,
        "approval_hours": 24,
        "tolerance_percent": "2",
        "over_limit_percent": "10",
        "levels": {
            "territory.own": "ok",
            "territory.unassigned": "approval",
            "territory.foreign": "approval",
            "territory.foreign_undercut": "stop",
            "price.none": "stop",
            "price.no_floor": "approval",
            "price.ok": "ok",
            "price.below_floor": "approval",
            "price.far_below_floor": "stop",
            "price.above_retail": "info",
            "credit.overdue_stop": "stop",
            "credit.overdue_frozen": "stop",
            "credit.overdue": "approval",
            "credit.paid_up": "ok",
            "credit.cash": "ok",
            "credit.frozen": "stop",
            "credit.ungraded": "stop",
            "credit.cash_only": "stop",
            "credit.expired": "approval",
            "credit.ok": "ok",
            "credit.over_limit": "approval",
            "credit.far_over_limit": "stop",
            "distributor.ended": "stop",
            "distributor.prospect": "approval",
            "distributor.watch": "info",
        },
        "cash_levels": {
            "credit.overdue_stop": "stop",
            "credit.overdue_frozen": "approval",
            "credit.overdue": "info",
            "credit.paid_up": "ok",
        },
    },
    "visibility": {"floor_roles": ["supervisor", "admin"]},
}

WATCHED = {
    "product": "reference",
    "price": "reference",
    "rebate": "reference",
    "policy_version": "reference",
    "region": "regions",
}


def trigger_ddl(dialect: str) -> list[str]:
    """Triggers that bump the stamp inside the transaction that edits reference data (fieldapp/core/stamp.py)."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER stamp_{table}_{verb} AFTER {verb} ON {table} BEGIN"
            f" UPDATE stamp SET {column} = {column} + 1 WHERE id = 1; END"
            for table, column in WATCHED.items()
            for verb in ("insert", "update", "delete")
        ]
    # Once per transaction: a file of 40,000 rows is as many statements, and that many versions of one row take minutes.
    functions = [
        f"""CREATE FUNCTION bump_stamp_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('fieldapp.bumped_{column}', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
                UPDATE stamp SET {column} = {column} + 1 WHERE id = 1;
                PERFORM set_config('fieldapp.bumped_{column}', pg_current_xact_id()::text, true);
            END IF;
            RETURN NULL;
        END $$"""
        for column in sorted(set(WATCHED.values()))
    ]
    return functions + [
        f"CREATE TRIGGER stamp_{table} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION bump_stamp_{column}()"
        for table, column in WATCHED.items()
    ]


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("code_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=80), nullable=True),
        sa.Column("pack_grams", sa.BigInteger(), nullable=True),
        sa.Column("standard_factor", sa.String(32), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("code_key", name=op.f("uq_product_code_key")),
    )
    op.create_table(
        "region",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("pinyin", sa.String(length=200), nullable=False),
        sa.Column("initials", sa.String(length=80), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lng", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
    )
    with op.batch_alter_table("region", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_region_initials"), ["initials"], unique=False)
        batch_op.create_index(batch_op.f("ix_region_pinyin"), ["pinyin"], unique=False)

    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_failure_account_at"), ["account", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_failure_address_at"), ["address", "at"], unique=False)

    op.create_table(
        "stamp",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.BigInteger(), nullable=False),
        sa.Column("regions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stamp")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("username_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "rep",
                "supervisor",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("patch", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column(
            "theme",
            sa.Enum(
                "auto",
                "light",
                "dark",
                "sun",
                name="theme",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username_key", name=op.f("uq_user_account_username_key")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_api_token_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("changes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_audit_entry_actor_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_entry_subject_type_subject_id_at"),
            ["subject_type", "subject_id", "at"],
            unique=False,
        )

    op.create_table(
        "distributor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("code_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("pinyin", sa.String(length=400), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=True),
        sa.Column("tier", sa.String(length=64), nullable=True),
        sa.Column("rep_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "prospect",
                "active",
                "watch",
                "ended",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lng", sa.Float(), nullable=True),
        sa.Column("credit_code", sa.String(length=32), nullable=True),
        sa.Column("bank_account", sa.String(length=64), nullable=True),
        sa.Column("legal_person", sa.String(length=80), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_distributor_region_code_region")),
        sa.ForeignKeyConstraint(["rep_id"], ["user_account.id"], name=op.f("fk_distributor_rep_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distributor")),
        sa.UniqueConstraint("code_key", name=op.f("uq_distributor_code_key")),
    )
    with op.batch_alter_table("distributor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_distributor_pinyin_id"), ["pinyin", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_distributor_region_code_pinyin_id"), ["region_code", "pinyin", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_distributor_rep_id"), ["rep_id"], unique=False)

    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "reading",
                "writing",
                "done",
                "failed",
                "crashed",
                name="runstate",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("problems", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("problem_count", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_import_run_made_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_run_made_at"), ["made_at"], unique=False)

    op.create_table(
        "login_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_login_session_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "password_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_password_link_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_link_token_hash")),
    )
    with op.batch_alter_table("password_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_password_link_user_id"), ["user_id"], unique=False)

    op.create_table(
        "policy_version",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("settings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["published_by_id"],
            ["user_account.id"],
            name=op.f("fk_policy_version_published_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "price",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("tier_key", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("list_price", sa.BigInteger(), nullable=True),
        sa.Column("floor_price", sa.BigInteger(), nullable=True),
        sa.Column("retail_price", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_price_dates")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_price_product_id_product")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_price_region_code_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
        sa.UniqueConstraint(
            "product_id",
            "region_code",
            "tier_key",
            "valid_from",
            name=op.f("uq_price_product_id_region_code_tier_key_valid_from"),
        ),
    )
    op.create_table(
        "area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=False),
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column("line_key", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_area_dates")),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_area_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_area_region_code_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint(
            "distributor_id",
            "region_code",
            "line_key",
            "valid_from",
            name=op.f("uq_area_distributor_id_region_code_line_key_valid_from"),
        ),
    )
    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_area_region_code_line_key"), ["region_code", "line_key"], unique=False)

    op.create_table(
        "balance",
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("outstanding", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("open_items", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("oldest_due", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_balance_distributor_id_distributor")
        ),
        sa.PrimaryKeyConstraint("distributor_id", name=op.f("pk_balance")),
    )
    with op.batch_alter_table("balance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_balance_oldest_due"), ["oldest_due"], unique=False)
        batch_op.create_index(batch_op.f("ix_balance_outstanding"), ["outstanding"], unique=False)

    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"],
            ["distributor.id"],
            name=op.f("fk_contact_distributor_id_distributor"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_distributor_id"), ["distributor_id"], unique=False)
        batch_op.create_index(
            "uq_contact_main",
            ["distributor_id"],
            unique=True,
            sqlite_where=sa.text("main"),
            postgresql_where=sa.text("main"),
        )

    op.create_table(
        "credit_record",
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
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_credit_record_distributor_id_distributor")
        ),
        sa.PrimaryKeyConstraint("distributor_id", name=op.f("pk_credit_record")),
    )
    op.create_table(
        "deal_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("ship_to", sa.String(length=9), nullable=False),
        sa.Column(
            "terms",
            sa.Enum("credit", "cash", name="terms", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("go", "approval", "stop", name="verdict", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("inputs", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("findings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_deal_check_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_deal_check_made_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["policy_version"],
            ["policy_version.version"],
            name=op.f("fk_deal_check_policy_version_policy_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_check")),
    )
    with op.batch_alter_table("deal_check", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deal_check_distributor_id_made_at"), ["distributor_id", "made_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_deal_check_made_by_id_made_at"), ["made_by_id", "made_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_deal_check_region_code_made_at"), ["region_code", "made_at"], unique=False)

    op.create_table(
        "invoice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("number_key", sa.String(length=64), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_invoice_distributor_id_distributor")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("number_key", name=op.f("uq_invoice_number_key")),
    )
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_distributor_id_date"), ["distributor_id", "date"], unique=False)

    op.create_table(
        "rebate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("code_key", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "month",
                "quarter",
                "year",
                "special",
                "exclusive",
                name="rebatekind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("distributor_id", sa.Uuid(), nullable=True),
        sa.Column("tier", sa.String(length=64), nullable=True),
        sa.Column("line", sa.String(length=64), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("per_tonne", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.String(32), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_rebate_dates")),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_rebate_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_rebate_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rebate")),
        sa.UniqueConstraint("code_key", name=op.f("uq_rebate_code_key")),
    )
    with op.batch_alter_table("rebate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rebate_distributor_id"), ["distributor_id"], unique=False)

    op.create_table(
        "target",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column("line_key", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_target_distributor_id_distributor")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
        sa.UniqueConstraint(
            "distributor_id", "line_key", "period", name=op.f("uq_target_distributor_id_line_key_period")
        ),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=True),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("covers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("inputs_key", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "approved",
                "declined",
                "withdrawn",
                name="approvalstate",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("fk_approval_asked_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["check_id"], ["deal_check.id"], name=op.f("fk_approval_check_id_deal_check")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_approval_decided_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint("check_id", name=op.f("uq_approval_check_id")),
    )
    with op.batch_alter_table("approval", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approval_asked_by_id_state"), ["asked_by_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_approval_inputs_key"), ["inputs_key"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_approval_state_region_code_asked_at"),
            ["state", "region_code", "asked_at"],
            unique=False,
        )

    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ship_to", sa.String(length=9), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoice.id"],
            name=op.f("fk_invoice_line_invoice_id_invoice"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_invoice_line_product_id_product")),
        sa.PrimaryKeyConstraint("invoice_id", "line_no", name=op.f("pk_invoice_line")),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("number_key", sa.String(length=64), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_payment_distributor_id_distributor")
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_payment_invoice_id_invoice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("number_key", name=op.f("uq_payment_number_key")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_distributor_id_date"), ["distributor_id", "date"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_invoice_id"), ["invoice_id"], unique=False)

    now = datetime.now(UTC).replace(tzinfo=None)
    op.bulk_insert(
        sa.table("stamp", sa.column("id"), sa.column("reference"), sa.column("regions")),
        [{"id": 1, "reference": 1, "regions": 1}],
    )
    policy = sa.table(
        "policy_version",
        sa.column("version", sa.Integer),
        sa.column("valid_from", sa.Date),
        sa.column("settings", sa.JSON),
        sa.column("note", sa.String),
        sa.column("published_at", sa.DateTime),
    )
    op.bulk_insert(
        policy,
        [
            {
                "version": 1,
                "valid_from": date(2000, 1, 1),
                "settings": POLICY_1,
                "note": "Default policy",
                "published_at": now,
            }
        ],
    )
    for statement in trigger_ddl(op.get_bind().dialect.name):
        op.execute(sa.text(statement))


def downgrade() -> None:
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_invoice_id"))
        batch_op.drop_index(batch_op.f("ix_payment_distributor_id_date"))

    op.drop_table("payment")
    op.drop_table("invoice_line")
    with op.batch_alter_table("approval", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_state_region_code_asked_at"))
        batch_op.drop_index(batch_op.f("ix_approval_inputs_key"))
        batch_op.drop_index(batch_op.f("ix_approval_asked_by_id_state"))

    op.drop_table("approval")
    op.drop_table("target")
    with op.batch_alter_table("rebate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rebate_distributor_id"))

    op.drop_table("rebate")
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_distributor_id_date"))

    op.drop_table("invoice")
    with op.batch_alter_table("deal_check", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deal_check_region_code_made_at"))
        batch_op.drop_index(batch_op.f("ix_deal_check_made_by_id_made_at"))
        batch_op.drop_index(batch_op.f("ix_deal_check_distributor_id_made_at"))

    op.drop_table("deal_check")
    op.drop_table("credit_record")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index("uq_contact_main", sqlite_where=sa.text("main"), postgresql_where=sa.text("main"))
        batch_op.drop_index(batch_op.f("ix_contact_distributor_id"))

    op.drop_table("contact")
    with op.batch_alter_table("balance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_balance_outstanding"))
        batch_op.drop_index(batch_op.f("ix_balance_oldest_due"))

    op.drop_table("balance")
    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_area_region_code_line_key"))

    op.drop_table("area")
    op.drop_table("price")
    op.drop_table("policy_version")
    with op.batch_alter_table("password_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_password_link_user_id"))

    op.drop_table("password_link")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_user_id"))

    op.drop_table("login_session")
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_run_made_at"))

    op.drop_table("import_run")
    with op.batch_alter_table("distributor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_distributor_rep_id"))
        batch_op.drop_index(batch_op.f("ix_distributor_region_code_pinyin_id"))
        batch_op.drop_index(batch_op.f("ix_distributor_pinyin_id"))

    op.drop_table("distributor")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_subject_type_subject_id_at"))

    op.drop_table("audit_entry")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_user_id"))

    op.drop_table("api_token")
    op.drop_table("user_account")
    op.drop_table("stamp")
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_failure_address_at"))
        batch_op.drop_index(batch_op.f("ix_sign_in_failure_account_at"))

    op.drop_table("sign_in_failure")
    with op.batch_alter_table("region", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_region_pinyin"))
        batch_op.drop_index(batch_op.f("ix_region_initials"))

    op.drop_table("region")
    op.drop_table("product")
    if op.get_bind().dialect.name == "postgresql":
        for column in sorted(set(WATCHED.values())):
            op.execute(sa.text(f"DROP FUNCTION bump_stamp_{column}()"))
