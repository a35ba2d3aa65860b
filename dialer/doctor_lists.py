"""The doctor's look at the do-not-contact lists: each can be opened here, and none is overdue."""

from sqlalchemy.exc import SQLAlchemyError

from campaigns.admin import service as admin
from campaigns.db import migrate
from campaigns.db.engine import make_engine
from campaigns.lists import service as lists
from dialer.findings import Finding
from dialer.number_shelf import LISTS, NumberShelf, Trouble
from dialer.settings import Settings
from telephony.clock import Clock


async def look_at_lists(settings: Settings, database_url: str, clock: Clock) -> list[Finding]:
    """Nothing where the database cannot be asked: another finding says so."""
    engine = make_engine(database_url, pool_size=2)
    shelf = NumberShelf(engine, settings.data_dir / LISTS, clock)
    try:
        if not (await migrate.state(engine)).up_to_date:
            return []
        async with engine.connect() as conn:
            tenant_id = await admin.tenant_named(conn, settings.tenant)
            if tenant_id is None:
                return []
            found = [one for one in await lists.everything(conn, tenant_id) if one.ended_at is None]
        troubles = await shelf.look(tenant_id, clock.now())
    except (SQLAlchemyError, OSError):
        return []
    finally:
        await shelf.close()
        await engine.dispose()
    if troubles:
        return [_finding(trouble) for trouble in troubles]
    entries = sum(one.entries for one in found)
    return [Finding("lists", True, f"{len(found)} do-not-contact lists, {entries:,} entries")]


def _finding(trouble: Trouble) -> Finding:
    says = f"{trouble.name} {trouble.words}" + (": nobody is contacted" if trouble.denies else "")
    mend = f"Import its newest version: promiseline lists import {trouble.name!r} FILE --replace; or end it."
    return Finding(f"list {trouble.name}", False, says, mend)
