"""`promiseline compliance ledger` and `amd-evidence`: the table side by side, and the evidence behind it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.admin import service as admin
from campaigns.model import CampaignSettings
from tests.builders import a_campaign, a_creditor, a_debtor, an_attempt
from tests.dialer.cli.program import Program, Ran

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

ADD = ("compliance", "amd-evidence", "add", "--sample", "200", "--false-positives", "3", "--by", "Q. Auditor")


async def furnished(engine: AsyncEngine) -> int:
    """A power campaign with detection; 30 answers today of which 2 were abandoned."""
    now = datetime.now(UTC)
    async with engine.begin() as conn:
        tenant = await admin.create_tenant(conn, name="main", now=now)
        creditor = await a_creditor(conn, tenant)
        settings = CampaignSettings(caller_id="+12125550100", mode="power", amd=True)
        campaign = await a_campaign(conn, tenant, creditor, settings=settings, name="Autumn [1]", state="running")
        debtor = await a_debtor(conn, tenant, creditor)
        for number in range(30):
            at = now - timedelta(minutes=10)
            await an_attempt(
                conn, tenant, debtor, at=at, campaign_id=campaign, answered_at=at, abandoned=number < 2,
                bridged_at=None if number < 2 else at,
            )  # fmt: skip
    return campaign


async def test_the_ledger_stands_side_by_side_and_says_what_is_missing(program: Program, engine: AsyncEngine) -> None:
    assert "No campaign was started yet" in (await program("compliance", "ledger")).out
    campaign = await furnished(engine)

    table = await program("compliance", "ledger", COLUMNS="200")
    [found] = (await program("compliance", "ledger", "--campaign", "Autumn [1]", "--json")).json()
    unknown = await program("compliance", "ledger", "--campaign", "Spring")

    assert "Autumn [1] (running, power)" in table.out
    for word in ("TSR/FCC", "Ofcom", "House", "6.67 %", "near, 1:1", "review", "amd-evidence add"):
        assert word in table.out, word
    assert (found["id"], [gauge["state"] for gauge in found["gauges"]]) == (
        campaign, ["near", "review", "near", "near"],
    )  # fmt: skip
    assert "there is no campaign Spring; known are Autumn [1]" in unknown.refusal()


async def test_evidence_is_recorded_listed_and_used(program: Program, engine: AsyncEngine) -> None:
    assert "No sample test was recorded" in (await program("compliance", "amd-evidence", "list")).out
    await furnished(engine)
    today = datetime.now(UTC).date().isoformat()

    said = await program(*ADD, "--date", today, "--campaign", "Autumn [1]", "--note", "drawn at random")
    [test] = (await program("compliance", "amd-evidence", "list", "--json")).json()
    [found] = (await program("compliance", "ledger", "--json")).json()

    assert "3 of 200 had a person" in said.out
    assert (test["tested_on"], test["sample"], test["tested_by"], test["recorded_by"]) == (
        today, 200, "Q. Auditor", "cli",
    )  # fmt: skip
    assert found["gauges"][1]["state"] == "near" and found["gauges"][1]["evidence"]["by"] == "Q. Auditor"


async def test_a_predictive_campaign_is_told_of_what_it_lacks_until_a_test_is_recorded(
    program: Program, engine: AsyncEngine
) -> None:
    await furnished(engine)
    assert "machine detection" not in (await program("doctor")).out, "a power campaign does not pace by it"
    turned = await program("campaign", "set", "Autumn [1]", "--mode", "predictive")

    status = await program("campaign", "status", COLUMNS="200")
    [shown] = (await program("campaign", "status", "--json")).json()
    doctor = findings(await program("doctor", "--json"))
    said = await program(*ADD, "--date", datetime.now(UTC).date().isoformat(), "--sample", "2000", COLUMNS="200")
    [after] = (await program("campaign", "status", "--json")).json()
    mended = findings(await program("doctor", "--json"))

    assert "mode predictive." in turned.out and "It stays at one call for each free agent" in turned.out
    assert "Autumn [1]: It stays at one call for each free agent. Machine detection: no valid sample test" in status.out
    assert "promiseline compliance amd-evidence add" in shown["detection"]
    found = doctor["machine detection, Autumn [1]"]
    assert not found["ok"] and "one call for each free agent" in found["says"] and "Listen to" in found["mend"]
    assert "3 of 2000 had a person" in said.out
    assert "Autumn [1]: Machine detection is reckoned to cut at most" in said.out
    assert "stays at one call" not in after["detection"] and "3 of 2000" in after["detection"]
    assert mended["machine detection"]["ok"]


def findings(ran: Ran) -> dict[str, Any]:
    """The doctor ends with 1 while anything is wrong, and there is neither exchange nor carrier here."""
    return {one["part"]: one for one in json.loads(ran.out)}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--date", "yesterday"), "write it like 2026-11-22"),
        (("--date", "2999-01-01"), "still to come"),
        (("--date", "2026-01-01", "--sample", "2"), "between 0 and the sample of 2"),
    ],
)
async def test_bad_evidence_is_refused_with_how_to_mend_it(program: Program, words: tuple[str, ...], says: str) -> None:
    assert says in (await program(*ADD, *words)).refusal()
