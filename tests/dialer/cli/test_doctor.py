"""`promiseline doctor` against engines, an exchange and a carrier that run as their own processes."""

import asyncio
import json
from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from telephony.messaging.sandbox.carrier import SANDBOX_ACCOUNT, SANDBOX_TOKEN
from tests.dialer.cli.program import Program, Ran
from tests.dialer.cli.twins import EXCHANGE_PASSWORD, sandbox_carrier, sandbox_exchange

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]


def node(url: str, **changes: str) -> str:
    return json.dumps([{"name": "a", "url": url, "password": EXCHANGE_PASSWORD} | changes])


def carrier(url: str, **changes: str) -> str:
    whole = {"provider": "sandbox", "account_sid": SANDBOX_ACCOUNT, "auth_token": SANDBOX_TOKEN, "base_url": url}
    return json.dumps(whole | {"sms_sender": "+12125550199", "timeout_s": 3} | changes)


@pytest.fixture
async def healthy(program: Program) -> AsyncIterator[Program]:
    async with sandbox_exchange() as exchange_url, sandbox_carrier() as carrier_url:
        program.environment |= {"PROMISELINE_NODES": node(exchange_url), "PROMISELINE_MESSAGING": carrier(carrier_url)}
        yield program


def findings(ran: Ran) -> dict[str, dict[str, Any]]:
    found = {finding["part"]: finding for finding in json.loads(ran.out)}
    assert ran.err == ""
    assert ran.code == (0 if all(finding["ok"] for finding in found.values()) else 1)
    assert all(finding["ok"] == (finding["mend"] == "") for finding in found.values())
    return found


def only(ran: Ran, part: str) -> dict[str, Any]:
    """The one finding that is not well."""
    failed = [finding for finding in findings(ran).values() if not finding["ok"]]
    assert [finding["part"] for finding in failed] == [part], failed
    return failed[0]


async def test_all_well_and_each_thing_that_is_not(healthy: Program) -> None:
    environment = healthy.environment
    exchange_url = json.loads(environment["PROMISELINE_NODES"])[0]["url"]
    carrier_url = json.loads(environment["PROMISELINE_MESSAGING"])["base_url"]
    [well], spoken = await asyncio.gather(
        healthy.all(["doctor", "--json"]),
        healthy("doctor", PROMISELINE_NODES=node(exchange_url, trunk="PJSIP/{number}@other")),
    )

    assert findings(well).keys() == {
        "database", "schema", "clock", "tenant", "gate", "audit", "rulebooks", "retention", "redis", "node a",
        "trunk trunk", "phones", "messages", "mail", "tz database", "replies",
    }  # fmt: skip
    assert well.code == 0
    assert spoken.code == 1
    assert "FAIL trunk other: node a does not know it\n       Add the endpoint [other] to pjsip.conf" in spoken.out

    database, redis, away, password, token, silent = await asyncio.gather(
        healthy("doctor", "--json", PROMISELINE_DATABASE_URL="postgresql+asyncpg://127.0.0.1:1/x"),
        healthy("doctor", "--json", PROMISELINE_REDIS_URL="redis://127.0.0.1:1/0"),
        healthy("doctor", "--json", PROMISELINE_NODES=node("http://127.0.0.1:1/ari")),
        healthy("doctor", "--json", PROMISELINE_NODES=node(exchange_url, password="wrong")),
        healthy("doctor", "--json", PROMISELINE_MESSAGING=carrier(carrier_url, auth_token="wrong")),
        healthy("doctor", "--json", PROMISELINE_MESSAGING=carrier("http://127.0.0.1:1")),
    )

    assert "PROMISELINE_DATABASE_URL" in only(database, "database")["mend"]
    assert "PROMISELINE_REDIS_URL" in only(redis, "redis")["mend"]
    assert "Is Asterisk running" in only(away, "node a")["mend"]
    assert "HTTP 401" in only(password, "node a")["says"]
    assert "section [promiseline]" in only(password, "node a")["mend"]
    assert "HTTP 401" in only(token, "messages")["says"]
    assert "auth_token" in only(token, "messages")["mend"]
    assert "base_url" in only(silent, "messages")["mend"]
    for ran in (password, token):
        assert EXCHANGE_PASSWORD not in ran.out and SANDBOX_TOKEN not in ran.out


