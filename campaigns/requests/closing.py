"""What a person's words close, and what their START opens again: this number, texts, calls, e-mail, or everything."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.requests.service import Channel, lift_opt_out, record_opt_out, record_request

# medium: the channel the words came by, at this address; number: every channel at this address
Scope = Literal["medium", "texts", "calls", "email", "number", "everything"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
# what a person closed in their own words; never what the house, a list, a letter or the provider closed
OWN_WORDS = frozenset({"sms_reply", "whatsapp_reply", "email_reply", "portal", "agent", "unsubscribe"})


async def close(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    address: str,
    channel: Channel,
    scopes: Collection[Scope],
    at: datetime,
    source: str,
    evidence: str = "",
    actor: str = "system",
    here_only: bool = False,
) -> int:
    """Close what the person asked for, for everybody who has the address; how many addresses and channels.

    `channel` is the one the words came by. `here_only`: calls or texts to this number, and no other number of theirs.
    """
    holders = await _holders(conn, tenant_id, address)
    points = [] if here_only else await _points(conn, holders)
    wanted = {(address, channel)} if "medium" in scopes else set()
    phone = "@" not in address
    if "number" in scopes or "everything" in scopes:
        wanted.add((address, "all"))
    if "everything" in scopes:
        wanted |= {(other, "all") for other, _ in points}
    if "texts" in scopes:
        wanted |= {(other, "sms") for other, kind in points if kind != "email"}
        wanted |= {(address, "sms"), (address, channel)} if phone else set()
    if "email" in scopes:
        wanted |= {(other, "email") for other, kind in points if kind == "email"}
        wanted |= set() if phone else {(address, "email")}
    if "calls" in scopes and phone:
        wanted.add((address, "voice"))
    closed = {other for other, what in wanted if what == "all"}
    chosen = sorted((other, what) for other, what in wanted if what == "all" or other not in closed)
    for other, what in chosen:
        await record_opt_out(
            conn, tenant_id=tenant_id, address=other, channel=what, at=at, source=source, evidence=evidence,
            actor=actor, debtor_id=holders[0] if holders else None,
        )  # fmt: skip
    if "calls" in scopes and not here_only:
        # "stop calling" closes calls on every number, also on one that we learn later: comment 14(h)(1)-3
        for holder in holders:
            await record_request(
                conn, tenant_id=tenant_id, debtor_id=holder, kind="stop_calling", at=at, recorded_by=actor
            )  # fmt: skip
    return len(chosen)


async def restore(
    conn: AsyncConnection, *, tenant_id: int, address: str, now: datetime, source: str, evidence: str, actor: str
) -> int:
    """A START: written messages to this address, where the person had closed them; calls stay as they are.

    How many opt-outs ended. Cease, attorney, do-not-contact lists and the provider's block are not theirs to lift here.
    """
    lifted = 0
    channels: tuple[Channel, ...] = ("email",) if "@" in address else ("sms", "whatsapp")
    theirs = {"tenant_id": tenant_id, "address": address, "now": now, "actor": actor, "sources": OWN_WORDS}
    for channel in channels:
        lifted += await lift_opt_out(conn, channel=channel, **theirs)  # type: ignore[arg-type]
    whole = await lift_opt_out(conn, channel="all", **theirs)  # type: ignore[arg-type]
    if whole and "@" not in address:
        await record_opt_out(
            conn, tenant_id=tenant_id, address=address, channel="voice", at=now, source=source, evidence=evidence,
            actor=actor,
        )  # fmt: skip
    return lifted + whole


async def _holders(conn: AsyncConnection, tenant_id: int, address: str) -> list[int]:
    p = t.contact_point.c
    query = select(p.debtor_id).where(p.tenant_id == tenant_id, p.address == address).distinct().order_by(p.debtor_id)
    return [int(id_) for id_ in (await conn.execute(query)).scalars()]


async def _points(conn: AsyncConnection, holders: list[int]) -> list[tuple[str, str]]:
    p = t.contact_point.c
    found = await conn.execute(select(p.address, p.kind).where(p.debtor_id.in_(holders)))
    return [(row[0], row[1]) for row in found.all()]
