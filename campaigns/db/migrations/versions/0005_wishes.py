"""Own rulebooks of a creditor; a person's wishes end by themselves or by somebody, and come up for review."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rulebooks: sa.Column[list[str]] = sa.Column(
        "rulebooks", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
    )
    op.add_column("creditor", rulebooks)
    op.add_column("person_request", sa.Column("ended_by", sa.Text(), nullable=True))
    op.add_column("person_request", sa.Column("ended_because", sa.Text(), server_default="", nullable=False))
    op.add_column("person_request", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("person_request", sa.Column("review_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_person_request_ends",
        "person_request",
        ["ends_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL AND ends_at IS NOT NULL"),
    )
    op.create_index(
        "ix_person_request_review",
        "person_request",
        ["tenant_id", "review_on"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL AND review_on IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
