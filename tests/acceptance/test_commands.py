"""The command line from nothing to a running campaign, on the embedded engines, with little more set than a node."""

import asyncio
import csv
import json
import os
import signal
from pathlib import Path

import aiohttp
import pytest

from tests.campaigns.imports.files import GOOD
from tests.dialer.cli.program import KEY, Program, ended, line_of
from tests.dialer.cli.twins import EXCHANGE_PASSWORD, sandbox_exchange

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def debtors(path: Path, number: int) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, GOOD)
        writer.writeheader()
        for n in range(number):
            one = {"debtor_reference": f"D{n}", "debt_reference": f"L{n}", "phone_1": f"+121255501{n:02d}", "email": ""}
            writer.writerow(GOOD | one)
    return path


async def all_is_well(address: str, within_s: float = 20.0) -> None:
    """Also before the first campaign; the exchange's event stream takes a moment after the address is open."""
    expected = {"database": True, "exchange": True, "redis": True}
    seen: list[dict[str, object]] = []
    try:
        async with asyncio.timeout(within_s), aiohttp.ClientSession(address) as http:
            while {check["name"]: check["ok"] for check in seen} != expected:
                await asyncio.sleep(0.1)
                async with http.get("/readyz") as reply:
                    seen = (await reply.json())["checks"]
    except TimeoutError:
        raise AssertionError(seen) from None


async def test_from_an_empty_folder_to_a_running_campaign(tmp_path: Path) -> None:
    async with sandbox_exchange() as url:
        node = {"name": "a", "url": url, "password": EXCHANGE_PASSWORD}
        program = Program(
            tmp_path,
            {
                "PROMISELINE_SECRET_KEY": KEY,
                "PROMISELINE_NODES": json.dumps([node]),
                "PROMISELINE_WEB__PORT": "0",
                "PROMISELINE_WEB__PHONE_WS_URL": "",
                "PROMISELINE_BUSINESS_NAME": "Example Recovery",
                "PROMISELINE_BUSINESS_PHONE": "+12125550100",
                "PROMISELINE_NEW_PASSWORD": "correct horse battery staple",
            },
        )
        server = await program.start("serve")
        address = (await line_of(server, "Promiseline serves web, dialer, scheduler, messenger")).split()[-1]
        await all_is_well(address)

        assert (await program("migrate", "--json")).json()["revision"], "the server brought its own engines up to date"
        user, imported = await asyncio.gather(
            program("user", "add", "ann", "--phone", "PJSIP/agent-1", "--json"),
            program("import", str(debtors(tmp_path / "debtors.csv", 5)), "--creditor", "Northwind", "--json"),
        )
        assert user.json()["user_id"]
        assert imported.json()
        create = ("create", "Autumn", "--creditor", "Northwind", "--caller-id", "+12125550100", "--agents", "ann")
        made = (await program("campaign", *create, "--json")).json()
        allowed = ("us_third_party_sms", "on", "--because", "the carrier agreed")
        assert (await program("compliance", "switch", *allowed, "--json")).json() == {"on": ["us_third_party_sms"]}
        report = (await program("campaign", "start", "Autumn", "--json")).json()
        status, doctor = await asyncio.gather(program("campaign", "status", "--json"), program("doctor", "--json"))

        assert report["added"] == 5
        [row] = status.json()
        assert (row["id"], row["state"]) == (made["campaign_id"], "running")
        wrong = [each["part"] for each in json.loads(doctor.out) if not each["ok"]]
        assert wrong == ["messages"], "the one thing that is not set up"
        server.send_signal(signal.SIGTERM)
        assert (await ended(server)).code == 0
        [after] = (await program("campaign", "status", "--json")).json()
        assert after["state"] == "running", "the data is there without the server"


async def test_the_configuration_of_asterisk_is_written_and_what_it_lacks_is_told(tmp_path: Path) -> None:
    node = {"name": "a", "url": "http://127.0.0.1:8088/ari", "password": "node-secret"}
    environment = {"PROMISELINE_SECRET_KEY": KEY, "PROMISELINE_NODES": json.dumps([node])}
    program = Program(tmp_path, environment)
    trunks = json.dumps([{"host": "sip.example.net"}])

    no_trunk, no_node, written = await asyncio.gather(
        program("asterisk-config", "--out", "a"),
        program("asterisk-config", "--out", "b", PROMISELINE_NODES="[]"),
        program("asterisk-config", "--out", "c", "--json", PROMISELINE_ASTERISK__TRUNKS=trunks),
    )

    assert "add [[asterisk.trunks]] with a host to promiseline.toml" in no_trunk.refusal()
    assert "PROMISELINE_NODES" in no_node.refusal()
    files = {Path(path).name for path in written.json()}
    assert {"ari.conf", "http.conf", "pjsip.conf"} <= files
    assert "node-secret" in (tmp_path / "c" / "ari.conf").read_text()
    assert set(os.listdir(tmp_path)) == {"c"}, "nothing was made for those that were refused"
