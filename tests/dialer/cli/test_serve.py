"""`promiseline serve`: what it refuses before it touches anything, and how it ends."""

import asyncio
import json
import socket
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.cli.serve import check_ready_to_serve
from dialer.demo.folder import claim
from dialer.settings import GivenSettings, NodeSettings, SettingsProblem, load_settings
from tests.dialer.cli.program import KEY, Program, interrupted, line_of

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

NODE = {"name": "a", "url": "http://127.0.0.1:1/ari", "password": "node-secret"}
NODES = json.dumps([NODE])


def node(**changes: object) -> str:
    return json.dumps([NODE | changes])


async def test_settings_that_are_not_right_are_told_by_their_names_and_never_by_their_values(
    program: Program, tmp_path: Path
) -> None:
    (tmp_path / "broken.toml").write_text("[web\nport = 1")

    async def refused(*words: str, **settings: str) -> str:
        ran = await program("serve", *words, **({"PROMISELINE_NODES": NODES} | settings))
        assert "node-secret" not in ran.err
        return ran.refusal()

    key, roles, no_roles, nodes, no_json, toml = await asyncio.gather(
        refused(PROMISELINE_SECRET_KEY=""),
        refused("--roles", "web,janitor"),
        refused("--roles", " , "),
        refused(PROMISELINE_NODES="[]"),
        refused(PROMISELINE_NODES="[{'name': 'a', 'password': 'node-secret'}]"),
        refused(PROMISELINE_CONFIG="broken.toml"),
    )

    assert "PROMISELINE_SECRET_KEY is not set" in key and "openssl rand" in key
    assert "there is no role janitor; the roles are web, dialer, scheduler, messenger" in roles
    assert "--roles names none; the roles are web" in no_roles
    assert "set PROMISELINE_NODES, or leave the role out" in nodes
    assert "nodes: this is no JSON" in no_json
    assert "broken.toml is no TOML" in toml and "line 1" in toml


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SECRET_KEY", "much too short", "secret_key: shorter than 32 characters"),
        ("NODES", node(url="localhost:8088"), "nodes.0.url:"),
        ("NODES", node(url="localhost:8088"), "(set PROMISELINE_NODES or"),
        ("NODES", node(trunk="PJSIP/trunk"), "trunk must hold {number}"),
        ("NODES", json.dumps([NODE, NODE]), "nodes: two nodes have the same name"),
        ("NODES", node(passwort="node-secret"), "nodes.0.passwort:"),
        ("TENNANT", "node-secret", "PROMISELINE_TENNANT: there is no such setting; did you mean PROMISELINE_TENANT?"),
        ("NODES", node(app="a,b"), "`app` must be one word"),
        ("SECRETS_DIR", "nowhere", "PROMISELINE_SECRETS_DIR names nowhere"),
        ("WEB__PORT", "99999", "(set PROMISELINE_WEB__PORT or"),
        ("REDIS_URL", "http://user:node-secret@h", "redis_url: this is no address like redis://host:6379/0"),
        ("DATABASE_URL", "postgresql://u:node-secret@h:99999/x", "database_url: this is no address like postgresql+"),
    ],
)
def test_each_setting_that_is_wrong_is_told_with_its_variable(
    variable: str, value: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"PROMISELINE_{variable}", value)

    with pytest.raises(SettingsProblem) as problem:
        load_settings()

    assert said in str(problem.value)
    assert "node-secret" not in str(problem.value)


def test_the_demonstrations_people_are_never_served_to_a_real_exchange(tmp_path: Path) -> None:
    """Its numbers are drawn by chance, and its campaign runs."""
    claim(tmp_path)
    demonstrations = GivenSettings(
        data_dir=tmp_path, secret_key=SecretStr(KEY), nodes=(NodeSettings.model_validate(NODE),)
    )

    with pytest.raises(SettingsProblem, match=r"holds the demonstration's data.* Set PROMISELINE_DATA_DIR to another"):
        check_ready_to_serve(demonstrations)
    check_ready_to_serve(demonstrations.model_copy(update={"data_dir": tmp_path / "own"}))
    check_ready_to_serve(demonstrations.model_copy(update={"database_url": SecretStr("postgresql://h/x")}))


async def test_a_taken_port_is_told_before_anything_is_touched(program: Program, engine: AsyncEngine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        ran = await program("serve", PROMISELINE_NODES=NODES, PROMISELINE_WEB__PORT=port)

    assert f"127.0.0.1:{port} cannot be listened on (Address already in use)" in ran.refusal()
    assert "PROMISELINE_WEB__PORT" in ran.err
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM tenant"))).scalar_one() == 0
        assert (await conn.execute(text("SELECT count(*) FROM lease"))).scalar_one() == 0


async def test_a_schema_that_is_behind_is_told(program: Program, empty_database_url: str) -> None:
    ran = await program("serve", PROMISELINE_NODES=NODES, PROMISELINE_DATABASE_URL=empty_database_url)

    assert "the database is at revision none" in ran.refusal()
    assert "run: promiseline migrate" in ran.err


async def test_it_serves_without_exchange_and_redis_says_so_and_ends_cleanly_with_ctrl_c(program: Program) -> None:
    """An exchange that is away is waited for; the web side answers meanwhile."""
    process = await program.start("serve", PROMISELINE_NODES=NODES, PROMISELINE_REDIS_URL="unix:///no/valkey.sock")
    url = (await line_of(process, "Promiseline serves")).split()[-1]

    async with aiohttp.ClientSession() as http:
        async with http.get(f"{url}/healthz") as reply:
            assert (reply.status, (await reply.json())["alive"]) == (200, True)
        async with http.get(f"{url}/readyz") as reply:
            checks = {check["name"]: check["ok"] for check in (await reply.json())["checks"]}
            assert reply.status == 200
        async with http.get(f"{url}/metrics") as reply:
            assert "calls_in_flight" in await reply.text()
    ran = await interrupted(process)

    assert checks == {"database": True, "exchange": False, "redis": False}
    assert ran.code == 0
    assert all(line.startswith("{") for line in ran.err.splitlines()), "only the log"


async def test_ctrl_c_at_any_instant_of_a_start_is_quiet(program: Program) -> None:
    for wait_s in (0.3, 1.5):
        process = await program.start("serve", PROMISELINE_NODES=NODES, PROMISELINE_LOG_LEVEL="error")
        await asyncio.sleep(wait_s)  # the instant is the point: loading, settings, starting

        ran = await interrupted(process)

        assert ran.code in (0, 130), ran
        assert ran.err == "", ran
