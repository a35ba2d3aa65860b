"""Subjects of e-mails, and the token of the address that stops them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("template", sa.Column("subject", sa.Text(), nullable=True))
    # the texts for e-mail that tenants were given are those of SMS, and no e-mail was ever sent; new ones come at start
    op.execute(
        "DELETE FROM template AS mail USING template AS sms WHERE mail.channel = 'email' AND sms.channel = 'sms'"
        " AND mail.name = 'missed_call' AND sms.name = mail.name AND sms.tenant_id = mail.tenant_id"
        " AND sms.language = mail.language AND sms.body = mail.body"
    )
    op.add_column("message", sa.Column("subject", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("unsubscribe_token", sa.Text(), nullable=True))
    op.create_index(
        "ix_message_unsubscribe_token",
        "message",
        ["unsubscribe_token"],
        unique=True,
        postgresql_where=sa.text("unsubscribe_token IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
