"""`promiseline compliance explain|replay|calendar`, as an operator runs them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db.tables import debtor as debtors
from campaigns.model import CampaignSettings
from dialer.contact import WantedContact, admit
from tests.builders import a_campaign, a_creditor, a_debtor, a_tenant
from tests.dialer.cli.program import Program
from tests.dialer.messaging_rig import GATE

pytestmark = pytest.mark.postgres
FEDERAL = Path(__file__).parents[3] / "compliance" / "rulebooks" / "us-federal.toml"


async def somebody(engine: AsyncEngine, tenant: str = "main") -> int:
    async with engine.begin() as conn:
        tenant_id = await a_tenant(conn, tenant)
        debtor = await a_debtor(conn, tenant_id, await a_creditor(conn, tenant_id), external_ref="REF-7")
        await admit(conn, [WantedContact(debtor, "voice", "dialer")], now=datetime.now(UTC), gate=GATE)
    return debtor


async def test_why_she_was_not_called_is_told_to_people_and_programs(program: Program, engine: AsyncEngine) -> None:
    debtor = await somebody(engine)
    async with engine.begin() as conn:
        strict = CampaignSettings(caller_id="+12125550100", rulebooks=("us-ma",))
        tenant = (await conn.execute(select(debtors.c.tenant_id))).scalar_one()
        await a_campaign(conn, tenant, await a_creditor(conn, tenant), name="Spring", settings=strict)
    told, asked, later, unknown, naive, of_campaign, no_campaign = await program.all(
        ["compliance", "explain", "--debtor", "REF-7"],
        ["compliance", "explain", "--debtor", str(debtor), "--channel", "sms", "--json"],
        ["compliance", "explain", "--debtor", "REF-7", "--at", "2030-03-06T04:00:00Z", "--json", "--channel", "voice"],
        ["compliance", "explain", "--debtor", "REF-8"],
        ["compliance", "explain", "--debtor", "REF-7", "--at", "2026-03-04T15:00:00"],
        ["compliance", "explain", "--debtor", "REF-7", "--campaign", "Spring", "--json"],
        ["compliance", "explain", "--debtor", "REF-7", "--campaign", "Autumn"],
    )
    assert told.code == 0 and "voice, mobile" in told.out and "What the gate said" in told.out
    (sms,) = asked.json()["points"]
    assert sms["verdict"] == "deny" and sms["reasons"][0]["source"]
    (voice,) = later.json()["points"]
    assert {reason["code"] for reason in voice["reasons"]} >= {"hours"}
    assert voice["retry_at_local"]["America/New_York"].endswith("08:00 -0500")
    assert "nobody has this reference" in unknown.refusal()
    assert "no offset from UTC" in naive.refusal()
    books = {name.partition("@")[0] for point in of_campaign.json()["points"] for name in point["rulebooks"]}
    assert "us-ma" in books and "us-ma" not in str(asked.json()["points"])
    assert "known are Spring" in no_campaign.refusal()


async def test_a_replay_shows_what_a_rule_would_change(program: Program, engine: AsyncEngine, tmp_path: Path) -> None:
    await somebody(engine)
    closed = tmp_path / "rules"
    closed.mkdir()
    (closed / "new.toml").write_text(FEDERAL.read_text().replace('["08:00", "21:00"]', '["03:00", "03:01"]'))
    broken = tmp_path / "broken.toml"
    broken.write_text("id = ")
    same, changed, wrong, nothing, since, empty = await program.all(
        ["compliance", "replay", "--self-check", "--json"],
        ["compliance", "replay", "--rulebook", str(closed), "--since", "1d", "--json"],
        ["compliance", "replay", "--rulebook", str(broken)],
        ["compliance", "replay"],
        ["compliance", "replay", "--self-check", "--since", "soon"],
        ["compliance", "replay", "--rulebook", str(tmp_path / "absent")],
    )
    assert same.json()["asked"] == same.json()["unchanged"] == 1
    assert changed.json()["asked"] == 1
    assert "broken.toml" in wrong.refusal()
    assert "--rulebook" in nothing.refusal() and "--since" in since.refusal() and "cannot be read" in empty.refusal()


async def test_the_calendar_is_drawn_printed_and_written(program: Program, tmp_path: Path) -> None:
    svg = tmp_path / "week.svg"
    words = ["compliance", "calendar", "--rulebook", "co", "--rulebook", "us-federal", "--week", "2026-03-25"]
    drawn, printed, written, both, zone = await program.all(
        [*words, "--zone", "America/Bogota"],
        [*words, "--zone", "America/Bogota", "--json"],
        [*words, "--svg", str(svg)],
        [*words, "--svg", str(svg), "--json"],
        [*words, "--zone", "Mars/Base"],
    )
    assert drawn.code == 0 and "██" in drawn.out and "(co)" in drawn.out
    combined, federal, co = (one for one in sorted(printed.json(), key=lambda one: -len(one["rulebooks"])))
    assert combined["rulebooks"] == ["co", "us-federal"] and combined["open_hours"] <= min(
        federal["open_hours"], co["open_hours"]
    )
    assert written.code == 0 and ET.parse(svg).getroot().tag.endswith("svg")  # noqa: S314 - our own file
    assert "choose one" in both.refusal() and "unknown" in zone.refusal()
    assert json.dumps(printed.json())
