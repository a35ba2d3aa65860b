"""Ends e-mails to an address by the token of one that was sent there: found, and closed before anything is answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import tables as t
from campaigns.requests.closing import close
from dialer.once_more import once_more
from telephony.clock import Clock

log = structlog.get_logger()
SOURCE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose e-mail the token is of: `language` as it was sent, `business_name` as the tenant has it, or empty."""

    language: str
    business_name: str


class Unsubscribing:
    """For the web role. A token says nothing of the person, and whoever has it can do this one thing alone."""

    def __init__(self, engine: AsyncEngine, tenant_id: int, clock: Clock) -> None:
        self._engine = engine
        self._tenant_id = tenant_id
        self._clock = clock

    async def find(self, token: str) -> Asked | None:
        """None: no e-mail of ours carries this token, or its person was erased."""
        async with self._engine.connect() as conn:
            found = await _row(conn, self._tenant_id, token, lock=False)
        return None if found is None else _asked(found)

    async def stop(self, token: str) -> Asked | None:
        """Close the address for e-mails, committed on return; the second time changes nothing. None as in `find`."""
        return await once_more(lambda: self._stop(token), "unsubscribe")

    async def _stop(self, token: str) -> Asked | None:
        async with self._engine.begin() as conn:
            return await stop_in(conn, self._tenant_id, token, self._clock.now())


async def stop_in(conn: AsyncConnection, tenant_id: int, token: str, now: datetime) -> Asked | None:
    """The same as `Unsubscribing.stop`, in the caller's transaction."""
    found = await _row(conn, tenant_id, token, lock=True)
    if found is None:
        return None
    if not await _is_closed(conn, tenant_id, found.address):
        await close(
            conn,
            tenant_id=tenant_id,
            address=found.address,
            channel="email",
            scopes={"medium"},  # 12 CFR 1006.6(e): to that address
            at=now,
            source=SOURCE,
            evidence=str(found.id),
            here_only=True,
        )
        log.info("unsubscribe.done", message_id=str(found.id))
    return _asked(found)


async def _row(conn: AsyncConnection, tenant_id: int, token: str, *, lock: bool) -> Row[*tuple[Any, ...]] | None:
    m, p = t.message.c, t.contact_point.c
    query = (
        select(m.id, m.language, p.address, t.tenant.c.settings)
        .join_from(t.message, t.contact_point, p.id == m.contact_point_id)
        .join(t.tenant, t.tenant.c.id == m.tenant_id)
        .where(m.unsubscribe_token == token, m.tenant_id == tenant_id)
    )
    # two clicks at once: the second waits and finds it done
    locked = query.with_for_update(of=t.message, key_share=True)
    return (await conn.execute(locked if lock else query)).one_or_none()


async def _is_closed(conn: AsyncConnection, tenant_id: int, address: str) -> bool:
    o = t.opt_out.c
    mine = (o.tenant_id == tenant_id) & (o.address == address) & o.lifted_at.is_(None)
    found = await conn.execute(select(o.id).where(mine, o.channel.in_(("email", "all"))).limit(1))
    return found.one_or_none() is not None


def _asked(found: Row[*tuple[Any, ...]]) -> Asked:
    return Asked(found.language, str((found.settings or {}).get("business_name") or ""))
