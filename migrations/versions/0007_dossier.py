"""A distributor's file: addresses, outlets, brands, means, documents, completeness; more of each contact.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from fieldapp.network.dossier.upkeep import refresh_all

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CONTACT = (
    """role VARCHAR(16) CONSTRAINT ck_contact_contactrole
       CHECK (role IN ('owner', 'spouse', 'manager', 'buyer', 'accountant', 'warehouse', 'other'))""",
    "wechat VARCHAR(64)",
    "birthday VARCHAR(10)",
    """channel VARCHAR(16) CONSTRAINT ck_contact_channel
       CHECK (channel IN ('phone', 'wechat', 'message', 'visit'))""",
    "phone_key VARCHAR(40)",
)


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "licence",
                "contract",
                "photo",
                "other",
                name="attachmentkind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_reason", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"],
            ["distributor.id"],
            name=op.f("fk_attachment_distributor_id_distributor"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_attachment_made_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["user_account.id"], name=op.f("fk_attachment_removed_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attachment_distributor_id_made_at"), ["distributor_id", "made_at"], unique=False
        )

    op.create_table(
        "brand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_brand_distributor_id_distributor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brand")),
        sa.UniqueConstraint("distributor_id", "name_key", name=op.f("uq_brand_distributor_id_name_key")),
    )
    op.create_table(
        "distributor_site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "registered",
                "store",
                "warehouse",
                name="sitekind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lng", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"],
            ["distributor.id"],
            name=op.f("fk_distributor_site_distributor_id_distributor"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distributor_site")),
    )
    with op.batch_alter_table("distributor_site", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_distributor_site_distributor_id"), ["distributor_id"], unique=False)

    op.create_table(
        "dossier",
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("capital", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("missing", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("checked", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=True),
        sa.Column("address_key", sa.String(length=320), nullable=True),
        sa.Column("credit_key", sa.String(length=32), nullable=True),
        sa.Column("bank_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"],
            ["distributor.id"],
            name=op.f("fk_dossier_distributor_id_distributor"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("distributor_id", name=op.f("pk_dossier")),
    )
    with op.batch_alter_table("dossier", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dossier_address_key"), ["address_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_dossier_bank_key"), ["bank_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_dossier_credit_key"), ["credit_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_dossier_name_key"), ["name_key"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_dossier_percent_distributor_id"), ["percent", "distributor_id"], unique=False
        )

    op.create_table(
        "outlet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("retailer", "farm", name="outletkind", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("region_code", sa.String(length=9), nullable=True),
        sa.Column("contact", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("monthly_grams", sa.BigInteger(), nullable=True),
        sa.Column("head", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"],
            ["distributor.id"],
            name=op.f("fk_outlet_distributor_id_distributor"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_outlet_region_code_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlet")),
    )
    with op.batch_alter_table("outlet", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outlet_distributor_id_kind_active"), ["distributor_id", "kind", "active"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_outlet_distributor_id_name_id"), ["distributor_id", "name", "id"], unique=False
        )

    op.create_table(
        "vehicle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "truck",
                "van",
                "tricycle",
                "boat",
                "other",
                name="vehiclekind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"],
            ["distributor.id"],
            name=op.f("fk_vehicle_distributor_id_distributor"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle")),
    )
    with op.batch_alter_table("vehicle", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vehicle_distributor_id"), ["distributor_id"], unique=False)

    op.create_table(
        "warehouse",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("square_metres", sa.Integer(), nullable=True),
        sa.Column("grams", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["distributor_id"],
            ["distributor.id"],
            name=op.f("fk_warehouse_distributor_id_distributor"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warehouse")),
    )
    with op.batch_alter_table("warehouse", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_warehouse_distributor_id"), ["distributor_id"], unique=False)

    op.create_table(
        "brand_share",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("percent", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_brand_share_brand_id_brand"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brand_share")),
        sa.UniqueConstraint("brand_id", "as_of", name=op.f("uq_brand_share_brand_id_as_of")),
    )
    # Not in batch: SQLite would copy the table to add a constraint. Both databases take it with the column.
    for column in CONTACT:
        op.execute(sa.text(f"ALTER TABLE contact ADD COLUMN {column}"))
    op.create_index(op.f("ix_contact_phone_key"), "contact", ["phone_key"])
    op.add_column(
        "import_run",
        sa.Column(
            "warnings",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            server_default=sa.text("'[]'"),
        ),
    )
    refresh_all(connection=op.get_bind())


def downgrade() -> None:
    op.drop_column("import_run", "warnings")
    op.drop_index("ix_contact_phone_key", "contact")
    for column in reversed(CONTACT):
        op.execute(sa.text(f"ALTER TABLE contact DROP COLUMN {column.split()[0]}"))
    op.drop_table("brand_share")
    with op.batch_alter_table("warehouse", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_warehouse_distributor_id"))

    op.drop_table("warehouse")
    with op.batch_alter_table("vehicle", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vehicle_distributor_id"))

    op.drop_table("vehicle")
    with op.batch_alter_table("outlet", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outlet_distributor_id_name_id"))
        batch_op.drop_index(batch_op.f("ix_outlet_distributor_id_kind_active"))

    op.drop_table("outlet")
    with op.batch_alter_table("dossier", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dossier_percent_distributor_id"))
        batch_op.drop_index(batch_op.f("ix_dossier_name_key"))
        batch_op.drop_index(batch_op.f("ix_dossier_credit_key"))
        batch_op.drop_index(batch_op.f("ix_dossier_bank_key"))
        batch_op.drop_index(batch_op.f("ix_dossier_address_key"))

    op.drop_table("dossier")
    with op.batch_alter_table("distributor_site", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_distributor_site_distributor_id"))

    op.drop_table("distributor_site")
    op.drop_table("brand")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_distributor_id_made_at"))

    op.drop_table("attachment")
