"""Every table of Promiseline, as SQLAlchemy Core. A change here needs a migration in campaigns/db/migrations/.

Conventions: `tenant_id` everywhere; instants are TIMESTAMPTZ in UTC; money is BIGINT minor units beside its currency;
phone numbers are E.164 text; enumerations are short text with a CHECK so that psql shows words.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EMPTY_OBJECT = text("'{}'::jsonb")
EMPTY_LIST = text("'[]'::jsonb")


def _id() -> "Column[int]":
    return Column("id", BigInteger, Identity(), primary_key=True)


def _tenant() -> "Column[int]":
    return Column("tenant_id", Integer, ForeignKey("tenant.id"), nullable=False)


def _at(name: str, *, null: bool = False) -> "Column[Any]":
    return Column(name, DateTime(timezone=True), nullable=null)


def _words(column: str, words: Sequence[str]) -> CheckConstraint:
    allowed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({allowed})", name=f"{column}_known")


tenant = Table(
    "tenant",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("settings", JSONB, nullable=False, server_default=EMPTY_OBJECT),
    _at("created_at"),
)

app_user = Table(
    "app_user",
    metadata,
    _id(),
    _tenant(),
    Column("login", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("language", String(8), nullable=False, server_default="en"),
    Column("phone_endpoint", Text),  # the agent's phone at the exchange, like PJSIP/agent-7
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("simulated", Boolean, nullable=False, server_default=text("false")),
    Column("skills", ARRAY(Text), nullable=False, server_default=text("'{}'")),  # campaigns.skills
    Column("version", Integer, nullable=False, server_default="1"),  # raised by what a running floor must hear of
    _at("created_at"),
    UniqueConstraint("tenant_id", "login"),
    _words("role", ("agent", "supervisor", "admin")),
)

user_session = Table(
    "user_session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),  # sha256 of the cookie; the cookie itself is stored nowhere
    _tenant(),
    Column("user_id", BigInteger, ForeignKey("app_user.id"), nullable=False),
    Column("csrf_token", Text, nullable=False),
    _at("created_at"),
    _at("last_seen_at"),
    _at("expires_at"),
    Index(None, "user_id"),
)

login_failure = Table(
    "login_failure",
    metadata,
    _id(),
    Column("login_hash", LargeBinary, nullable=False),
    Column("source_hash", LargeBinary, nullable=False),
    _at("at"),
    Index(None, "login_hash", "at"),
    Index(None, "source_hash", "at"),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    _tenant(),
    _at("at"),
    Column("actor", Text, nullable=False),  # user:7, system, cli
    Column("action", Text, nullable=False),  # campaign.started, promise.recorded ...
    Column("subject", Text, nullable=False),  # campaign:3, debtor:99 ...
    Column("detail", JSONB, server_default=EMPTY_OBJECT),  # null: erased; only its salted digest is in the chain
    # what follows is given by the sealer, see campaigns/audit; triggers of migration 0002 refuse every other change
    Column("seq", BigInteger),  # 1, 2, 3 ... of the tenant, without gaps
    Column("salt", LargeBinary),
    Column("detail_digest", LargeBinary),
    Column("hash", LargeBinary),
    CheckConstraint("(seq IS NULL) = (hash IS NULL) AND (seq IS NULL) = (detail_digest IS NULL)", name="sealed_in_one"),
    Index(None, "tenant_id", "subject", "at"),
    Index("uq_audit_seq", "tenant_id", "seq", unique=True, postgresql_where=text("seq IS NOT NULL")),
    Index("ix_audit_unsealed", "tenant_id", "id", postgresql_where=text("seq IS NULL")),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("tenant_id", Integer, ForeignKey("tenant.id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),  # the last sealed row; 0: none
    Column("hash", LargeBinary, nullable=False),
    Column("verdict_number", BigInteger, nullable=False),  # verdicts up to this number are sealed
    Column("outcome_number", BigInteger, nullable=False, server_default="0"),  # the same for outcomes
    _at("at"),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("tenant_id", Integer, ForeignKey("tenant.id"), primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 ... of the tenant, without gaps
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    _at("at"),
    Column("previous", LargeBinary, nullable=False),  # SHA-256 of the checkpoint before
    Column("public_key", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

creditor = Table(
    "creditor",
    metadata,
    _id(),
    _tenant(),
    Column("name", Text, nullable=False),
    Column("phone_e164", Text),
    Column("rulebooks", ARRAY(Text), nullable=False, server_default=text("'{}'")),  # bind beside those of the law
    _at("created_at"),
    UniqueConstraint("tenant_id", "name"),
)

import_batch = Table(
    "import_batch",
    metadata,
    _id(),
    _tenant(),
    Column("creditor_id", BigInteger, ForeignKey("creditor.id"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("rows_total", BigInteger, nullable=False, server_default="0"),
    Column("rows_loaded", BigInteger, nullable=False, server_default="0"),
    Column("rows_rejected", BigInteger, nullable=False, server_default="0"),
    Column("resume_line", BigInteger, nullable=False, server_default="0"),
    Column("mapping", JSONB, nullable=False, server_default=EMPTY_OBJECT),
    _at("started_at"),
    _at("finished_at", null=True),
    _words("state", ("running", "done", "refused", "interrupted")),
    Index(None, "tenant_id", "creditor_id", "sha256"),
)

import_row = Table(
    "import_row",
    metadata,
    # staging: one line of a file, read and understood, until all of the file is; not logged, and empty again afterwards
    Column("batch_id", BigInteger, ForeignKey("import_batch.id"), primary_key=True),
    Column("line", BigInteger, primary_key=True),
    Column("debtor_ref", Text, nullable=False),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("date_of_birth", Date),
    Column("own_timezone", Text),
    Column("zones", ARRAY(Text)),
    Column("rulebooks", ARRAY(Text)),
    Column("country", String(2), nullable=False),
    Column("region", Text),
    Column("city", Text),
    Column("postal_code", Text),
    Column("street", Text),
    Column("timezone", Text),
    Column("phones", ARRAY(Text), nullable=False),
    Column("phone_kinds", ARRAY(Text), nullable=False),
    Column("email", Text),
    Column("sms_consent_at", DateTime(timezone=True)),
    Column("whatsapp_consent_at", DateTime(timezone=True)),
    Column("email_consent_at", DateTime(timezone=True)),
    Column("debt_ref", Text, nullable=False),
    Column("principal_minor", BigInteger, nullable=False),
    Column("balance_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("due_date", Date, nullable=False),
    Column("last_payment_date", Date),
    Column("product", Text, nullable=False),
    prefixes=["UNLOGGED"],
)

import_reject = Table(
    "import_reject",
    metadata,
    _id(),
    Column("batch_id", BigInteger, ForeignKey("import_batch.id"), nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("column", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("row", ARRAY(Text), nullable=False),  # the operator's own cells, for the reject file
    Index(None, "batch_id", "line"),
)

window_group = Table(
    "window_group",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # all persons whose contact hours open and close together
    Column("zones", ARRAY(Text), nullable=False),
    Column("rulebooks", ARRAY(Text), nullable=False),
    UniqueConstraint("zones", "rulebooks"),
)

debtor = Table(
    "debtor",
    metadata,
    _id(),
    _tenant(),
    Column("creditor_id", BigInteger, ForeignKey("creditor.id"), nullable=False),
    Column("external_ref", Text, nullable=False),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("date_of_birth", Date),
    Column("own_timezone", Text),  # the person's own word; replaces every guess
    Column("window_group_id", Integer, ForeignKey("window_group.id")),  # null: zone unknown, never contacted
    Column("status", Text, nullable=False, server_default="open"),
    Column("import_batch_id", BigInteger, ForeignKey("import_batch.id")),
    _at("created_at"),
    _at("erased_at", null=True),  # the retention job took name, numbers and addresses away
    UniqueConstraint("tenant_id", "creditor_id", "external_ref"),
    _words("status", ("open", "closed", "deceased", "bankrupt")),
    Index(None, "creditor_id", "id"),
)

address = Table(
    "address",
    metadata,
    _id(),
    _tenant(),
    Column("debtor_id", BigInteger, ForeignKey("debtor.id"), nullable=False),
    Column("country", String(2), nullable=False),
    Column("region", Text),  # the ISO 3166-2 part, like NY
    Column("city", Text),
    Column("postal_code", Text),
    Column("street", Text),
    Column("timezone", Text),
    Index(None, "debtor_id"),
)

contact_point = Table(
    "contact_point",
    metadata,
    _id(),
    _tenant(),
    Column("debtor_id", BigInteger, ForeignKey("debtor.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),  # E.164 or an e-mail address
    Column("position", SmallInteger, nullable=False, server_default="0"),  # the order in which they are tried
    Column("status", Text, nullable=False, server_default="good"),
    _words("kind", ("mobile", "landline", "work", "tollfree", "email")),
    _words("status", ("good", "invalid", "wrong_person", "third_party")),
    UniqueConstraint("debtor_id", "address"),
    Index(None, "tenant_id", "address"),
)

consent = Table(
    "consent",
    metadata,
    # a ledger: rows are added, never changed; campaigns.consents.model says which of them hold at an instant
    _id(),
    _tenant(),
    Column("contact_point_id", BigInteger, ForeignKey("contact_point.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("event", Text, nullable=False, server_default="given"),
    Column("by", Text),  # how; a consent always says it, its end need not
    _at("at"),
    _at("expires_at", null=True),
    Column("evidence", Text, nullable=False, server_default=""),
    Column("recorded_by", Text, nullable=False, server_default="import"),  # user:7, cli, system, import
    _at("recorded_at", null=True),  # null: with the import that evidence names
    Column("text_shown", Text, nullable=False, server_default=""),  # what the person agreed to, or its reference
    Column("text_version", Text, nullable=False, server_default=""),
    Column("text_language", String(8), nullable=False, server_default=""),
    _words("channel", ("voice", "sms", "whatsapp", "email")),
    _words("event", ("given", "renewed", "revoked", "expired")),
    _words("by", ("written", "oral", "used_with_collector")),
    CheckConstraint("by IS NOT NULL OR event IN ('revoked', 'expired')", name="by_given"),
    Index(None, "contact_point_id"),
)

opt_out = Table(
    "opt_out",
    metadata,
    _id(),
    _tenant(),
    # by address and not by debtor: it binds for whoever else shares the number
    Column("address", Text, nullable=False),
    Column("channel", Text, nullable=False),
    _at("at"),
    _at("lifted_at", null=True),
    Column("source", Text, nullable=False),  # sms_reply, agent, keypad, portal, unsubscribe, import, provider
    Column("evidence", Text, nullable=False, server_default=""),  # id of the message or attempt, never its text
    _words("channel", ("voice", "sms", "whatsapp", "email", "all")),
    Index(None, "tenant_id", "address"),
)

do_not_contact_list = Table(
    "do_not_contact_list",
    metadata,
    _id(),
    _tenant(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # entries: rows of do_not_contact; hashed: chunks of do_not_contact_chunk
    Column("scope", Text, nullable=False),
    Column("creditor_id", BigInteger, ForeignKey("creditor.id")),
    Column("campaign_id", BigInteger, ForeignKey("campaign.id")),
    Column("source", Text, nullable=False, server_default=""),  # who publishes or keeps it
    Column("evidence", Text, nullable=False, server_default=""),  # a reference: contract, subscription, letter
    _at("created_at"),
    Column("created_by", Text, nullable=False),
    _at("refresh_by", null=True),
    Column("overdue_denies", Boolean, nullable=False, server_default=text("false")),
    Column("version", Integer, nullable=False, server_default="0"),  # the newest do_not_contact_import
    Column("digest", Text),  # of the hashed list in force
    _at("ended_at", null=True),
    Column("ended_by", Text),
    Column("end_reason", Text),
    UniqueConstraint("tenant_id", "name"),
    _words("kind", ("entries", "hashed")),
    _words("scope", ("global", "creditor", "campaign")),
    CheckConstraint(
        "(scope = 'creditor') = (creditor_id IS NOT NULL) AND (scope = 'campaign') = (campaign_id IS NOT NULL)",
        name="scope_named",
    ),
)

do_not_contact_import = Table(
    "do_not_contact_import",
    metadata,
    _id(),
    _tenant(),
    Column("list_id", BigInteger, ForeignKey("do_not_contact_list.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    _at("at"),
    Column("by", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),  # on the list in this version
    Column("digest", Text),  # of the hashed list: its bytes stay in do_not_contact_chunk
    Column("evidence", Text, nullable=False, server_default=""),
    _words("mode", ("add", "replace")),
    UniqueConstraint("list_id", "version"),
)

do_not_contact_chunk = Table(
    "do_not_contact_chunk",
    metadata,
    # the file of a hashed list (compliance.number_list), cut into pieces that every node can fetch
    Column("tenant_id", Integer, ForeignKey("tenant.id"), primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

do_not_contact = Table(
    "do_not_contact",
    metadata,
    # one address or prefix on a list of kind entries
    _id(),
    _tenant(),
    Column("list_id", BigInteger, ForeignKey("do_not_contact_list.id"), nullable=False),
    Column("kind", Text, nullable=False, server_default="exact"),
    Column("address", Text, nullable=False),  # E.164, an e-mail address in lower case, or the beginning of numbers
    Column("source", Text, nullable=False),  # how it came: cli, import, agent ...
    _at("at"),
    Column("by", Text, nullable=False, server_default="unknown"),
    Column("evidence", Text, nullable=False, server_default=""),
    Column("import_id", BigInteger, ForeignKey("do_not_contact_import.id")),
    _at("ended_at", null=True),
    Column("ended_by", Text),
    Column("end_reason", Text),
    _words("kind", ("exact", "prefix")),
    Index(
        "ix_do_not_contact_once", "list_id", "kind", "address", unique=True, postgresql_where=text("ended_at IS NULL")
    ),
    Index("ix_do_not_contact_live", "tenant_id", "address", postgresql_where=text("ended_at IS NULL")),
    Index(None, "tenant_id", "address"),
)

person_request = Table(
    "person_request",
    metadata,
    _id(),
    _tenant(),
    Column("debtor_id", BigInteger, ForeignKey("debtor.id"), nullable=False),
    Column("kind", Text, nullable=False),  # the vocabulary of compliance.facts: inconvenient_time, cease_all ...
    Column("details", JSONB, nullable=False, server_default=EMPTY_OBJECT),
    _at("at"),
    Column("recorded_by", Text, nullable=False),
    _at("ended_at", null=True),
    Column("ended_by", Text),
    Column("ended_because", Text, nullable=False, server_default=""),
    _at("ends_at", null=True),  # when it ends by itself
    Column("review_on", Date),  # when a supervisor must look at it again
    Index(None, "debtor_id"),
    Index("ix_person_request_ends", "ends_at", postgresql_where=text("ended_at IS NULL AND ends_at IS NOT NULL")),
    Index(
        "ix_person_request_review",
        "tenant_id",
        "review_on",
        postgresql_where=text("ended_at IS NULL AND review_on IS NOT NULL"),
    ),
)

debt = Table(
    "debt",
    metadata,
    _id(),
    _tenant(),
    Column("debtor_id", BigInteger, ForeignKey("debtor.id"), nullable=False),
    Column("creditor_id", BigInteger, ForeignKey("creditor.id"), nullable=False),
    Column("external_ref", Text, nullable=False),
    Column("principal_minor", BigInteger, nullable=False),
    Column("balance_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("due_date", Date, nullable=False),
    Column("last_payment_date", Date),
    Column("product", Text, nullable=False, server_default=""),
    Column("status", Text, nullable=False, server_default="open"),
    UniqueConstraint("tenant_id", "creditor_id", "external_ref"),
    CheckConstraint("balance_minor >= 0", name="balance_not_negative"),
    _words("status", ("open", "paid", "disputed", "returned")),
    Index(None, "debtor_id"),
)

template = Table(
    "template",
    metadata,
    _id(),
    _tenant(),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("subject", Text),  # of e-mails alone
    Column("body", Text, nullable=False),
    UniqueConstraint("tenant_id", "name", "channel", "language"),
)

campaign = Table(
    "campaign",
    metadata,
    _id(),
    _tenant(),
    Column("creditor_id", BigInteger, ForeignKey("creditor.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="draft"),
    Column("settings", JSONB, nullable=False),  # campaigns.model.CampaignSettings
    Column("version", Integer, nullable=False, server_default="1"),
    _at("created_at"),
    UniqueConstraint("tenant_id", "name"),
    _words("state", ("draft", "running", "paused", "finished")),
)

pacer_state = Table(
    "pacer_state",
    metadata,
    Column("campaign_id", BigInteger, ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    Column("state", LargeBinary, nullable=False),  # what the predictive pacer has learnt, in its own compact form
    _at("saved_at"),
)

campaign_agent = Table(
    "campaign_agent",
    metadata,
    Column("campaign_id", BigInteger, ForeignKey("campaign.id"), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("app_user.id"), primary_key=True),
)

queue_row = Table(
    "queue_row",
    metadata,
    # the debtor leads, so that one index finds a row and all rows of a person: each index costs a claim 100 pages
    Column("debtor_id", BigInteger, ForeignKey("debtor.id"), primary_key=True),
    Column("campaign_id", BigInteger, ForeignKey("campaign.id"), primary_key=True),
    _tenant(),
    Column("state", Text, nullable=False),
    Column("window_group_id", Integer, nullable=False),
    Column("score", Integer, nullable=False),  # 0..100000, thousandths of a point
    Column("score_parts", JSONB, nullable=False, server_default=EMPTY_OBJECT),
    Column("step", SmallInteger, nullable=False, server_default="0"),  # index into the campaign's strategy
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    _at("callable_from"),  # waiting rows become ready then
    Column("lease_owner", Text),
    _at("lease_until", null=True),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("held_because", Text),
    Column(
        "skips", SmallInteger, nullable=False, server_default="0"
    ),  # previews that agents skipped since the last try
    _words("state", ("ready", "leased", "waiting", "suspended", "done")),
    # one descent for each open window group: the cost of a claim does not grow with the list
    Index(
        "ix_queue_row_claim",
        "campaign_id",
        "window_group_id",
        text("score DESC"),
        "debtor_id",
        postgresql_where=text("state = 'ready'"),
    ),
    Index("ix_queue_row_due", "callable_from", postgresql_where=text("state = 'waiting'")),
    Index("ix_queue_row_lease", "lease_until", postgresql_where=text("state = 'leased'")),
    # claims always begin at the top of the scores: what leaves there must be swept away soon
    postgresql_with={"fillfactor": 80, "autovacuum_vacuum_scale_factor": 0.01, "autovacuum_vacuum_threshold": 2000},
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),  # UUIDv7; the channel id is pl-c-<id>
    _tenant(),
    Column("campaign_id", BigInteger, ForeignKey("campaign.id")),
    Column("debtor_id", BigInteger, ForeignKey("debtor.id"), nullable=False),
    Column("contact_point_id", BigInteger, ForeignKey("contact_point.id"), nullable=False),
    Column("debt_ids", ARRAY(BigInteger), nullable=False),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False, server_default="out"),
    Column("origin", Text, nullable=False),
    Column("node", Text),
    Column("queue_fence", BigInteger),
    Column("agent_id", BigInteger, ForeignKey("app_user.id")),
    _at("at"),  # the instant that the gate judged; start of the attempt
    Column("state", Text, nullable=False),
    _at("ringing_at", null=True),
    _at("answered_at", null=True),
    _at("greeting_at", null=True),  # end of the person's greeting, where machine detection heard it
    _at("bridged_at", null=True),
    _at("ended_at", null=True),
    Column("answered_by", Text),
    Column("outcome", Text),  # the vocabulary of compliance.facts.HistoryEvent plus ours, see docs/glossary.md
    Column("abandoned", Boolean, nullable=False, server_default=text("false")),
    Column("right_party_at", DateTime(timezone=True)),
    Column("cause", SmallInteger),
    Column("tech_cause", SmallInteger),
    Column("disposition", Text),
    _words("channel", ("voice", "sms", "whatsapp", "email")),
    _words("direction", ("out", "in")),
    _words("origin", ("dialer", "agent", "callback", "message_step", "reply", "announcement")),
    _words("state", ("committed", "sent", "live", "ended")),
    _words("answered_by", ("person", "machine", "unknown")),
    Index("ix_attempt_history", "debtor_id", "at"),
    Index("ix_attempt_open", "node", postgresql_where=text("state <> 'ended'")),
    Index("ix_attempt_campaign", "campaign_id", "at"),
    # whatever goes wrong elsewhere: one person is never in two outgoing calls at once
    Index(
        "uq_attempt_one_call",
        "debtor_id",
        unique=True,
        postgresql_where=text("channel = 'voice' AND direction = 'out' AND state <> 'ended'"),
    ),
)

abandonment_slot = Table(
    "abandonment_slot",
    metadata,
    # kept by a trigger on attempt in the transaction of each write: see migration 0004 and compliance.abandonment_tally
    Column("campaign_id", BigInteger, ForeignKey("campaign.id"), primary_key=True),
    Column("slot", DateTime(timezone=True), primary_key=True),  # the quarter hour of the answer
    Column("persons", Integer, nullable=False, server_default="0"),
    Column("abandoned", Integer, nullable=False, server_default="0"),
    Column("missed", Integer, nullable=False, server_default="0"),
    Column("machines_cut", Integer, nullable=False, server_default="0"),
    Column("machines_heard", Integer, nullable=False, server_default="0"),
    # one row takes all answers of its quarter hour
    postgresql_with={"fillfactor": 50},
)

abandonment_state = Table(
    "abandonment_state",
    metadata,
    # what each gauge said last, so that a restart neither forgets a hold nor alarms anew
    Column("campaign_id", BigInteger, ForeignKey("campaign.id"), primary_key=True),
    Column("gauge", Text, primary_key=True),  # us, gb-ofcom, house-24h ...
    Column("state", Text, nullable=False),
    Column("uncertain", Boolean, nullable=False),
    _at("since"),
    _words("state", ("ok", "near", "over", "review")),
)

amd_evidence = Table(
    "amd_evidence",
    metadata,
    _id(),
    _tenant(),
    Column("campaign_id", BigInteger, ForeignKey("campaign.id")),  # null: for all campaigns of the house
    Column("tested_on", Date, nullable=False),
    Column("sample", Integer, nullable=False),  # calls that detection called a machine, listened to by a person
    Column("false_positives", Integer, nullable=False),
    Column("tested_by", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("recorded_by", Text, nullable=False),
    _at("recorded_at"),
    CheckConstraint("sample > 0 AND false_positives BETWEEN 0 AND sample", name="sample_counts"),
    Index(None, "tenant_id", "tested_on"),
)

verdict = Table(
    "verdict",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    _tenant(),
    Column("attempt_id", UUID(as_uuid=True)),  # null when the contact was refused
    Column("campaign_id", BigInteger),
    Column("debtor_id", BigInteger, nullable=False),
    Column("contact_point_id", BigInteger),
    Column("channel", Text, nullable=False),
    Column("origin", Text, nullable=False),
    _at("at"),
    Column("decision", Text, nullable=False),
    Column("reasons", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column("retry_at", DateTime(timezone=True)),
    Column("flags", ARRAY(Text), nullable=False),
    Column("rulebooks", JSONB, nullable=False, server_default=EMPTY_OBJECT),  # id -> version
    Column("tzdb", Text, nullable=False),
    Column("inputs", JSONB, nullable=False, server_default=EMPTY_OBJECT),
    # by it the audit trail's sealer knows what is new; a UUID's order is that of the writers' clocks
    Column("number", BigInteger, Identity(), nullable=False),
    Column("salt", UUID(as_uuid=True), server_default=text("gen_random_uuid()")),  # null: the content is erased
    Column("content_digest", LargeBinary),  # of reasons, flags and inputs that were erased
    _words("decision", ("allow", "deny", "review")),
    Index("uq_verdict_number", "tenant_id", "number", unique=True),
    Index("ix_verdict_debtor", "debtor_id", "at"),
    Index("ix_verdict_at", "tenant_id", "at", "id"),
    Index("ix_verdict_attempt", "attempt_id"),
)

outcome = Table(
    "outcome",
    metadata,
    # written by triggers on attempt and message at an end and at each correction of one: see migration 0009
    Column("number", BigInteger, Identity(), primary_key=True),
    _tenant(),
    Column("kind", Text, nullable=False),
    Column("of_id", UUID(as_uuid=True), nullable=False),  # of the attempt or message
    Column("content", JSONB, nullable=False),
    _words("kind", ("attempt", "message")),
    Index("ix_outcome_of_id", "of_id"),
    Index("uq_outcome_number", "tenant_id", "number", unique=True),
)

promise = Table(
    "promise",
    metadata,
    _id(),
    _tenant(),
    Column("debtor_id", BigInteger, ForeignKey("debtor.id"), nullable=False),
    Column("debt_id", BigInteger, ForeignKey("debt.id"), nullable=False),
    Column("campaign_id", BigInteger, ForeignKey("campaign.id")),
    Column("attempt_id", UUID(as_uuid=True)),
    Column("agent_id", BigInteger, ForeignKey("app_user.id")),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("due_date", Date, nullable=False),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("command_id", Text, nullable=False),  # the console's id of the click: saving twice saves once
    _at("created_at"),
    UniqueConstraint("tenant_id", "command_id"),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    _words("state", ("pending", "kept", "broken", "cancelled")),
    Index(None, "debtor_id"),
    Index(None, "campaign_id", "created_at"),
)

callback = Table(
    "callback",
    metadata,
    _id(),
    _tenant(),
    Column("debtor_id", BigInteger, ForeignKey("debtor.id"), nullable=False),
    Column("contact_point_id", BigInteger, ForeignKey("contact_point.id"), nullable=False),
    Column("campaign_id", BigInteger, ForeignKey("campaign.id")),
    Column("agent_id", BigInteger, ForeignKey("app_user.id")),  # null: anyone
    _at("due_at"),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("command_id", Text, nullable=False),
    _at("created_at"),
    UniqueConstraint("tenant_id", "command_id"),
    _words("state", ("pending", "placed", "done", "cancelled")),
    Index(None, "debtor_id"),
    Index("ix_callback_due", "due_at", postgresql_where=text("state = 'pending'")),
)

note = Table(
    "note",
    metadata,
    _id(),
    _tenant(),
    Column("debtor_id", BigInteger, ForeignKey("debtor.id"), nullable=False),
    Column("attempt_id", UUID(as_uuid=True)),
    Column("agent_id", BigInteger, ForeignKey("app_user.id")),
    Column("body", Text, nullable=False),
    Column("command_id", Text, nullable=False),
    _at("created_at"),
    UniqueConstraint("tenant_id", "command_id"),
    Index(None, "debtor_id"),
)

message = Table(
    "message",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    _tenant(),
    Column("dedupe_key", Text, nullable=False),  # campaign, debtor, step, occurrence: one message for one reason
    Column("attempt_id", UUID(as_uuid=True)),  # set when the gate allowed the sending
    Column("campaign_id", BigInteger, ForeignKey("campaign.id")),
    Column("debtor_id", BigInteger, ForeignKey("debtor.id"), nullable=False),
    Column("contact_point_id", BigInteger, ForeignKey("contact_point.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("subject", Text),  # as it was sent, like the body
    Column("body", Text),
    Column("unsubscribe_token", Text),  # random: in an e-mail's address that stops them
    Column("state", Text, nullable=False),
    Column("status_rank", SmallInteger, nullable=False, server_default="0"),  # a late callback never moves it back
    Column("provider", Text),
    Column("provider_id", Text),
    Column("error_code", Text),
    Column("lease_owner", Text),
    _at("lease_until", null=True),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    _at("not_before"),
    _at("created_at"),
    _at("sent_at", null=True),
    _at("final_at", null=True),
    UniqueConstraint("tenant_id", "dedupe_key"),
    _words(
        "state",
        (
            "queued",
            "leased",
            "in_flight",
            "sent",
            "delivered",
            "undelivered",
            "failed",
            "refused",
            "unknown",
            "cancelled",
        ),
    ),
    _words("channel", ("sms", "whatsapp", "email")),
    Index("ix_message_queued", "not_before", postgresql_where=text("state = 'queued'")),
    Index(
        "ix_message_unsettled",
        "lease_until",
        postgresql_where=text("state IN ('leased', 'in_flight', 'unknown', 'sent')"),
    ),
    Index("ix_message_provider_id", "provider", "provider_id"),
    Index(
        "ix_message_unsubscribe_token",
        "unsubscribe_token",
        unique=True,
        postgresql_where=text("unsubscribe_token IS NOT NULL"),
    ),
    Index(None, "debtor_id"),
)

message_event = Table(
    "message_event",
    metadata,
    _id(),
    Column("message_id", UUID(as_uuid=True), ForeignKey("message.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("error_code", Text, nullable=False, server_default=""),
    _at("at"),
    UniqueConstraint("message_id", "status", "error_code"),
)

inbound_message = Table(
    "inbound_message",
    metadata,
    _id(),
    _tenant(),
    Column("provider", Text, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("from_address", Text, nullable=False),
    Column("to_address", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("meaning", Text, nullable=False),  # stop, start, help, unclear, other
    Column("debtor_id", BigInteger, ForeignKey("debtor.id")),
    _at("at"),
    Column("review", Text),  # open, decided; null: nobody need read it
    Column("decision", Text),  # stop, start, other; with review decided
    Column("decided_by", Text),  # user:7, cli; system: the person's own START
    _at("decided_at", null=True),
    UniqueConstraint("provider", "provider_id"),
    Index(None, "debtor_id"),
    Index("ix_inbound_message_review_open", "tenant_id", "at", postgresql_where=text("review = 'open'")),
    _words("review", ("open", "decided")),
    _words("decision", ("stop", "start", "other")),
)

agent_session = Table(
    "agent_session",
    metadata,
    Column("user_id", BigInteger, ForeignKey("app_user.id"), primary_key=True),
    _tenant(),
    Column("session_id", UUID(as_uuid=True), nullable=False),
    Column("node", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),  # of a pause
    Column("wish", Text),  # a pause or logout asked for during a call
    Column("attempt_id", UUID(as_uuid=True)),
    Column("channel_id", Text),
    Column("bridge_id", Text),
    _at("since"),
    _at("started_at"),
)

planned_end = Table(
    "planned_end",
    metadata,
    _id(),
    _tenant(),
    Column("user_id", BigInteger, ForeignKey("app_user.id"), nullable=False),
    Column("kind", Text, nullable=False),  # a break, or the end of the shift
    _at("at"),
    Column("minutes", SmallInteger),  # how long the break is meant to be
    Column("reason", Text),  # of the break
    _at("planned_at"),
    Column("planned_by", Text, nullable=False),
    _at("over_at", null=True),
    Column("over_because", Text),
    _words("kind", ("pause", "logout")),
    _words("over_because", ("kept", "passed", "cancelled", "replaced")),
    CheckConstraint("(over_at IS NULL) = (over_because IS NULL)", name="over_both"),
    Index("ix_planned_end_open", "user_id", "at", postgresql_where=text("over_at IS NULL")),
)

agent_state_log = Table(
    "agent_state_log",
    metadata,
    _id(),
    _tenant(),
    Column("user_id", BigInteger, ForeignKey("app_user.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    _at("from_at"),
    _at("to_at"),
    Index(None, "user_id", "from_at"),
)

outcome_event = Table(
    "outcome_event",
    metadata,
    _id(),
    _tenant(),
    _at("at"),
    Column("kind", Text, nullable=False),  # attempt.ended, promise.recorded, message.delivered, opt_out.recorded ...
    Column("campaign_id", BigInteger),
    Column("debtor_id", BigInteger),
    Column("agent_id", BigInteger),
    Column("attempt_id", UUID(as_uuid=True)),
    Column("payload", JSONB, nullable=False, server_default=EMPTY_OBJECT),
    Index(None, "campaign_id", "at"),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),  # campaign:3, scheduler, node:a
    Column("owner", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    _at("until"),
)
