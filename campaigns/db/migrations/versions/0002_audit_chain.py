"""The audit trail becomes a chain: numbers, hashes, signed checkpoints, and triggers that refuse changes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None

# sealing fills the four columns of an unsealed row, erasing empties salt and detail of a sealed one; no more passes
AUDIT_GUARD = """
CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'audit: a row is written unsealed, only the sealer numbers it' USING ERRCODE = '42501';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.tenant_id, NEW.at, NEW.actor, NEW.action, NEW.subject)
        IS NOT DISTINCT FROM (OLD.id, OLD.tenant_id, OLD.at, OLD.actor, OLD.action, OLD.subject)
    THEN
        IF OLD.seq IS NULL AND NEW.seq IS NOT NULL AND NEW.salt IS NOT NULL
            AND NEW.detail IS NOT DISTINCT FROM OLD.detail
        THEN
            RETURN NEW;
        END IF;
        IF OLD.seq IS NOT NULL AND OLD.detail IS NOT NULL AND NEW.detail IS NULL AND NEW.salt IS NULL
            AND OLD.action NOT IN ('verdicts.sealed', 'audit.erased', 'verdict.erased')
            AND (NEW.seq, NEW.hash, NEW.detail_digest) IS NOT DISTINCT FROM (OLD.seq, OLD.hash, OLD.detail_digest)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit: rows are never changed or removed' USING ERRCODE = '42501';
END $$
"""
VERDICT_GUARD = """
CREATE FUNCTION verdict_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.content_digest IS NOT NULL
        AND NEW.inputs = '{}'::jsonb AND NEW.reasons = '[]'::jsonb AND NEW.flags = ARRAY[]::text[]
        AND (NEW.id, NEW.tenant_id, NEW.attempt_id, NEW.campaign_id, NEW.debtor_id, NEW.contact_point_id, NEW.channel,
             NEW.origin, NEW.at, NEW.decision, NEW.retry_at, NEW.rulebooks, NEW.tzdb, NEW.number)
        IS NOT DISTINCT FROM
            (OLD.id, OLD.tenant_id, OLD.attempt_id, OLD.campaign_id, OLD.debtor_id, OLD.contact_point_id, OLD.channel,
             OLD.origin, OLD.at, OLD.decision, OLD.retry_at, OLD.rulebooks, OLD.tzdb, OLD.number)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'verdict: rows are never changed or removed' USING ERRCODE = '42501';
END $$
"""
CHECKPOINT_GUARD = """
CREATE FUNCTION audit_checkpoint_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_checkpoint: rows are never changed or removed' USING ERRCODE = '42501';
END $$
"""
HEAD_GUARD = """
CREATE FUNCTION audit_head_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.tenant_id = OLD.tenant_id AND NEW.seq >= OLD.seq
        AND NEW.verdict_number >= OLD.verdict_number AND (NEW.seq > OLD.seq OR NEW.hash = OLD.hash)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit_head: the end of a chain only moves forward' USING ERRCODE = '42501';
END $$
"""
TRIGGERS = """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_guard();
CREATE TRIGGER audit_unsealed BEFORE INSERT ON audit FOR EACH ROW
    WHEN (NEW.seq IS NOT NULL OR NEW.salt IS NOT NULL OR NEW.detail IS NULL) EXECUTE FUNCTION audit_guard();
CREATE TRIGGER audit_kept BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
CREATE TRIGGER verdict_append_only BEFORE UPDATE OR DELETE ON verdict FOR EACH ROW EXECUTE FUNCTION verdict_guard();
CREATE TRIGGER verdict_kept BEFORE TRUNCATE ON verdict FOR EACH STATEMENT EXECUTE FUNCTION verdict_guard();
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE ON audit_checkpoint FOR EACH ROW
    EXECUTE FUNCTION audit_checkpoint_guard();
CREATE TRIGGER audit_checkpoint_kept BEFORE TRUNCATE ON audit_checkpoint FOR EACH STATEMENT
    EXECUTE FUNCTION audit_checkpoint_guard();
CREATE TRIGGER audit_head_forward BEFORE UPDATE OR DELETE ON audit_head FOR EACH ROW
    EXECUTE FUNCTION audit_head_guard();
