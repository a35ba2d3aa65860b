"""Which tenant an installation serves: the one it names; a misspelt name never makes a second one."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.admin.service import NEW_TENANT, create_tenant
from campaigns.db import tables as t
from campaigns.problems import Refused, refuse

SETTING = "PROMISELINE_TENANT"
LONGEST = 100
NAMED = 10
"""So many names a message tells."""


@dataclass(frozen=True, slots=True)
class Tenant:
    id: int
    name: str
    created_at: datetime


async def everyone(conn: AsyncConnection) -> list[Tenant]:
    """In the order in which they were made."""
    c = t.tenant.c
    return [Tenant(*row) for row in await conn.execute(select(c.id, c.name, c.created_at).order_by(c.id))]


async def served(conn: AsyncConnection, *, name: str, now: datetime, settings: Mapping[str, Any] | None = None) -> int:
    """The tenant of this name, with `settings` merged in; a database without any tenant gets it as its first.

    Raises Refused where there are tenants and none of this name.
    """
    known = await _names(conn)
    if name not in known:
        # of two programs that begin at once on an empty database the second one sees what the first made
        await conn.execute(select(func.pg_advisory_xact_lock(NEW_TENANT)))
        known = await _names(conn)
    if known and name not in known:
        raise unknown(name, known)
    return await create_tenant(conn, name=name, now=now, settings=settings)


async def add(conn: AsyncConnection, *, name: str, now: datetime, actor: str) -> int:
    """One more tenant, made on purpose. Raises Refused for a name that is no name, or taken."""
    name = name.strip()
    if not name or len(name) > LONGEST or not name.isprintable():
        raise refuse("name", f"give a name of 1 to {LONGEST} characters, without line breaks")
    await conn.execute(select(func.pg_advisory_xact_lock(NEW_TENANT)))
    if name in await _names(conn):
        raise refuse("name", f"there is a tenant {name} already: {SETTING}={shlex.quote(name)} serves it")
    made = await create_tenant(conn, name=name, now=now)
    await audit.record(
        conn, tenant_id=made, at=now, actor=actor, action="tenant.created", subject=f"tenant:{made}"
    )  # fmt: skip
    return made


def unknown(name: str, known: Sequence[str]) -> Refused:
    """What a name that no tenant has is answered with."""
    some = ", ".join(known[:NAMED]) + (f" and {len(known) - NAMED} more" if len(known) > NAMED else "")
    return refuse(
        SETTING,
        f"there is no tenant {name} in this database; there is {some}. Set {SETTING} (or `tenant` in promiseline.toml)"
        f" to a name that is there, or make a new tenant on purpose: promiseline tenant add {shlex.quote(name)}",
    )


async def _names(conn: AsyncConnection) -> list[str]:
    return [tenant.name for tenant in await everyone(conn)]
