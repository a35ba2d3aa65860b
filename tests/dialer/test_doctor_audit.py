"""The doctor tells how far the audit trail's sealing and signing are behind, and how to mend it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer import doctor
from dialer.findings import Finding
from tests.builders import NOW
from tests.campaigns.audit.shelf import Shelf, opened

pytestmark = pytest.mark.postgres


@pytest.fixture
async def shelf(engine: AsyncEngine) -> AsyncIterator[Shelf]:
    async with opened(engine) as made:
        yield made


async def test_what_is_behind_is_told_from_the_limit_on(shelf: Shelf, database_url: str) -> None:
    async def says(**later: float) -> Finding:
        return await doctor.audit_trail(database_url, NOW + timedelta(**later))

    assert (await says()).ok
    await shelf.record(2)
    await shelf.verdicts(1)
    assert (await says(minutes=15)).ok
    waits = await says(minutes=15, seconds=1)
    assert (
        not waits.ok and waits.says == "2 rows and 1 verdicts wait to be sealed, the oldest since 2026-03-04 15:00 UTC"
    )
    assert "promiseline audit seal" in waits.mend and "scheduler" in waits.mend

    await shelf.seal(sign=False)
    unsigned = await says()
    assert not unsigned.ok and unsigned.says == "no signed checkpoint for two hours: there is none"
    await shelf.seal()
    assert (await says(hours=2)).ok
    old = await says(hours=2, seconds=1)
    assert not old.ok and "the last is of 2026-03-04 15:00 UTC" in old.says and "promiseline audit seal" in old.mend
