"""Puts small things into the database and returns their ids, so that a test says only what matters to it."""

import itertools
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import uuid_utils
from sqlalchemy import Table, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.model import CampaignSettings
from compliance.rulebooks.spec import SWITCHES

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)  # a Wednesday, 10:00 in New York
_numbers = itertools.count(1)


def next_number() -> int:
    return next(_numbers)


def uuid7() -> uuid.UUID:
    return uuid.UUID(int=uuid_utils.uuid7().int)


async def _insert(conn: AsyncConnection, table: Table, **values: Any) -> Any:
    done = await conn.execute(insert(table).values(**values).returning(table.c.id))
    return done.scalar_one()


async def a_tenant(conn: AsyncConnection, name: str = "Test agency", **values: Any) -> int:
    """A tenant with every channel switched on."""
    defaults = {"name": name, "created_at": NOW, "settings": {"switches": list(SWITCHES)}}
    return int(await _insert(conn, t.tenant, **{**defaults, **values}))


async def a_user(conn: AsyncConnection, tenant: int, role: str = "agent", **values: Any) -> int:
    """A user whose password nobody knows; use campaigns.users for one that can log in."""
    n = next_number()
    defaults = {
        "tenant_id": tenant,
        "login": f"{role}{n}",
        "display_name": f"{role.title()} {n}",
        "role": role,
        "password_hash": "!",
        "created_at": NOW,
    }
    return int(await _insert(conn, t.app_user, **{**defaults, **values}))


async def a_creditor(conn: AsyncConnection, tenant: int, **values: Any) -> int:
    n = next_number()
    defaults = {"tenant_id": tenant, "name": f"Northwind Bank {n}", "phone_e164": "+12125550100", "created_at": NOW}
    return int(await _insert(conn, t.creditor, **{**defaults, **values}))


async def a_window_group(
    conn: AsyncConnection, zones: Sequence[str] = ("America/New_York",), rulebooks: Sequence[str] = ("us-federal",)
) -> int:
    """The id of this group, made when it is not there yet."""
    values = {"zones": list(zones), "rulebooks": list(rulebooks)}
    await conn.execute(upsert(t.window_group).values(**values).on_conflict_do_nothing())
    found = await conn.execute(
        select(t.window_group.c.id).where(
            t.window_group.c.zones == values["zones"], t.window_group.c.rulebooks == values["rulebooks"]
        )
    )
    return int(found.scalar_one())


async def a_debtor(
    conn: AsyncConnection,
    tenant: int,
    creditor: int,
    *,
    phones: Sequence[str] | None = None,
    balances: Sequence[int] = (125_000,),
    currency: str = "USD",
    country: str = "US",
    region: str | None = "NY",
    timezone: str = "America/New_York",
    window_group_id: int | None = -1,
    due: date | None = None,
    **values: Any,
) -> int:
    """A debtor with an address, mobile numbers and an open debt for each balance; -1: the window group of New York."""
    n = next_number()
    if window_group_id == -1:
        window_group_id = await a_window_group(conn)
    defaults = {
        "tenant_id": tenant,
        "creditor_id": creditor,
        "external_ref": f"D{n}",
        "given_name": "Dana",
        "family_name": f"Doe{n}",
        "language": "en",
        "window_group_id": window_group_id,
        "created_at": NOW,
    }
    debtor = int(await _insert(conn, t.debtor, **{**defaults, **values}))
    await _insert(
        conn, t.address, tenant_id=tenant, debtor_id=debtor, country=country, region=region, city="Springfield",
        postal_code="10001", timezone=timezone,
    )  # fmt: skip
    for position, phone in enumerate(phones if phones is not None else (f"+1212555{n % 10_000:04d}",)):
        await a_contact_point(conn, tenant, debtor, phone, position=position)
    for balance in balances:
        await a_debt(conn, tenant, debtor, creditor, balance_minor=balance, currency=currency, due=due)
    return debtor


async def a_contact_point(
    conn: AsyncConnection, tenant: int, debtor: int, address: str, kind: str = "mobile", **values: Any
) -> int:
    defaults = {"tenant_id": tenant, "debtor_id": debtor, "kind": kind, "address": address}
    return int(await _insert(conn, t.contact_point, **{**defaults, **values}))


async def a_debt(
    conn: AsyncConnection, tenant: int, debtor: int, creditor: int, *, due: date | None = None, **values: Any
) -> int:
    defaults = {
        "tenant_id": tenant,
        "debtor_id": debtor,
        "creditor_id": creditor,
        "external_ref": f"L-{next_number():05d}",
        "balance_minor": 125_000,
        "currency": "USD",
        "due_date": due or (NOW - timedelta(days=95)).date(),
    }
    merged = {**defaults, **values}
    merged.setdefault("principal_minor", merged["balance_minor"])
    return int(await _insert(conn, t.debt, **merged))


