"""An index by which the verdicts of a tenant are read in the order of their times."""

from alembic import op

revision = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # outside a transaction: dialing writes verdicts meanwhile. One that was left half built is built again.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_verdict_at")
        op.create_index(
            "ix_verdict_at", "verdict", ["tenant_id", "at", "id"], unique=False, postgresql_concurrently=True
        )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