async def test_clocks_that_are_apart_and_a_schema_that_is_behind_are_found(
    healthy: Program, engine: AsyncEngine, empty_database_url: str
) -> None:
    """The database tells an hour too much, as a machine whose clock is wrong would."""
    name = engine.url.database
    async with engine.begin() as conn:
        await conn.execute(text("CREATE SCHEMA wrong_clock"))
        await conn.execute(
            text(
                "CREATE FUNCTION wrong_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE"
                " AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$"
            )
        )
        await conn.execute(text(f"ALTER DATABASE {name} SET search_path = wrong_clock, pg_catalog, public"))

    apart, behind = await asyncio.gather(
        healthy("doctor", "--json"), healthy("doctor", "--json", PROMISELINE_DATABASE_URL=empty_database_url)
    )

    assert only(apart, "clock")["says"].startswith("36")
    assert "NTP" in only(apart, "clock")["mend"]
    assert only(behind, "schema")["mend"] == "Run: promiseline migrate"


async def test_an_asterisk_that_is_too_old_is_found_and_what_is_not_set_up(program: Program) -> None:
    async def info(_: web.Request) -> web.Response:
        return web.json_response({"system": {"version": "18.26.4", "entity_id": "00:00"}})

    async def endpoints(_: web.Request) -> web.Response:
        trunk = {"technology": "PJSIP", "resource": "trunk", "state": "offline", "channel_ids": []}
        return web.json_response([trunk])

    app = web.Application()
    app.add_routes([web.get("/ari/asterisk/info", info), web.get("/ari/endpoints", endpoints)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/ari"
        old, bare = await asyncio.gather(
            program("doctor", "--json", PROMISELINE_NODES=node(url)), program("doctor", "--json")
        )
    finally:
        await runner.cleanup()

    found = findings(old)
    assert found["node a"]["says"] == "Asterisk 18.26.4"
    assert "needs 20 or newer" in found["node a"]["mend"]
    assert found["trunk trunk"]["says"] == "offline" and "qualify_frequency" in found["trunk trunk"]["mend"]
    assert "PROMISELINE_NODES" in findings(bare)["nodes"]["mend"]
    assert "PROMISELINE_MESSAGING__PROVIDER" in findings(bare)["messages"]["mend"]


async def test_a_misspelt_tenant_is_found(healthy: Program) -> None:
    assert findings(await healthy("doctor", "--json"))["tenant"]["says"] == "main: the first start makes it"
    assert (await healthy("user", "list")).code == 0

    well, misspelt = (
        await healthy.all(["doctor", "--json"]),
        await healthy("doctor", "--json", PROMISELINE_TENANT="mian"),
    )

    assert findings(well[0])["tenant"]["says"] == "main is served"
    found = only(misspelt, "tenant")
    assert found["says"] == "there is no tenant mian in this database; there is main"
    assert "promiseline tenant add mian" in found["mend"]


async def test_each_file_of_the_houses_own_rulebooks_that_is_wrong_is_told_with_its_line(
    healthy: Program, tmp_path: Path
) -> None:
    own = tmp_path / "books"
    own.mkdir()
    (own / "broken.toml").write_text('id = "own"\nversion = \n')
    (own / "taken.toml").write_bytes((resources.files("compliance.rulebooks") / "us-federal.toml").read_bytes())
    set_up = {"PROMISELINE_RULEBOOKS_DIR": str(own)}

    told = await healthy("doctor", "--json", **set_up)
    absent = await healthy("doctor", "--json", PROMISELINE_RULEBOOKS_DIR=str(tmp_path / "nowhere"))
    served = await healthy("serve", **set_up)

    broken, taken = (finding for finding in json.loads(told.out) if finding["part"] == "rulebooks")
    assert told.code == 1
    assert broken["says"].startswith(f"{own}/broken.toml:2: not TOML") and broken["mend"] == "Mend this line."
    assert taken["says"].startswith(f"{own}/taken.toml:1: rulebook id 'us-federal' is used twice")
    assert taken["mend"].startswith("Give this one its own id")
    assert only(absent, "rulebooks")["mend"] == "Mend its path."
    assert f"{own}/broken.toml:2" in served.refusal(), "what the doctor finds is what stops the server"

    for file in own.iterdir():
        file.unlink()
    well = findings(await healthy("doctor", "--json", **set_up))["rulebooks"]
    assert well["ok"] and f"those of {own} among them" in well["says"]