async def a_campaign(
    conn: AsyncConnection,
    tenant: int,
    creditor: int,
    *,
    settings: CampaignSettings | None = None,
    agents: Sequence[int] = (),
    **values: Any,
) -> int:
    made = settings or CampaignSettings(caller_id="+12125550100")
    defaults = {
        "tenant_id": tenant,
        "creditor_id": creditor,
        "name": f"Campaign {next_number()}",
        "settings": made.model_dump(mode="json"),
        "created_at": NOW,
    }
    campaign = int(await _insert(conn, t.campaign, **{**defaults, **values}))
    for user in agents:
        await conn.execute(insert(t.campaign_agent).values(campaign_id=campaign, user_id=user))
    return campaign


async def a_do_not_contact_list(
    conn: AsyncConnection, tenant: int, *entries: str, entry_kind: str = "exact", **values: Any
) -> int:
    """A list for everybody with these addresses (or prefixes) on it, unless told otherwise."""
    defaults = {
        "tenant_id": tenant, "name": f"List {next_number()}", "kind": "entries", "scope": "global", "created_at": NOW,
        "created_by": "user:1",
    }  # fmt: skip
    made = int(await _insert(conn, t.do_not_contact_list, **{**defaults, **values}))
    row = {"tenant_id": tenant, "list_id": made, "kind": entry_kind, "source": "import", "at": NOW}
    for address in entries:
        await conn.execute(insert(t.do_not_contact).values(**row, address=address))
    return made


async def a_queue_row(conn: AsyncConnection, tenant: int, campaign: int, debtor: int, **values: Any) -> None:
    defaults = {
        "tenant_id": tenant,
        "campaign_id": campaign,
        "debtor_id": debtor,
        "state": "ready",
        "window_group_id": values.pop("window_group_id", None) or await a_window_group(conn),
        "score": 50_000,
        "callable_from": NOW,
    }
    await conn.execute(insert(t.queue_row).values(**{**defaults, **values}))


async def an_attempt(
    conn: AsyncConnection,
    tenant: int,
    debtor: int,
    *,
    contact_point: int | None = None,
    at: datetime = NOW,
    **values: Any,
) -> uuid.UUID:
    """An ended voice attempt without answer, unless told otherwise."""
    if contact_point is None:
        found = await conn.execute(
            select(t.contact_point.c.id).where(t.contact_point.c.debtor_id == debtor).order_by("position").limit(1)
        )
        contact_point = int(found.scalar_one())
    defaults = {
        "id": uuid7(),
        "tenant_id": tenant,
        "debtor_id": debtor,
        "contact_point_id": contact_point,
        "debt_ids": [],
        "channel": "voice",
        "origin": "dialer",
        "at": at,
        "state": "ended",
        "ended_at": at + timedelta(seconds=30),
        "outcome": "no_answer",
    }
    found_id = await _insert(conn, t.attempt, **{**defaults, **values})
    return uuid.UUID(str(found_id))


async def a_promise(conn: AsyncConnection, tenant: int, debtor: int, **values: Any) -> int:
    """A pending promise on the debtor's first debt, due in a week."""
    debt = values.pop("debt_id", None)
    if debt is None:
        found = await conn.execute(select(t.debt.c.id).where(t.debt.c.debtor_id == debtor).order_by("id").limit(1))
        debt = int(found.scalar_one())
    defaults = {
        "tenant_id": tenant,
        "debtor_id": debtor,
        "debt_id": debt,
        "amount_minor": 5_000,
        "currency": "USD",
        "due_date": (NOW + timedelta(days=7)).date(),
        "command_id": f"cmd-{next_number()}",
        "created_at": NOW,
    }
    return int(await _insert(conn, t.promise, **{**defaults, **values}))


async def a_message(conn: AsyncConnection, tenant: int, debtor: int, **values: Any) -> uuid.UUID:
    """A queued text to the debtor's first number."""
    point = values.pop("contact_point_id", None)
    if point is None:
        found = await conn.execute(
            select(t.contact_point.c.id).where(t.contact_point.c.debtor_id == debtor).order_by("position").limit(1)
        )
        point = int(found.scalar_one())
    defaults = {
        "id": uuid7(),
        "tenant_id": tenant,
        "dedupe_key": f"m{next_number():08d}",
        "debtor_id": debtor,
        "contact_point_id": point,
        "channel": "sms",
        "origin": "message_step",
        "template": "missed_call",
        "language": "en",
        "state": "queued",
        "not_before": NOW,
        "created_at": NOW,
    }
    return uuid.UUID(str(await _insert(conn, t.message, **{**defaults, **values})))
