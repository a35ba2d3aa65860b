"""Skills of agents, planned breaks and shift ends, and by what a floor sees that an agent was changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("'{}'")
    op.add_column("app_user", sa.Column("skills", postgresql.ARRAY(sa.Text()), server_default=empty, nullable=False))
    op.add_column("app_user", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_table(
        "planned_end",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_by", sa.Text(), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_because", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('pause', 'logout')", name=op.f("ck_planned_end_kind_known")),
        sa.CheckConstraint(
            "over_because IN ('kept', 'passed', 'cancelled', 'replaced')",
            name=op.f("ck_planned_end_over_because_known"),
        ),
        sa.CheckConstraint("(over_at IS NULL) = (over_because IS NULL)", name=op.f("ck_planned_end_over_both")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_planned_end_tenant_id_tenant")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_planned_end_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_end")),
    )
    op.create_index(
        "ix_planned_end_open", "planned_end", ["user_id", "at"], postgresql_where=sa.text("over_at IS NULL")
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
