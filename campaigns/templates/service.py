"""Templates in the database: the tenant's texts by name, channel and language, filled for the people they go to."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.db import tables as t
from campaigns.problems import Problem, Refused
from campaigns.templates.defaults import CHANNELS, DEFAULTS, MAILS
from campaigns.templates.model import (
    UNSUBSCRIBE,
    Text,
    amount_text,
    check_text,
    date_text,
    fill,
    plain_name,
    variables,
)

FALLBACK = "en"

PEOPLE = text("""
SELECT d.id, d.given_name, d.family_name, d.language, c.name, c.phone_e164, t.settings,
       owed.reference, owed.due_date, owed.currency, owed.balance
FROM debtor d JOIN creditor c ON c.id = d.creditor_id JOIN tenant t ON t.id = d.tenant_id
LEFT JOIN LATERAL (
    SELECT external_ref AS reference, due_date, currency,
           (SELECT sum(balance_minor) FROM debt
            WHERE debtor_id = d.id AND status = 'open' AND currency = first.currency) AS balance
    FROM debt AS first WHERE debtor_id = d.id AND status = 'open' ORDER BY due_date, id LIMIT 1
) AS owed ON true
WHERE d.id = ANY(CAST(:ids AS bigint[]))
""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One text to be made; `key` is the caller's own. An e-mail needs its own `unsubscribe_url`."""

    key: Hashable
    tenant_id: int
    debtor_id: int
    template: str
    channel: str
    language: str
    unsubscribe_url: str = ""


async def install_defaults(conn: AsyncConnection, tenant_id: int) -> int:
    """Give the tenant the default texts that it lacks; how many."""
    rows = [
        {"tenant_id": tenant_id, "name": name, "channel": channel, "language": language, "subject": None, "body": body}
        for name, bodies in DEFAULTS.items()
        for channel in CHANNELS
        if channel != "email"
        for language, body in bodies.items()
    ]
    mails = [
        {
            "tenant_id": tenant_id,
            "name": name,
            "channel": "email",
            "language": language,
            "subject": subject,
            "body": body,
        }
        for name, letters in MAILS.items()
        for language, (subject, body) in letters.items()
    ]
    made = insert(t.template).values(rows + mails).on_conflict_do_nothing().returning(t.template.c.id)
    return len((await conn.execute(made)).all())


async def save(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    name: str,
    channel: str,
    language: str,
    body: str,
    now: datetime,
    actor: str,
    subject: str = "",
) -> int:
    """Write one template, over the one of the same name, channel and language; its id. Raises Refused."""
    problems = check_text(Text(body, subject), channel)
    if channel not in CHANNELS:
        problems.append(Problem("channel", f"there is no channel {channel!r}: choose {', '.join(CHANNELS)}"))
    if not name.replace("_", "").isalnum() or not name.isascii():
        problems.append(Problem("name", "use letters, digits and _ for the name"))
    if problems:
        raise Refused(*problems)
    row = {"tenant_id": tenant_id, "name": name, "channel": channel, "language": language}
    written = {"subject": subject or None, "body": body}
    made = insert(t.template).values(**row, **written)
    keys = ["tenant_id", "name", "channel", "language"]
    done = await conn.execute(made.on_conflict_do_update(index_elements=keys, set_=written).returning(t.template.c.id))
    template_id = int(done.scalar_one())
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action="template.saved", subject=f"template:{template_id}",
        detail={"name": name, "channel": channel, "language": language},
    )  # fmt: skip
    return template_id


async def texts_of(conn: AsyncConnection, tenant_id: int) -> dict[tuple[str, str], dict[str, Text]]:
    """All templates of the tenant: by (name, channel), then by language."""
    c = t.template.c
    found: dict[tuple[str, str], dict[str, Text]] = {}
    for name, channel, language, body, subject in await conn.execute(
        select(c.name, c.channel, c.language, c.body, c.subject).where(c.tenant_id == tenant_id)
    ):
        found.setdefault((name, channel), {})[language] = Text(body, subject or "")
    return found


async def render(conn: AsyncConnection, wanted: Sequence[Wanted]) -> dict[Hashable, Text | Problem]:
    """Each text by its key, in the person's language (else its base language, else English), or why there is none."""
    texts = {tenant: await texts_of(conn, tenant) for tenant in {one.tenant_id for one in wanted}}
    people = {
        int(row.id): row for row in await conn.execute(PEOPLE, {"ids": list({one.debtor_id for one in wanted})})
    }  # fmt: skip
    return {one.key: _one(one, texts[one.tenant_id], people.get(one.debtor_id)) for one in wanted}


def _one(wanted: Wanted, texts: dict[tuple[str, str], dict[str, Text]], person: Any) -> Text | Problem:
    known = texts.get((wanted.template, wanted.channel), {})
    language = next((tag for tag in (wanted.language, wanted.language.split("-")[0], FALLBACK) if tag in known), None)
    if language is None:
        tags = f"{wanted.language} or {FALLBACK}"
        return Problem("template", f"there is no template {wanted.template} for {wanted.channel} in {tags}: write one")
    if person is None:
        return Problem("debtor_id", "the person is gone")
    written = known[language]
    wrong = check_text(written, wanted.channel)
    if wrong:
        return wrong[0]
    values = _values(person, language)
    if wanted.unsubscribe_url:
        values[UNSUBSCRIBE] = wanted.unsubscribe_url
    missing = [name for name in variables(written.subject + written.body) if name not in values]
    if missing:
        return Problem(
            "template", f"template {wanted.template}: no value for {', '.join(missing)}; {_mend(missing[0])}"
        )
    return Text(fill(written.body, values), " ".join(fill(written.subject, values).split()))


def _mend(variable: str) -> str:
    if variable.startswith("business_"):
        return f"set {variable} in the tenant's settings"
    if variable == UNSUBSCRIBE:
        return "this e-mail has no address to unsubscribe at"
    if variable == "creditor_phone":
        return "set the creditor's phone"
    return "the person has no open debt"


def _values(person: Any, language: str) -> dict[str, str]:
    settings = person.settings or {}
    values = {
        "given_name": plain_name(person.given_name),
        "family_name": plain_name(person.family_name),
        "creditor": person.name,
        "creditor_phone": person.phone_e164,
        "business_name": settings.get("business_name"),
        "business_phone": settings.get("business_phone"),
    }
    if person.reference is not None:
        values |= {
            "amount": amount_text(int(person.balance), person.currency, language),
            "currency": person.currency,
            "due_date": date_text(person.due_date, language),
            "reference": person.reference,
        }
    return {name: value for name, value in values.items() if value}
