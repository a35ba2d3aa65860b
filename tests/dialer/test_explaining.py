"""Why she was not called: each contact point's verdict now, then and later; and nothing is written by asking."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.casefile.lookup import find_debtor
from campaigns.db import tables as t
from campaigns.problems import Refused
from dialer.contact import WantedContact, admit
from dialer.explaining import Explanation, explain
from tests.builders import (
    NOW,
    a_campaign,
    a_contact_point,
    a_creditor,
    a_debtor,
    a_do_not_contact_list,
    a_queue_row,
    a_tenant,
    an_attempt,
)
from tests.dialer.messaging_rig import GATE

pytestmark = pytest.mark.postgres
PHONE = "+12125550142"


class Case:
    def __init__(self, conn: AsyncConnection) -> None:
        self.conn = conn
        self.tenant = self.creditor = self.debtor = 0

    async def make(self) -> "Case":
        self.tenant = await a_tenant(self.conn)
        self.creditor = await a_creditor(self.conn, self.tenant)
        self.debtor = await a_debtor(self.conn, self.tenant, self.creditor, phones=(PHONE,), external_ref="REF-7")
        return self

    async def ask(self, at: datetime = NOW, now: datetime = NOW, **values: Any) -> Explanation:
        return await explain(self.conn, self.debtor, at=at, now=now, gate=GATE, **values)

    async def wish(self, kind: str, at: datetime = NOW, **values: Any) -> None:
        row = {"tenant_id": self.tenant, "debtor_id": self.debtor, "recorded_by": "user:1", "at": at, "kind": kind}
        await self.conn.execute(insert(t.person_request).values(**row, **values))


@pytest.fixture
async def case(conn: AsyncConnection) -> Case:
    return await Case(conn).make()


def by_channel(found: Explanation) -> dict[str, str]:
    return {point.channel: point.decision for point in found.points}


async def test_each_channel_of_each_point_is_answered_and_nothing_is_written(case: Case) -> None:
    await a_contact_point(case.conn, case.tenant, case.debtor, "dana@example.com", "email", position=1)
    found = await case.ask()
    said = by_channel(found)
    assert set(said) == {"voice", "sms", "whatsapp", "email"}
    assert (said["voice"], said["sms"]) == ("allow", "deny")
    (voice,) = [point for point in found.points if point.channel == "voice"]
    assert (voice.kind, voice.ending) == ("mobile", "…0142")
    (mail,) = [point for point in found.points if point.channel == "email"]
    assert mail.ending == "@example.com"
    assert all(reason["source"] and reason["text"] for point in found.points for reason in point.reasons)
    for table in ("attempt", "verdict"):
        assert (await case.conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0  # noqa: S608
    assert PHONE not in str(found.to_json()) and "dana@" not in str(found.to_json())


async def test_it_says_all_reasons_and_when_it_is_possible_again_here_and_there(case: Case) -> None:
    night = NOW.replace(hour=4)
    debts = [row.id for row in await case.conn.execute(text("SELECT id FROM debt"))]
    for hours in range(7):
        at = night - timedelta(days=1, hours=hours)
        await an_attempt(case.conn, case.tenant, case.debtor, at=at, debt_ids=debts)
    (voice,) = (await case.ask(night, night, channel="voice")).points
    assert {reason["code"] for reason in voice.reasons} == {"hours", "frequency.attempts"}
    shown = voice.to_json()
    assert shown["retry_at"] == "2026-03-09T12:00:00Z"
    assert shown["retry_at_local"] == {"America/New_York": "2026-03-09 08:00 -0400"}
    assert shown["tallies"][0]["limit"] == 7


async def test_what_stands_before_the_gate_is_said_too(case: Case) -> None:
    await case.conn.execute(update(t.debtor).values(status="closed"))
    (voice,) = (await case.ask(channel="voice")).points
    assert (voice.decision, voice.because) == ("deny", "Not allowed: the debtor's file is closed.")
    await case.conn.execute(update(t.debtor).values(status="open"))
    await case.conn.execute(update(t.contact_point).values(kind="landline"))
    (texts,) = (await case.ask(channel="sms")).points
    assert texts.contact_point_id is None and "no usable contact point" in texts.because


async def test_the_past_is_asked_with_what_was_recorded_then(case: Case) -> None:
    later = NOW + timedelta(days=2)
    row = {"tenant_id": case.tenant, "address": PHONE, "channel": "voice", "source": "agent"}
    await case.conn.execute(insert(t.opt_out).values(**row, at=NOW + timedelta(hours=1), lifted_at=later))
    await case.wish("attorney", at=NOW + timedelta(days=1), details={"name": "A. Law"})
    codes = {}
    for name, at in {
        "before": NOW,
        "closed": NOW + timedelta(hours=2),
        "both": NOW + timedelta(days=1, hours=1),
        "lifted": later + timedelta(hours=1),
    }.items():
        found = await case.ask(at, NOW + timedelta(days=9), channel="voice")
        codes[name] = {reason["code"] for reason in found.points[0].reasons}
        assert any("not kept" in caveat for caveat in found.caveats)
    assert codes == {"before": set(), "closed": {"opt_out"}, "both": {"opt_out", "attorney"}, "lifted": {"attorney"}}


async def test_a_call_that_had_not_ended_then_was_in_the_way_then(case: Case) -> None:
    await an_attempt(case.conn, case.tenant, case.debtor, at=NOW, ended_at=NOW + timedelta(minutes=5))
    during = await case.ask(NOW + timedelta(minutes=2), NOW + timedelta(days=1), channel="voice")
    after = await case.ask(NOW + timedelta(minutes=6), NOW + timedelta(days=1), channel="voice")
    assert [point.because for point in during.points] == [
        "Not allowed: an outgoing call with this person has not ended."
    ]
    assert after.points[0].decision == "allow"


async def test_an_entry_of_a_list_that_came_later_did_not_count_then(case: Case) -> None:
    house = await a_do_not_contact_list(case.conn, case.tenant)
    row = {"tenant_id": case.tenant, "address": PHONE, "list_id": house, "source": "import"}
    await case.conn.execute(insert(t.do_not_contact).values(**row, at=NOW + timedelta(days=1)))
    now = NOW + timedelta(days=2)
    assert by_channel(await case.ask(NOW, now, channel="voice")) == {"voice": "allow"}
    assert by_channel(await case.ask(now, now, channel="voice")) == {"voice": "deny"}


async def test_the_future_assumes_that_nothing_else_happens(case: Case) -> None:
    debts = [row.id for row in await case.conn.execute(text("SELECT id FROM debt"))]
    live: dict[str, Any] = {"state": "live", "outcome": None, "ended_at": None, "debt_ids": debts}
    await an_attempt(case.conn, case.tenant, case.debtor, at=NOW, **live)
    assert by_channel(await case.ask(channel="voice")) == {"voice": "deny"}
    found = await case.ask(NOW + timedelta(days=8), NOW, channel="voice")
    assert by_channel(found) == {"voice": "allow"} and "nothing else happens" in found.caveats[0]


async def test_what_happened_is_told_most_recent_first_and_the_queues_with_it(case: Case) -> None:
    campaign = await a_campaign(case.conn, case.tenant, case.creditor)
    await a_queue_row(case.conn, case.tenant, campaign, case.debtor, state="suspended", held_because="dispute")
    for hour in (4, 15):
        wanted = WantedContact(case.debtor, "voice", "dialer", campaign_id=campaign)
        await admit(case.conn, [wanted], now=NOW.replace(hour=hour), gate=GATE)
    found = await case.ask()
    assert [(row["verdict"], row["origin"]) for row in found.happened] == [("allow", "dialer"), ("deny", "dialer")]
    assert found.happened[0]["because"].startswith("Allowed by") and "08:00" in found.happened[1]["because"]
    (queue,) = found.queues
    assert (queue["campaign"], queue["row_is"], queue["held_because"]) == (campaign, "suspended", "dispute")
    earlier = await case.ask(NOW.replace(hour=5), NOW)
    assert [row["verdict"] for row in earlier.happened] == ["deny"]


async def test_a_person_is_found_by_reference_or_number(case: Case) -> None:
    assert await find_debtor(case.conn, case.tenant, "REF-7") == case.debtor
    assert await find_debtor(case.conn, case.tenant, str(case.debtor)) == case.debtor
    with pytest.raises(Refused, match="nobody has this reference"):
        await find_debtor(case.conn, case.tenant, "REF-8")
    other = await a_tenant(case.conn, "Other")
    with pytest.raises(Refused, match="nobody"):
        await find_debtor(case.conn, other, "REF-7")
    second = await a_creditor(case.conn, case.tenant)
    await a_debtor(case.conn, case.tenant, second, external_ref="REF-7")
    with pytest.raises(Refused, match="several creditors"):
        await find_debtor(case.conn, case.tenant, "REF-7")
