"""One leader at a time; the fence grows with each new one."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.leases import drop_all, take
from tests.builders import NOW

pytestmark = pytest.mark.postgres


async def test_a_held_lease_is_renewed_by_its_owner_and_refused_to_others(conn: AsyncConnection) -> None:
    assert await take(conn, "campaign:1", "a", lease_s=30, now=NOW) == 1
    assert await take(conn, "campaign:1", "a", lease_s=30, now=NOW + timedelta(seconds=10)) == 1
    assert await take(conn, "campaign:1", "b", lease_s=30, now=NOW + timedelta(seconds=20)) is None


async def test_a_lease_that_ran_out_goes_to_another_with_a_higher_fence(conn: AsyncConnection) -> None:
    await take(conn, "campaign:1", "a", lease_s=30, now=NOW)
    assert await take(conn, "campaign:1", "b", lease_s=30, now=NOW + timedelta(seconds=31)) == 2
    assert await take(conn, "campaign:1", "a", lease_s=30, now=NOW + timedelta(seconds=32)) is None


async def test_an_orderly_stop_lets_others_lead_at_once(conn: AsyncConnection) -> None:
    await take(conn, "campaign:1", "a", lease_s=30, now=NOW)
    await drop_all(conn, "a", NOW + timedelta(seconds=1))
    assert await take(conn, "campaign:1", "b", lease_s=30, now=NOW + timedelta(seconds=1)) == 2
