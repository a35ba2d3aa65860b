"""An agent records wishes during a call: stored, seen in the file, queue held or gate tightened, tone told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.dialer.floor_rig import PERSON, Rig, floor_rig

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


async def talking(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await rig.press("identify", result="right_party", checks=["postal_code"])


async def test_hardship_is_recorded_with_its_review_and_the_agent_is_told_the_tone(rig: Rig) -> None:
    await talking(rig)
    assert rig.console()["file"]["tone"] is None
    said = [(one["when"], one["text"]) for one in rig.console()["file"]["say"]]
    assert said[0][0] == "first" and "attempt to collect a debt" in said[0][1]
    assert said[1] == ("every", "This call is from a debt collector.")
    assert (await rig.press("wish", kind="hardship")).error_code is None
    file = rig.console()["file"]
    assert [wish["kind"] for wish in file["wishes"]] == ["hardship"] and file["wishes"][0]["review_on"]
    assert "ask for no payment today" in file["tone"]["en"]
    sms = next(entry for entry in file["may_contact"] if entry["channel"] == "sms")
    assert not sms["allowed"]
    async with rig.engine.connect() as conn:
        row = (await conn.execute(text("SELECT kind, recorded_by, details ->> 'attempt' FROM person_request"))).one()
        audit = await conn.execute(text("SELECT count(*) FROM audit WHERE action = 'request.hardship'"))
        assert audit.scalar_one() == 1
    assert row[0] == "hardship" and row[1].startswith("user:") and row[2] == rig.console()["call"]["attempt_id"]


async def test_each_wish_needs_its_details_and_is_refused_in_words_without_them(rig: Rig) -> None:
    await talking(rig)
    assert (await rig.press("wish", kind="whim")).field == "kind"
    assert (await rig.press("wish", kind="inconvenient_time")).field == "deny"
    assert (await rig.press("wish", kind="inconvenient_place", place="moon")).field == "place"
    assert (await rig.press("wish", kind="hardship", review_on="soon")).field == "review_on"
    refused = {"deny": [{"weekdays": ["mon", "tue"], "from": "09:00", "to": "17:00"}], "until": "2027-01-31"}
    wishes: dict[str, dict[str, Any]] = {
        "inconvenient_time": refused,
        "inconvenient_place": {"place": "work"},
        "attorney": {"name": "R. Doe"},
        "cease_all": {"form": "written"},
        "dispute": {"form": "oral"},
        "bankruptcy": {},
        "breathing_space": {},
        "third_party_reported": {},
    }
    for kind, details in wishes.items():
        assert (await rig.press("wish", kind=kind, **details)).error_code is None, kind
    assert len(rig.console()["file"]["wishes"]) == 8
    voice = next(entry for entry in rig.console()["file"]["may_contact"] if entry["channel"] == "voice")
    assert not voice["allowed"] and voice["because"] != "what is stored contradicts itself"
