"""The doctor's look at the last day's contacts: each that left has the verdict that allowed it."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from campaigns.db.engine import make_engine
from dialer.faults import why
from dialer.findings import Finding

DAY = timedelta(days=1)
NAMED = 3
# by the time in the id: there is no index over all attempts by `at`
_PAST = text("""
SELECT count(*) OVER () AS found, a.id FROM attempt a
WHERE a.id >= CAST(:first AS uuid) AND a.direction = 'out'
    AND NOT EXISTS (SELECT FROM verdict v WHERE v.attempt_id = a.id AND v.decision = 'allow')
ORDER BY a.id LIMIT :named
""")


async def look_at_contacts(url: str, now: datetime) -> Finding:
    """`now` is the wall's: it is what attempts are numbered by."""
    engine = make_engine(url, pool_size=1)
    try:
        async with engine.connect() as conn:
            found = (await conn.execute(_PAST, {"first": first_id(now - DAY), "named": NAMED})).all()
    except (SQLAlchemyError, OSError) as problem:
        return Finding("gate", False, f"the contacts cannot be read ({why(problem)})", "Run: promiseline migrate")
    finally:
        await engine.dispose()
    if not found:
        return Finding("gate", True, "every contact of the last day has the verdict that allowed it")
    says = f"{found[0].found} contacts of the last day have no verdict that allowed them"
    mend = f"Look: promiseline compliance evidence {found[0].id} and: promiseline audit verify"
    return Finding("gate", False, says, mend)


def first_id(at: datetime) -> str:
    """The least UUIDv7 of this instant (RFC 9562, 5.7): 48 bits of milliseconds, then version and variant."""
    milliseconds = int(at.timestamp() * 1000)
    return f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7000-8000-000000000000"
