"""Replies that a person must read: what was unclear before is open for review."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbound_message", sa.Column("review", sa.Text(), nullable=True))
    op.add_column("inbound_message", sa.Column("decision", sa.Text(), nullable=True))
    op.add_column("inbound_message", sa.Column("decided_by", sa.Text(), nullable=True))
    op.add_column("inbound_message", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE inbound_message SET review = 'open' WHERE meaning = 'unclear'")
    # a person with such a reply was only taken out of the queues: the hold binds every other way of contact too
    op.execute("""
        INSERT INTO person_request (tenant_id, debtor_id, kind, details, at, recorded_by)
        SELECT DISTINCT i.tenant_id, p.debtor_id, 'unclear_reply', jsonb_build_object('inbound_message_id', i.id), i.at,
               'system'
        FROM inbound_message i JOIN contact_point p ON p.tenant_id = i.tenant_id AND p.address = i.from_address
        WHERE i.review = 'open'
          AND EXISTS (SELECT 1 FROM queue_row q WHERE q.debtor_id = p.debtor_id
                      AND 'unclear_reply' = ANY(string_to_array(q.held_because, ' ')))
    """)
    op.create_check_constraint("review_known", "inbound_message", "review IN ('open', 'decided')")
    op.create_check_constraint("decision_known", "inbound_message", "decision IN ('stop', 'start', 'other')")
    op.create_index(
        "ix_inbound_message_review_open",
        "inbound_message",
        ["tenant_id", "at"],
        unique=False,
        postgresql_where=sa.text("review = 'open'"),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
