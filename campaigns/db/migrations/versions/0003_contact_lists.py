"""Do-not-contact lists with scope, versions and ends; consents become a ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

CARRY_LISTS = """
INSERT INTO do_not_contact_list (tenant_id, name, kind, scope, creditor_id, source, evidence, created_at, created_by)
SELECT d.tenant_id,
       -- one name could hold entries of several creditors; each becomes a list of its own
       CASE WHEN row_number() OVER (PARTITION BY d.tenant_id, d.list_name ORDER BY d.creditor_id NULLS FIRST) = 1
            THEN d.list_name ELSE d.list_name || ', creditor ' || d.creditor_id END,
       'entries', CASE WHEN d.creditor_id IS NULL THEN 'global' ELSE 'creditor' END, d.creditor_id,
       'carried over', 'migration 0003', min(d.at), 'migration'
FROM do_not_contact d GROUP BY d.tenant_id, d.list_name, d.creditor_id
"""
CARRY_ENTRIES = """
UPDATE do_not_contact d SET list_id = l.id
FROM do_not_contact_list l
WHERE l.tenant_id = d.tenant_id AND l.creditor_id IS NOT DISTINCT FROM d.creditor_id
  AND l.name IN (d.list_name, d.list_name || ', creditor ' || d.creditor_id)
"""


def upgrade() -> None:
    _lists()
    _entries()
    _consents()


def _lists() -> None:
    # its constraint has the name that PostgreSQL wants for the new table's column `name`
    op.alter_column("do_not_contact", "list_name", nullable=True)
    op.create_table(
        "do_not_contact_list",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("creditor_id", sa.BigInteger(), nullable=True),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("refresh_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_denies", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('entries', 'hashed')", name=op.f("ck_do_not_contact_list_kind_known")),
        sa.CheckConstraint(
            "scope IN ('global', 'creditor', 'campaign')", name=op.f("ck_do_not_contact_list_scope_known")
        ),
        sa.CheckConstraint(
            "(scope = 'creditor') = (creditor_id IS NOT NULL) AND (scope = 'campaign') = (campaign_id IS NOT NULL)",
            name=op.f("ck_do_not_contact_list_scope_named"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id"], ["creditor.id"], name=op.f("fk_do_not_contact_list_creditor_id_creditor")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_do_not_contact_list_campaign_id_campaign")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_do_not_contact_list_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_contact_list")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_do_not_contact_list_tenant_id_name")),
    )
    op.create_table(
        "do_not_contact_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("mode IN ('add', 'replace')", name=op.f("ck_do_not_contact_import_mode_known")),
        sa.ForeignKeyConstraint(
            ["list_id"], ["do_not_contact_list.id"], name=op.f("fk_do_not_contact_import_list_id_do_not_contact_list")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_do_not_contact_import_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_contact_import")),
        sa.UniqueConstraint("list_id", "version", name=op.f("uq_do_not_contact_import_list_id_version")),
    )
    op.create_table(
        "do_not_contact_chunk",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_do_not_contact_chunk_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("tenant_id", "digest", "seq", name=op.f("pk_do_not_contact_chunk")),
    )


def _entries() -> None:
    """The entries that are there go to lists of their names; nothing that was closed opens."""
    op.execute(CARRY_LISTS)
    for column in (
        sa.Column("list_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), server_default="exact", nullable=False),
        sa.Column("by", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
    ):
        op.add_column("do_not_contact", column)
    op.execute(CARRY_ENTRIES)
    op.alter_column("do_not_contact", "list_id", nullable=False)
    op.drop_constraint("uq_do_not_contact_tenant_id_list_name_address", "do_not_contact", type_="unique")
    op.drop_column("do_not_contact", "list_name")
    op.drop_column("do_not_contact", "creditor_id")
    op.create_check_constraint(op.f("ck_do_not_contact_kind_known"), "do_not_contact", "kind IN ('exact', 'prefix')")
    for key, table in (("list_id", "do_not_contact_list"), ("import_id", "do_not_contact_import")):
        name = op.f(f"fk_do_not_contact_{key}_{table}")
        op.create_foreign_key(name, "do_not_contact", table, [key], ["id"])
    live = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_do_not_contact_once", "do_not_contact", ["list_id", "kind", "address"], unique=True, postgresql_where=live
    )
    op.create_index("ix_do_not_contact_live", "do_not_contact", ["tenant_id", "address"], postgresql_where=live)


def _consents() -> None:
    """What is there was given; how and when stays as it is."""
    for column in (
        sa.Column("event", sa.Text(), server_default="given", nullable=False),
        sa.Column("recorded_by", sa.Text(), server_default="import", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text_shown", sa.Text(), server_default="", nullable=False),
        sa.Column("text_version", sa.Text(), server_default="", nullable=False),
        sa.Column("text_language", sa.String(length=8), server_default="", nullable=False),
    ):
        op.add_column("consent", column)
    op.alter_column("consent", "by", nullable=True)
    op.create_check_constraint(
        op.f("ck_consent_event_known"), "consent", "event IN ('given', 'renewed', 'revoked', 'expired')"
    )
    op.create_check_constraint(
        op.f("ck_consent_by_given"), "consent", "by IS NOT NULL OR event IN ('revoked', 'expired')"
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
