"""Finds a debtor by what people call them: the creditor's reference, or our own number."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.problems import refuse


async def find_debtor(conn: AsyncConnection, tenant_id: int, name: str) -> int:
    """By the creditor's reference, else by our number. Raises Refused."""
    d = t.debtor.c
    by_reference = select(d.id).where(d.tenant_id == tenant_id, d.external_ref == name).order_by(d.id)
    found = list((await conn.execute(by_reference)).scalars())
    if len(found) > 1:
        numbers = ", ".join(map(str, found))
        raise refuse("debtor", f"several creditors use this reference; give one of the numbers {numbers}")
    if not found and name.isdigit() and len(name) < 19:
        found = list((await conn.execute(select(d.id).where(d.tenant_id == tenant_id, d.id == int(name)))).scalars())
    if not found:
        raise refuse("debtor", "nobody has this reference or number; look it up in the import or on the board")
    return int(found[0])
