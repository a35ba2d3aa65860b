"""What the predictive pacer has learnt, skipped previews, and announcements, which no agent could be missing from."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None

ORIGINS = ("dialer", "agent", "callback", "message_step", "reply")
# As in migration 0004, but for `{only}`: who is to hear an announcement waits for nobody and is not abandoned, and
# does not make the others' rate look better.
COUNTED = """
CREATE OR REPLACE FUNCTION abandonment_counted(a attempt)
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
            AND (a.state = 'ended' OR a.bridged_at IS NOT NULL OR a.abandoned) {only} AS counts,
        coalesce(a.answered_by = 'machine', false) OR coalesce(a.outcome = 'amd_machine', false) AS machine,
        coalesce(a.greeting_at, a.answered_at) + interval '2 seconds' AS waits_until
    ) AS d
$$
"""


def upgrade() -> None:
    _origins((*ORIGINS, "announcement"))
    op.execute(COUNTED.format(only="AND a.origin <> 'announcement'"))
    op.create_table(
        "pacer_state",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_pacer_state_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_pacer_state")),
    )
    op.add_column("queue_row", sa.Column("skips", sa.SmallInteger(), server_default="0", nullable=False))


def _origins(words: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_attempt_origin_known"), "attempt", type_="check")
    known = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f("ck_attempt_origin_known"), "attempt", f"origin IN ({known})")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
