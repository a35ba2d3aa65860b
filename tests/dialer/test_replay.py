"""Replay: the same rulebooks give the same verdicts, and changed ones show what they would change."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from compliance.rulebooks.loader import load_rulebooks, parse_rulebook
from compliance.rulebooks.model import Rulebooks
from dialer import replay
from dialer.contact import WantedContact, admit
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, a_tenant
from tests.dialer.messaging_rig import GATE

pytestmark = pytest.mark.postgres
FEDERAL = Path(__file__).parents[2] / "compliance" / "rulebooks" / "us-federal.toml"


def narrower() -> Rulebooks:
    """The federal rulebook with calls from 11 to 18 only."""
    source = FEDERAL.read_text(encoding="utf-8")
    assert '["08:00", "21:00"]' in source
    book = parse_rulebook(source.replace('["08:00", "21:00"]', '["11:00", "18:00"]'), "new.toml")
    return replay.changed(load_rulebooks(), [Rulebooks({book.id: book})])


async def verdicts(conn: AsyncConnection) -> tuple[int, int]:
    """A tenant with verdicts of every kind: hours, caps, opt-outs, consent, refused wishes, broken rows; a campaign."""
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    campaign = await a_campaign(conn, tenant, creditor)
    for n in range(6):
        debtor = await a_debtor(conn, tenant, creditor)
        row: dict[str, Any] = {"tenant_id": tenant, "debtor_id": debtor, "recorded_by": "user:1", "at": NOW}
        if n == 1:
            details = {"deny": [{"weekdays": ["wed"], "from": "09:00", "to": "12:00"}], "until": "2026-04-01"}
            await conn.execute(insert(t.person_request).values(**row, kind="inconvenient_time", details=details))
        if n == 2:
            expires = (NOW + timedelta(days=1)).isoformat()
            details = {"debts": [], "expires": expires}
            await conn.execute(insert(t.person_request).values(**row, kind="callback_consent", details=details))
        if n == 3:
            await conn.execute(text("UPDATE debtor SET status = 'deceased' WHERE id = :id"), {"id": debtor})
        if n == 4:
            await conn.execute(text("UPDATE debtor SET own_timezone = 'Asia/Tokyo' WHERE id = :id"), {"id": debtor})
        if n == 5:
            await conn.execute(text("UPDATE debtor SET status = 'closed' WHERE id = :id"), {"id": debtor})
        for hours in (0, 1, 5, 12):
            for channel in ("voice", "sms"):
                wanted = WantedContact(debtor, channel, "agent", campaign_id=campaign)
                await admit(conn, [wanted], now=NOW + timedelta(hours=hours), gate=GATE)
                await conn.execute(text("UPDATE attempt SET state = 'ended', outcome = 'no_answer'"))
    return tenant, campaign


async def test_with_the_same_rulebooks_every_verdict_comes_out_the_same(conn: AsyncConnection) -> None:
    """The gate is a function of what is stored: reasons, retry_at and flags are the same again."""
    tenant, _ = await verdicts(conn)
    seen: list[int] = []
    report = await replay.replay(
        conn, tenant, NOW, load_rulebooks(), exactly=True, progress=lambda: seen.append(len(seen))
    )
    total = await replay.count(conn, tenant, NOW)
    assert (report.asked, report.not_the_gates, report.unreadable) == (40, 8, 0)
    assert report.changes.total() == 0 and len(seen) == total == 48


async def test_a_verdict_that_does_not_come_out_the_same_is_found(conn: AsyncConnection) -> None:
    """The check above can fail: one stored verdict is falsified."""
    tenant, _ = await verdicts(conn)
    await conn.execute(text("ALTER TABLE verdict DISABLE TRIGGER USER"))  # stored verdicts do not change otherwise
    await conn.execute(
        text(
            "UPDATE verdict SET retry_at = retry_at + interval '1 minute' WHERE id ="
            " (SELECT id FROM verdict WHERE retry_at IS NOT NULL AND inputs ? 'facts' LIMIT 1)"
        )
    )
    report = await replay.replay(conn, tenant, NOW, load_rulebooks(), exactly=True)
    assert report.changes == {"other_reasons": 1}


async def test_narrower_hours_are_counted_by_rule_campaign_and_channel(conn: AsyncConnection) -> None:
    tenant, campaign = await verdicts(conn)
    found = (await replay.replay(conn, tenant, NOW, narrower())).to_json()
    # at 15:00 UTC it is 10:00 in New York: allowed until now
    assert found["would_be_denied"] > 0 and found["would_be_allowed"] == 0
    changed = found["would_be_denied"]
    assert {"change": "would_be_denied", "rule": "us-federal.hours", "contacts": changed} in found["by_rule"]
    assert {"change": "would_be_denied", "campaign": campaign, "contacts": changed} in found["by_campaign"]
    assert {"change": "would_be_denied", "channel": "voice", "contacts": changed} in found["by_channel"]
    assert 0 < len(found["examples"]["would_be_denied"]) <= replay.EXAMPLES
    assert found["asked"] == found["unchanged"] + changed + found["other_reasons"]


async def test_wider_hours_are_the_reverse(conn: AsyncConnection) -> None:
    tenant, _ = await verdicts(conn)
    book = parse_rulebook(FEDERAL.read_text().replace('["08:00", "21:00"]', '["00:00", "24:00"]'), "new.toml")
    books = replay.changed(load_rulebooks(), [Rulebooks({book.id: book})])
    found = (await replay.replay(conn, tenant, NOW, books)).to_json()
    assert found["would_be_allowed"] > 0 and found["would_be_denied"] == 0
    assert found["by_rule"][0]["rule"] == "us-federal.hours"


async def test_what_cannot_be_asked_again_is_counted_and_the_others_go_on(conn: AsyncConnection) -> None:
    tenant, _ = await verdicts(conn)
    await conn.execute(text("ALTER TABLE verdict DISABLE TRIGGER USER"))  # stored verdicts do not change otherwise
    await conn.execute(
        text(
            "UPDATE verdict SET inputs = jsonb_set(inputs, '{facts,contact,channel}', '\"fax\"') WHERE id ="
            " (SELECT id FROM verdict WHERE inputs ? 'facts' LIMIT 1)"
        )
    )
    report = await replay.replay(conn, tenant, NOW, load_rulebooks())
    assert (report.unreadable, report.asked, dict(report.problems)) == (1, 39, {"StoredFactsError": 1})


async def test_only_the_period_and_the_tenant_are_asked(conn: AsyncConnection) -> None:
    tenant, _ = await verdicts(conn)
    assert (await replay.replay(conn, tenant, NOW + timedelta(hours=12), load_rulebooks())).asked == 10
    assert (await replay.replay(conn, tenant + 1, NOW, load_rulebooks())).asked == 0
