"""What the predictive pacer has learnt, and how often agents skipped a debtor whom they were shown."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
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


def downgrade() -> None:
    op.drop_column("queue_row", "skips")
    op.drop_table("pacer_state")
