"""The doctor's look at the tenant that the settings name: it is there, or it is the database's first."""

from sqlalchemy.exc import SQLAlchemyError

from campaigns.admin import tenants
from campaigns.db.engine import make_engine
from campaigns.problems import Refused
from dialer.faults import why
from dialer.findings import Finding


async def look_at_tenant(name: str, url: str) -> Finding:
    engine = make_engine(url, pool_size=1)
    try:
        async with engine.connect() as conn:
            known = [tenant.name for tenant in await tenants.everyone(conn)]
    except (SQLAlchemyError, OSError) as problem:
        return Finding("tenant", False, f"cannot be read ({why(problem)})", "Run: promiseline migrate")
    finally:
        await engine.dispose()
    if not known:
        return Finding("tenant", True, f"{name}: the first start makes it")
    if name in known:
        return Finding("tenant", True, f"{name} is served")
    return _finding(tenants.unknown(name, known))


def _finding(refused: Refused) -> Finding:
    says, _, mend = refused.problems[0].message.partition(". ")
    return Finding("tenant", False, says, mend)
