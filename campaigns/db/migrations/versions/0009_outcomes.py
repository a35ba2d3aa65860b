"""What became of attempts and messages is written down by the database itself, and bound to the audit chain."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None

# instants as seconds: a text of them would depend on who asks
CONTENT = (
    """
CREATE FUNCTION attempt_outcome(a attempt) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'state', a.state, 'outcome', a.outcome, 'abandoned', a.abandoned, 'answered_by', a.answered_by,
        'cause', a.cause, 'tech_cause', a.tech_cause, 'disposition', a.disposition, 'agent', a.agent_id,
        'ringing_at', extract(epoch FROM a.ringing_at), 'answered_at', extract(epoch FROM a.answered_at),
        'greeting_at', extract(epoch FROM a.greeting_at), 'bridged_at', extract(epoch FROM a.bridged_at),
        'right_party_at', extract(epoch FROM a.right_party_at), 'ended_at', extract(epoch FROM a.ended_at))
$$
""",
    """
CREATE FUNCTION message_outcome(m message) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'state', m.state, 'attempt', m.attempt_id, 'provider', m.provider, 'provider_id', m.provider_id,
        'error_code', m.error_code, 'sent_at', extract(epoch FROM m.sent_at),
        'final_at', extract(epoch FROM m.final_at))
$$
""",
)
# an insert and nothing else: no row is locked, and dialing writes none of these states
FOLLOW = """
CREATE FUNCTION outcome_of_{kind}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR {kind}_outcome(OLD) <> {kind}_outcome(NEW) THEN
        INSERT INTO outcome (tenant_id, kind, of_id, content)
        VALUES (NEW.tenant_id, '{kind}', NEW.id, {kind}_outcome(NEW));
    END IF;
    RETURN NULL;
END
$$
"""
OVER = {
    "attempt": "{row}.state = 'ended'",
    "message": "{row}.state IN ('delivered', 'undelivered', 'failed', 'refused', 'cancelled')",
}
GUARD = """
CREATE FUNCTION outcome_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'outcome: rows are never changed or removed' USING ERRCODE = '42501';
END $$
"""
GUARDED = (
    """
CREATE TRIGGER outcome_append_only BEFORE UPDATE OR DELETE ON outcome FOR EACH ROW EXECUTE FUNCTION outcome_guard()
""",
    "CREATE TRIGGER outcome_kept BEFORE TRUNCATE ON outcome FOR EACH STATEMENT EXECUTE FUNCTION outcome_guard()",
)
# as in migration 0002, and they know the batches of outcomes
AUDIT_GUARD = """
CREATE OR REPLACE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
            AND OLD.action NOT IN ('verdicts.sealed', 'outcomes.sealed', 'audit.erased', 'verdict.erased')
            AND (NEW.seq, NEW.hash, NEW.detail_digest) IS NOT DISTINCT FROM (OLD.seq, OLD.hash, OLD.detail_digest)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit: rows are never changed or removed' USING ERRCODE = '42501';
END $$
"""
HEAD_GUARD = """
CREATE OR REPLACE FUNCTION audit_head_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.tenant_id = OLD.tenant_id AND NEW.seq >= OLD.seq
        AND NEW.verdict_number >= OLD.verdict_number AND NEW.outcome_number >= OLD.outcome_number
        AND (NEW.seq > OLD.seq OR NEW.hash = OLD.hash)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit_head: the end of a chain only moves forward' USING ERRCODE = '42501';
END $$
"""


def upgrade() -> None:
    op.add_column("audit_head", sa.Column("outcome_number", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "outcome",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("of_id", sa.UUID(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("kind IN ('attempt', 'message')", name=op.f("ck_outcome_kind_known")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_outcome_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_outcome")),
    )
    op.create_index("ix_outcome_of_id", "outcome", ["of_id"])
    op.create_index("uq_outcome_number", "outcome", ["tenant_id", "number"], unique=True)
    for statement in (*CONTENT, GUARD, *GUARDED, AUDIT_GUARD, HEAD_GUARD):
        op.execute(statement)
    for kind, over in OVER.items():
        op.execute(FOLLOW.format(kind=kind))
        new, old = over.format(row="NEW"), over.format(row="OLD")
        follow = f"FOR EACH ROW WHEN ({{}}) EXECUTE FUNCTION outcome_of_{kind}()"
        op.execute(f"CREATE TRIGGER outcome_new AFTER INSERT ON {kind} " + follow.format(new))
        op.execute(f"CREATE TRIGGER outcome_changed AFTER UPDATE ON {kind} " + follow.format(f"{new} OR {old}"))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
