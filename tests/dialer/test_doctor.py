"""The doctor's findings that depend on the date, and a part that hangs."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import tzdata  # type: ignore[import-untyped]

from dialer import doctor
from dialer.settings import Settings
from telephony.clock import ScaledClock

BUILT = doctor.TZDATA_WHEEL_BUILT[tzdata.__version__]


def test_a_fresh_tz_database_is_well_up_to_its_last_day_and_an_old_one_is_not() -> None:
    last = BUILT + timedelta(days=doctor.TZDATA_OLDEST_DAYS)

    assert doctor.tz_database(BUILT).ok
    assert doctor.tz_database(last).ok
    old = doctor.tz_database(last + timedelta(days=1))
    assert not old.ok
    assert old.says == f"{tzdata.IANA_VERSION} is {doctor.TZDATA_OLDEST_DAYS + 1} days old"
    assert "pip install --upgrade tzdata" in old.mend


def test_a_tz_database_of_unknown_age_is_not_taken_for_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "TZDATA_WHEEL_BUILT", {})

    found = doctor.tz_database(BUILT)

    assert not found.ok
    assert "requirements.lock" in found.mend


async def test_the_injected_clock_is_what_everything_is_measured_by(database_url: str, valkey_url: str) -> None:
    ahead = ScaledClock(datetime.now(UTC) + timedelta(days=365))

    findings = {each.part: each for each in await doctor.examine(Settings(), database_url, valkey_url, ahead)}

    assert not findings["clock"].ok and "NTP" in findings["clock"].mend
    assert not findings["tz database"].ok
    assert findings["database"].ok and findings["schema"].ok and findings["redis"].ok


async def test_a_part_that_hangs_is_told_and_holds_up_nobody(
    database_url: str, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "CHECK_WITHIN_S", 1.0)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        findings = await doctor.examine(Settings(), database_url, f"redis://127.0.0.1:{port}/0")

    redis = next(each for each in findings if each.part == "redis")
    assert (redis.ok, redis.says) == (False, "no answer within 1 s")
    assert next(each for each in findings if each.part == "database").ok


@pytest.mark.parametrize(
    ("left", "says"), [((), "none waits"), (("a.json", "b.json"), "2 replies"), (("a.refused",), "refused")]
)
def test_replies_that_could_not_be_stored_are_told(tmp_path: Path, left: tuple[str, ...], says: str) -> None:
    for name in left:
        (tmp_path / name).touch()
    found = doctor.kept_replies(tmp_path)
    assert says in found.says and found.ok is not bool(left) and bool(found.mend) is bool(left)
