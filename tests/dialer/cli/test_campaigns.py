"""`promiseline campaign create|start|pause|status`, and everything that stands against them."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.admin import service as admin
from campaigns.db import tables as t
from campaigns.templates import service as templates
from campaigns.users import service as users
from campaigns.users.passwords import Passwords
from dialer.pacing.modes import ProgressivePacer
from dialer.pacing.segments import Cell, Factors, Tried, learnt
from dialer.pacing.stored import stored
from tests.builders import NOW, a_creditor, a_debtor, a_window_group
from tests.dialer.cli.program import Program

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

NUMBER = ("--caller-id", "+12125550100")


async def furnished(conn: AsyncConnection) -> None:
    """A tenant with templates, the agent ann, a creditor with debtors and one without."""
    now = datetime.now(UTC)
    business = {
        "business_name": "Example Recovery",
        "business_phone": "+12125550100",
        "switches": ["us_third_party_sms"],
    }
    tenant = await admin.create_tenant(conn, name="main", now=now, settings=business)
    await templates.install_defaults(conn, tenant)
    await users.create(
        conn, Passwords(), tenant_id=tenant, login="ann", display_name="Ann", role="agent",
        password="correct horse battery staple", now=now, actor="test", phone_endpoint="PJSIP/agent-1",
    )  # fmt: skip
    bank = await a_creditor(conn, tenant, name="Bank [north]")
    await a_creditor(conn, tenant, name="Empty Bank")
    group = await a_window_group(conn)
    for number in range(3):
        await a_debtor(conn, tenant, bank, phones=[f"+1212555014{number}"], window_group_id=group)


async def test_a_campaign_is_made_started_shown_and_paused(program: Program, engine: AsyncEngine) -> None:
    assert "There is no campaign yet" in (await program("campaign", "status")).out
    async with engine.begin() as conn:
        await furnished(conn)

    make = ("create", "Autumn [1]", "--creditor", "Bank [north]", *NUMBER, "--agents", "all", "--mode", "power")
    made = (await program("campaign", *make, "--json")).json()
    started = (await program("campaign", "start", "Autumn [1]", "--json")).json()
    [shown] = (await program("campaign", "status", "--json")).json()
    table = await program("campaign", "status", str(made["campaign_id"]), COLUMNS="200")
    paused = await program("campaign", "pause", str(made["campaign_id"]))
    again = await program("campaign", "pause", "Autumn [1]")

    assert started["added"] == 3
    assert shown["id"] == made["campaign_id"]
    assert (shown["name"], shown["state"], shown["mode"], shown["agents"]) == ("Autumn [1]", "running", "power", 1)
    assert shown["ready"] + shown["waiting"] == 3
    assert "Autumn [1]" in table.out and "Bank [north]" in table.out
    assert paused.out == "The campaign is paused.\n"
    assert "the campaign is paused and cannot become paused; it can become finished, running" in again.refusal()


async def test_a_predictive_campaign_that_detects_machines_is_told_at_its_start_what_it_lacks(
    program: Program, engine: AsyncEngine, tmp_path: Path
) -> None:
    async with engine.begin() as conn:
        await furnished(conn)
    (tmp_path / "amd.json").write_text('{"amd": true}')
    make = ("Spring", "--creditor", "Bank [north]", *NUMBER, "--agents", "all", "--mode", "predictive")
    await program("campaign", "create", *make, "--settings", "amd.json")

    started = await program("campaign", "start", "Spring")
    await program("campaign", "pause", "Spring")
    again = (await program("campaign", "start", "Spring", "--json")).json()

    assert "The campaign runs." in started.out
    assert "It stays at one call for each free agent. Machine detection: no valid sample test" in started.out
    assert "promiseline compliance amd-evidence add" in again["detection"]


async def test_what_stands_against_making_it_is_told_with_all_problems_at_once(
    program: Program, engine: AsyncEngine, tmp_path: Path
) -> None:
    async with engine.begin() as conn:
        await furnished(conn)
    (tmp_path / "broken.json").write_text('{\n  "mode": "power",\n  "max_lines": 5,,\n}')
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "wrong.json").write_text(json.dumps({"ring_timeout_s": 5, "no_such": 1, "steps": [{"kind": "dance"}]}))
    create = ("campaign", "create", "A", "--creditor", "Bank [north]", *NUMBER)

    unknown, agents, number, broken, no_object, wrong, missing, directory = await program.all(
        ("campaign", "create", "A", "--creditor", "Nobody", *NUMBER),
        (*create, "--agents", "ann,bob"),
        ("campaign", "create", "A", "--creditor", "Bank [north]", "--caller-id", "call me"),
        (*create, "--settings", "broken.json"),
        (*create, "--settings", "list.json"),
        (*create, "--settings", "wrong.json", "--json"),
        (*create, "--settings", "nowhere.json"),
        (*create, "--settings", "."),
    )

    assert "creditor: there is no such creditor; known are Bank [north], Empty Bank" in unknown.refusal()
    assert "there is no agent bob; known are ann" in agents.refusal()
    assert "caller_id:" in number.refusal()
    assert "broken.json, line 3, column 18" in broken.refusal()
    assert "list.json must hold one JSON object" in no_object.refusal()
    assert all(field in wrong.refusal() for field in ("ring_timeout_s:", "no_such: there is no such", "steps.0"))
    assert "nowhere.json cannot be read (No such file or directory)" in missing.refusal()
    assert "cannot be read (Is a directory)" in directory.refusal()
    assert (await program("campaign", "status", "--json")).json() == []


async def test_what_the_file_and_the_options_say_differently_is_refused(
    program: Program, engine: AsyncEngine, tmp_path: Path
) -> None:
    async with engine.begin() as conn:
        await furnished(conn)
    (tmp_path / "power.json").write_text(json.dumps({"mode": "power", "skills": ["es"], "lines_per_agent": 2}))
    (tmp_path / "machine.json").write_text('{"default_disposition": "machine"}')
    create = ("campaign", "create", "A", "--creditor", "Bank [north]", *NUMBER)

    mode, both, machine = await program.all(
        (*create, "--settings", "power.json", "--mode", "preview"),
        (*create, "--settings", "power.json", "--skill", "fa", "--mode", "power"),
        (*create, "--settings", "machine.json"),
    )
    made = (await program(*create, "--settings", "power.json", "--skill", "es", "--json")).json()
    [shown] = (await program("campaign", "status", "--json")).json()
    contrary = await program("campaign", "set", "A", "--skill", "fa", "--no-skills")

    assert "power.json and the options say different things of mode: say it in one place" in mode.refusal()
    assert "different things of skills" in both.refusal()
    assert "default_disposition: nobody has said so when the wrap-up timer runs out" in machine.refusal()
    assert (shown["id"], shown["mode"], shown["skills"]) == (made["campaign_id"], "power", ["es"])
    assert "--skill and --no-skills say different things" in contrary.refusal()


async def test_what_stands_against_starting_it_is_told_and_nothing_of_the_queue_stays(
    program: Program, engine: AsyncEngine, tmp_path: Path
) -> None:
    async with engine.begin() as conn:
        await furnished(conn)
    unknown = {"steps": [{"kind": "call"}, {"kind": "message", "template": "lullaby"}]}
    (tmp_path / "template.json").write_text(json.dumps(unknown))
    (tmp_path / "variable.json").write_text(json.dumps({"steps": [unknown["steps"][0], variable()]}))
    async with engine.begin() as conn:
        await with_a_wrong_variable(conn)

    made = await program.all(
        ("campaign", "create", "lonely", "--creditor", "Bank [north]", *NUMBER),
        ("campaign", "create", "empty", "--creditor", "Empty Bank", *NUMBER, "--agents", "ann"),
        ("campaign", "create", "template", "--creditor", "Bank [north]", *NUMBER, "--agents", "ann",
         "--settings", "template.json"),
        ("campaign", "create", "variable", "--creditor", "Bank [north]", *NUMBER, "--agents", "ann",
         "--settings", "variable.json"),
    )  # fmt: skip
    assert [ran.code for ran in made] == [0, 0, 0, 0], made

    lonely, empty, template, wrong, nobody = await asyncio.gather(
        *(program("campaign", "start", name) for name in ("lonely", "empty", "template", "variable", "nobody"))
    )

    assert "agents: no active agent is assigned" in lonely.refusal()
    assert "queue: the queue is empty: the creditor has no open debtors" in empty.refusal()
    assert "promiseline import FILE" in empty.err
    assert "there is no template 'lullaby' for sms" in template.refusal()
    assert "steps.1.template: template greeting (en):" in wrong.refusal() and "favourite_song" in wrong.err
    assert "there is no campaign nobody; known are empty, lonely, template, variable" in nobody.refusal()
    states = (await program("campaign", "status", "--json")).json()
    assert {row["state"] for row in states} == {"draft"}
    assert {row["ready"] + row["waiting"] for row in states} == {0}
    mended = await program("campaign", "start", "lonely", "--agents", "ann")
    assert (mended.code, mended.out[:18]) == (0, "The campaign runs."), "as the message said"


def variable() -> dict[str, str]:
    return {"kind": "message", "template": "greeting"}


async def with_a_wrong_variable(conn: AsyncConnection) -> None:
    """A template that got into the database past the check at its writing."""
    await conn.execute(
        text(
            "INSERT INTO template (tenant_id, name, channel, language, body)"
            " SELECT id, 'greeting', 'sms', 'en', 'Dear {{favourite_song}}' FROM tenant"
        )
    )


async def test_how_a_campaign_dials_is_changed_by_one_command_and_audited(
    program: Program, engine: AsyncEngine
) -> None:
    async with engine.begin() as conn:
        await furnished(conn)
    await program("campaign", "create", "Autumn", "--creditor", "Bank [north]", *NUMBER)
    limits = ("--mode", "power", "--ratio", "2.5", "--max-lines", "40", "--cps", "5", "--priority", "3")
    changed = (await program("campaign", "set", "Autumn", *limits, "--abandon-limit", "1.5", "--json")).json()
    assert (changed["mode"], changed["lines_per_agent"], changed["max_lines"]) == ("power", 2.5, 40)
    assert changed["abandonment"]["limit_percent"] == "1.5"
    async with engine.connect() as conn:
        detail = (await conn.execute(text("SELECT detail FROM audit WHERE action = 'campaign.changed'"))).scalar_one()
    assert detail["pacing"]["mode"] == ["progressive", "power"] and detail["pacing"]["priority"] == [0, 3]
    assert "nothing to change" in (await program("campaign", "set", "Autumn")).refusal()
    assert "mode" in (await program("campaign", "set", "Autumn", "--mode", "wild")).refusal()
    assert "lines_per_agent" in (await program("campaign", "set", "Autumn", "--ratio", "11")).refusal()


async def test_what_makes_an_answer_likelier_is_told_with_the_status(program: Program, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await furnished(conn)
    await program("campaign", "create", "Autumn", "--creditor", "Bank [north]", *NUMBER)
    (row,) = (await program("campaign", "status", "--json")).json()
    assert row["odds"] == []
    factors = learnt(Factors(), [Tried(0.0, Cell(12, 7, 18, 2), True)] * 3)
    state = {"campaign_id": row["id"], "state": stored(ProgressivePacer(), factors), "saved_at": NOW}
    async with engine.begin() as conn:
        await conn.execute(insert(t.pacer_state).values(**state))
    (row,) = (await program("campaign", "status", "--json")).json()
    assert [(one["feature"], one["value"]) for one in row["odds"]] == [
        ("list", 12), ("score", 7), ("hour", 18), ("attempt", 2),
    ]  # fmt: skip
    assert all(one["factor"] > 1 and 0 < one["sure"] < 0.4 for one in row["odds"])
    shown = (await program("campaign", "status", "Autumn")).out
    assert "Odds of an answer" in shown and "attempt" in shown


async def test_a_campaign_asks_for_skills_and_is_staffed_by_them(program: Program, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await furnished(conn)
    make = ("create", "Autumn", "--creditor", "Bank [north]", *NUMBER, "--agents", "all", "--skill", "es")
    await program("campaign", *make)
    lacking = await program("campaign", "start", "Autumn")
    await program("user", "set", "ann", "--skill", "es", "--skill", "fa")
    started = await program("campaign", "start", "Autumn", "--json")
    changed = (await program("campaign", "set", "Autumn", "--skill", "fa", "--staffing", "skilled", "--json")).json()
    [shown] = (await program("campaign", "status", "--json")).json()
    alone = await program("campaign", "set", "Autumn", "--no-skills")
    free = (await program("campaign", "set", "Autumn", "--no-skills", "--staffing", "assigned", "--json")).json()

    assert "1 assigned agents lack some of its skills (es)" in lacking.refusal()
    assert started.code == 0
    assert (changed["skills"], changed["staffing"]) == (["fa"], "skilled")
    assert (shown["agents"], shown["skills"]) == (1, ["fa"])
    assert "name a skill, or assign the agents by name" in alone.refusal()
    assert (free["skills"], free["staffing"]) == ([], "assigned")
