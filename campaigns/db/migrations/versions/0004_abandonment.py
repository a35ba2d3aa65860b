"""Abandonment ledger: figures by quarter hour that follow each attempt, gauges' states, tests of machine detection."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None

# The same sum as compliance.abandonment_tally.counted; tests/dialer/test_abandonment_slots.py keeps the two alike.
# A call counts once it is decided: connected, given up, or ended. 2 s: 16 CFR 310.4(b)(1)(iv).
COUNTED = """
CREATE FUNCTION abandonment_counted(a attempt)
RETURNS TABLE (persons integer, abandoned integer, missed integer, machines_cut integer, machines_heard integer)
LANGUAGE sql IMMUTABLE ROWS 1 AS $$
    SELECT
        (d.counts AND NOT d.machine)::integer,
        (d.counts AND NOT d.machine AND coalesce(
            a.bridged_at > d.waits_until, a.abandoned OR a.ended_at IS NULL OR a.ended_at > d.waits_until
        ))::integer,
        (d.counts AND NOT d.machine AND a.abandoned)::integer,
        (d.counts AND d.machine AND a.bridged_at IS NULL)::integer,
        (d.counts AND d.machine AND a.bridged_at IS NOT NULL)::integer
    FROM (SELECT
        a.channel = 'voice' AND a.direction = 'out' AND a.campaign_id IS NOT NULL AND a.answered_at IS NOT NULL
            AND (a.state = 'ended' OR a.bridged_at IS NOT NULL OR a.abandoned) AS counts,
        coalesce(a.answered_by = 'machine', false) OR coalesce(a.outcome = 'amd_machine', false) AS machine,
        coalesce(a.greeting_at, a.answered_at) + interval '2 seconds' AS waits_until
    ) AS d
$$
"""
# For the rows of one statement together, in one order: writers of the same quarter hours never wait crosswise for long.
# Erasing an old attempt takes nothing off: figures are kept longer than persons. So there is no trigger for DELETE.
FOLLOW = """
CREATE FUNCTION abandonment_follow_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM {any} AS r WHERE r.answered_at IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    INSERT INTO abandonment_slot AS s
        (campaign_id, slot, persons, abandoned, missed, machines_cut, machines_heard)
    SELECT x.campaign_id, date_bin('15 minutes', x.answered_at, '2000-01-01T00:00:00Z') AS slot,
        sum(x.sign * x.persons), sum(x.sign * x.abandoned), sum(x.sign * x.missed), sum(x.sign * x.machines_cut),
        sum(x.sign * x.machines_heard)
    FROM ({rows}) AS x
    GROUP BY x.campaign_id, slot
    HAVING sum(x.sign * x.persons) <> 0 OR sum(x.sign * x.abandoned) <> 0 OR sum(x.sign * x.missed) <> 0
        OR sum(x.sign * x.machines_cut) <> 0 OR sum(x.sign * x.machines_heard) <> 0
    ORDER BY x.campaign_id, slot
    ON CONFLICT (campaign_id, slot) DO UPDATE SET
        persons = s.persons + excluded.persons, abandoned = s.abandoned + excluded.abandoned,
        missed = s.missed + excluded.missed, machines_cut = s.machines_cut + excluded.machines_cut,
        machines_heard = s.machines_heard + excluded.machines_heard;
    RETURN NULL;
END
$$
"""
ROWS = """
        SELECT {sign} AS sign, r.campaign_id, r.answered_at, c.*
        FROM {table} AS r CROSS JOIN LATERAL abandonment_counted(r) AS c
        WHERE r.answered_at IS NOT NULL AND r.campaign_id IS NOT NULL
"""
NEW, OLD = ROWS.format(sign=1, table="new_rows"), ROWS.format(sign=-1, table="old_rows")
FOLLOWS = (
    FOLLOW.format(name="new", any="new_rows", rows=NEW),
    FOLLOW.format(
        name="change",
        any="(SELECT answered_at FROM new_rows UNION ALL SELECT answered_at FROM old_rows)",
        rows=NEW + "UNION ALL" + OLD,
    ),
)
TRIGGERS = (
    """
CREATE TRIGGER abandonment_new AFTER INSERT ON attempt
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION abandonment_follow_new()
""",
    """
CREATE TRIGGER abandonment_changed AFTER UPDATE ON attempt
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
EXECUTE FUNCTION abandonment_follow_change()
""",
)
BACKFILL = """
INSERT INTO abandonment_slot (campaign_id, slot, persons, abandoned, missed, machines_cut, machines_heard)
SELECT a.campaign_id, date_bin('15 minutes', a.answered_at, '2000-01-01T00:00:00Z') AS slot,
    sum(c.persons), sum(c.abandoned), sum(c.missed), sum(c.machines_cut), sum(c.machines_heard)
FROM attempt a CROSS JOIN LATERAL abandonment_counted(a) AS c
WHERE a.answered_at IS NOT NULL AND c.persons + c.machines_cut + c.machines_heard > 0
GROUP BY a.campaign_id, slot
"""


def upgrade() -> None:
    op.add_column("attempt", sa.Column("greeting_at", sa.DateTime(timezone=True), nullable=True))
    _tables()
    op.create_index(op.f("ix_amd_evidence_tenant_id_tested_on"), "amd_evidence", ["tenant_id", "tested_on"])
    for statement in (COUNTED, *FOLLOWS):
        op.execute(statement)
    # nobody writes an attempt between the sum and the trigger
    op.execute("LOCK TABLE attempt IN SHARE ROW EXCLUSIVE MODE")
    op.execute(BACKFILL)
    for statement in TRIGGERS:
        op.execute(statement)


def _tables() -> None:
    op.create_table(
        "abandonment_slot",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.Integer(), server_default="0", nullable=False)
            for name in ("persons", "abandoned", "missed", "machines_cut", "machines_heard")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_abandonment_slot_campaign_id_campaign")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "slot", name=op.f("pk_abandonment_slot")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "abandonment_state",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("gauge", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('ok', 'near', 'over', 'review')", name=op.f("ck_abandonment_state_state_known")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_abandonment_state_campaign_id_campaign")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "gauge", name=op.f("pk_abandonment_state")),
    )
    op.create_table(
        "amd_evidence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("tested_on", sa.Date(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("false_positives", sa.Integer(), nullable=False),
        sa.Column("tested_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "sample > 0 AND false_positives BETWEEN 0 AND sample", name=op.f("ck_amd_evidence_sample_counts")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_amd_evidence_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_amd_evidence_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amd_evidence")),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
