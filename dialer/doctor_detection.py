"""The doctor's look at machine detection: does it keep a predictive campaign at one call for each free agent?"""

from sqlalchemy.exc import SQLAlchemyError

from campaigns.admin import service as admin
from campaigns.db import migrate
from campaigns.db.engine import make_engine
from dialer.detection_facts import holds
from dialer.findings import Finding
from dialer.settings import Settings
from telephony.clock import Clock

PART = "machine detection"


async def look_at_detection(settings: Settings, database_url: str, clock: Clock) -> list[Finding]:
    """Nothing where the database cannot be asked (another finding says so), or no campaign dials by it."""
    engine = make_engine(database_url, pool_size=1)
    try:
        if not (await migrate.state(engine)).up_to_date:
            return []
        async with engine.connect() as conn:
            tenant_id = await admin.tenant_named(conn, settings.tenant)
            if tenant_id is None:
                return []
            running = [one for one in await admin.everything(conn, tenant_id) if one.state == "running"]
            names = {one.id: one.name for one in running}
            found = await holds(conn, tenant_id, running, settings.abandonment.policy(), clock.now())
    except (SQLAlchemyError, OSError):
        return []
    finally:
        await engine.dispose()
    if not found:
        return []
    kept = [(names[campaign_id], hold) for campaign_id, hold in found.items() if hold is not None]
    if not kept:
        return [Finding(PART, True, f"{len(found)} predictive campaigns, none kept at one call for each free agent")]
    return [
        Finding(f"{PART}, {name}", False, f"one call for each free agent: {hold.says}", _capital(hold.mend))
        for name, hold in kept
    ]


def _capital(clause: str) -> str:
    return clause[0].upper() + clause[1:]