CREATE TRIGGER audit_head_kept BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_head_guard()
"""


# Numbering a table of verdicts by a default writes it anew under a lock that stops all dialing. So the columns come
# empty, what is written from then on is numbered by itself, and the old rows get theirs in batches of their own
# transactions. All of it may be begun again after an end in the middle.
BATCH = 10_000
OPEN = (
    "ALTER TABLE verdict ADD COLUMN IF NOT EXISTS number BIGINT, ADD COLUMN IF NOT EXISTS salt UUID,"
    " ADD COLUMN IF NOT EXISTS content_digest BYTEA",
    "CREATE SEQUENCE IF NOT EXISTS verdict_numbering",
    "ALTER TABLE verdict ALTER COLUMN number SET DEFAULT nextval('verdict_numbering'),"
    " ALTER COLUMN salt SET DEFAULT gen_random_uuid()",
    "ALTER TABLE verdict DROP CONSTRAINT IF EXISTS verdict_numbered",
)
NUMBER = sa.text("""
WITH part AS MATERIALIZED (
    SELECT id, number FROM verdict WHERE id > CAST(:behind AS uuid) ORDER BY id LIMIT CAST(:batch AS integer)
), numbered AS (
    UPDATE verdict v SET number = nextval('verdict_numbering'), salt = gen_random_uuid()
    FROM (SELECT id FROM part WHERE number IS NULL ORDER BY id) p WHERE v.id = p.id AND v.number IS NULL
)
SELECT id FROM part ORDER BY id DESC LIMIT 1
""")
# a check that is validated without stopping writers spares SET NOT NULL its own reading of the table
CHECKED = (
    "ALTER TABLE verdict ADD CONSTRAINT verdict_numbered CHECK (number IS NOT NULL) NOT VALID",
    "ALTER TABLE verdict VALIDATE CONSTRAINT verdict_numbered",
    "DROP INDEX CONCURRENTLY IF EXISTS uq_verdict_number",
    "CREATE UNIQUE INDEX CONCURRENTLY uq_verdict_number ON verdict (tenant_id, number)",
)
CLOSE = (
    "LOCK TABLE verdict IN ACCESS EXCLUSIVE MODE",
    "ALTER TABLE verdict ALTER COLUMN number DROP DEFAULT, ALTER COLUMN number SET NOT NULL",
    "ALTER TABLE verdict DROP CONSTRAINT verdict_numbered",
    "ALTER TABLE verdict ALTER COLUMN number ADD GENERATED BY DEFAULT AS IDENTITY",
    "SELECT setval(pg_get_serial_sequence('verdict', 'number'), last_value, is_called) FROM verdict_numbering",
    "DROP SEQUENCE verdict_numbering",
)


def upgrade() -> None:
    _number_verdicts()
    _columns()
    _tables()
    for function in (AUDIT_GUARD, VERDICT_GUARD, CHECKPOINT_GUARD, HEAD_GUARD):
        op.execute(function)
    for trigger in TRIGGERS.split(";"):
        op.execute(trigger)


def _columns() -> None:
    op.alter_column("audit", "detail", nullable=True)
    op.add_column("audit", sa.Column("seq", sa.BigInteger()))
    for name in ("salt", "detail_digest", "hash"):
        op.add_column("audit", sa.Column(name, sa.LargeBinary()))
    op.create_check_constraint(
        op.f("ck_audit_sealed_in_one"),
        "audit",
        "(seq IS NULL) = (hash IS NULL) AND (seq IS NULL) = (detail_digest IS NULL)",
    )
    op.create_index(
        "uq_audit_seq", "audit", ["tenant_id", "seq"], unique=True, postgresql_where=sa.text("seq IS NOT NULL")
    )
    op.create_index("ix_audit_unsealed", "audit", ["tenant_id", "id"], postgresql_where=sa.text("seq IS NULL"))
    for statement in CLOSE:
        op.execute(statement)


def _number_verdicts() -> None:
    with op.get_context().autocommit_block():
        for statement in OPEN:
            op.execute(statement)
        behind = "00000000-0000-0000-0000-000000000000"
        while (last := op.get_bind().execute(NUMBER, {"behind": behind, "batch": BATCH}).scalar()) is not None:
            behind = str(last)
        for statement in CHECKED:
            op.execute(statement)


def _tables() -> None:
    op.create_table(
        "audit_head",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("verdict_number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_audit_head_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_audit_checkpoint_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_audit_checkpoint")),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
