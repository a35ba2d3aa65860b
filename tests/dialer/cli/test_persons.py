"""`promiseline person`, `compliance rulebooks|switch|bind`: what supervisors do without a page."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.admin import service as admin
from tests.builders import a_creditor, a_debtor
from tests.dialer.cli.program import Program

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]


async def test_a_wish_is_recorded_shown_kept_and_ended(program: Program, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        tenant = await admin.create_tenant(conn, name="main", now=datetime.now(UTC))
        debtor = str(await a_debtor(conn, tenant, await a_creditor(conn, tenant)))
    details = json.dumps({"form": "written"})
    made = (await program("person", "record", debtor, "cease_all", "--details", details, "--json")).json()
    wrong = await program("person", "record", debtor, "inconvenient_place", "--details", '{"place": "moon"}')
    naive = await program("person", "record", debtor, "legal", "--ends-at", "2030-01-01T10:00:00")
    [shown] = (await program("person", "show", debtor, "--json")).json()
    silent = await program("person", "end", str(made["id"]))
    ended = await program("person", "end", str(made["id"]), "--because", "letter withdrawn")
    again = await program("person", "end", str(made["id"]), "--because", "letter withdrawn")
    assert shown["kind"] == "cease_all" and shown["recorded_by"] == "cli"
    assert "home or work" in wrong.refusal() and "offset from UTC" in naive.refusal()
    assert "say why it ends" in silent.refusal()
    assert ended.out == f"Wish {made['id']} is ended.\n" and "no wish" in again.refusal()
    assert (await program("person", "reviews", "--json")).json() == []


async def test_channels_are_switched_with_a_reason_and_creditors_get_rulebooks(
    program: Program, engine: AsyncEngine
) -> None:
    async with engine.begin() as conn:
        tenant = await admin.create_tenant(conn, name="main", now=datetime.now(UTC))
        await a_creditor(conn, tenant, name="Bank")
    unsaid = await program("compliance", "switch", "us_third_party_sms", "on")
    unknown = await program("compliance", "switch", "telepathy", "on", "--because", "x")
    done = await program("compliance", "switch", "us_third_party_sms", "on", "--because", "registered", "--json")
    bound = await program("compliance", "bind", "Bank", "us-wa", "hardship", "--json")
    nothing = await program("compliance", "bind", "Bank", "acme")
    assert "say why" in unsaid.refusal() and "known are us_third_party_sms" in unknown.refusal()
    assert done.json() == {"on": ["us_third_party_sms"]}
    assert bound.json() == {"creditor": "Bank", "rulebooks": ["us-wa", "hardship"]}
    assert "there is no rulebook 'acme'" in nothing.refusal()
    async with engine.connect() as conn:
        found = await conn.execute(text("SELECT action FROM audit ORDER BY id"))
        assert found.scalars().all() == ["switch.on", "creditor.rulebooks"]
        assert (await conn.execute(text("SELECT rulebooks FROM creditor"))).scalar_one() == ["us-wa", "hardship"]


async def test_rulebooks_are_listed_with_drafts_and_sources(tmp_path: Path) -> None:
    program = Program(tmp_path)
    listed = (await program("compliance", "rulebooks", "--json")).json()
    assert {"us-federal", "gb", "hardship"} <= {one["id"] for one in listed}
    table = await program("compliance", "rulebooks", COLUMNS="250")
    assert "draft, needs counsel" in table.out
    one = await program("compliance", "rulebooks", "gb", COLUMNS="250")
    assert "draft, needs counsel: hours" in one.out and "Ofcom persistent misuse" in one.out
    assert "there is no rulebook 'xx'" in (await program("compliance", "rulebooks", "xx")).refusal()


async def test_a_wrong_rulebook_is_refused_with_file_line_and_mend(tmp_path: Path) -> None:
    (tmp_path / "client.toml").write_text('id = "client-x"\ntitle = "X"\nzones = ["Mars/Base"]\n[[versions]]\n')
    found = await Program(tmp_path)("compliance", "rulebooks", "--rulebooks-dir", str(tmp_path))
    assert "client.toml:4: versions.0: Object missing required field `version`; add it" in found.refusal()
