"""`promiseline demo` as a new user meets it: starts, keeps its data, starts over, says what is wrong, ends at once."""

import asyncio
import json
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from telephony.asterisk.ports import free_port
from tests.dialer.cli.program import Program, Ran, ended, interrupted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

FIGURES = {
    "attempts", "answered_person", "answered_machine", "no_answer", "busy", "failed", "bridged", "abandoned",
    "abandon_rate", "promises", "promised_minor_units", "messages_sent", "messages_delivered", "gate_denied",
    "violations", "orphans", "duplicate_dials", "answer_to_agent_ms", "event_to_console_ms", "occupancy",
}  # fmt: skip


def within(seconds: float) -> float:
    """The limit of an otherwise idle machine: beside other programs, the share that is left for this one."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass(slots=True)
class Started:
    process: asyncio.subprocess.Process
    took_s: float
    said: str

    def login(self, role: str) -> tuple[str, str]:
        line = next(line for line in self.said.splitlines() if line.strip().startswith(role))
        _, name, _, password = line.split()
        return name, password


async def demo(program: Program, port: int, *words: str, within_s: float = 180) -> Started:
    """Until it says that it runs."""
    began = time.monotonic()
    process = await program.start("demo", "--port", str(port), *words)
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(within_s):
        while "Ctrl+C stops" not in said:
            line = await process.stdout.readline()
            assert line, (said, (await ended(process)).err)
            said += line.decode()
    return Started(process, time.monotonic() - began, said)


async def logged_in(port: int, name: str, password: str) -> dict[str, object]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        async with http.get("/healthz") as reply:
            assert reply.status == 200
        body = {"login": name, "password": password}
        async with http.post("/api/login", json=body, headers={"Origin": f"http://127.0.0.1:{port}"}) as reply:
            assert reply.status == 200, await reply.text()
            return dict(await reply.json())


def stopped_well(ran: Ran) -> None:
    assert ran.code == 0, ran
    assert "Stopping." in ran.out
    assert all(line.startswith("{") for line in ran.err.splitlines()), "only the log"


async def test_it_starts_goes_on_with_its_data_and_starts_over(tmp_path: Path) -> None:
    # a server that is set up on this machine: the demonstration must not find it
    program = Program(
        tmp_path,
        {
            "PROMISELINE_DATABASE_URL": "postgresql://127.0.0.1:1/x",
            "PROMISELINE_TENANT": "house",
            "PROMISELINE_ROLES": "[]",
        },
    )
    port = free_port()

    first = await demo(program, port)
    assert first.took_s < within(60)
    assert "12 simulated agents" in first.said
    await logged_in(port, *first.login("agent"))
    await logged_in(port, *first.login("supervisor"))
    twin = await program("demo", "--port", str(free_port()))
    assert "a demonstration runs already" in twin.refusal()
    stopped_well(await interrupted(first.process))

    second = await demo(program, port)
    assert second.took_s < within(10)
    assert [second.login(role) for role in ("agent", "supervisor")] == [
        first.login(role) for role in ("agent", "supervisor")
    ], "it keeps its data"
    await logged_in(port, *second.login("agent"))
    stopped_well(await interrupted(second.process))

    over = await demo(program, port, "--reset", "--debtors", "300")
    assert over.login("agent") != first.login("agent")
    await logged_in(port, *over.login("agent"))
    stopped_well(await interrupted(over.process))


async def test_a_taken_port_is_told_at_once_and_nothing_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = await Program(tmp_path)("demo", "--port", str(port))

    assert f"port {port} cannot be listened on (Address already in use)" in ran.refusal()
    assert "promiseline demo --port 8090" in ran.err
    assert not (tmp_path / ".demo" / "postgres").exists()


async def test_a_stop_while_it_is_being_set_up_leaves_nothing_that_hinders_the_next_start(tmp_path: Path) -> None:
    program, port = Program(tmp_path), free_port()
    process = await program.start("demo", "--port", str(port), "--debtors", "4000")
    portfolio = tmp_path / ".demo" / "portfolio.csv"
    async with asyncio.timeout(120):
        while True:
            if portfolio.exists():  # the import comes next
                break
            await asyncio.sleep(0.02)

    stopped_well(await interrupted(process))
    again = await demo(program, port, "--debtors", "4000")
    await logged_in(port, *again.login("agent"))
    stopped_well(await interrupted(again.process))


async def test_headless_it_prints_every_figure_as_one_document_and_breaks_no_rule(tmp_path: Path) -> None:
    ran = await ended(
        await Program(tmp_path).start(
            *("demo", "--headless", "--seconds", "240", "--speed", "20", "--seed", "7", "--debtors", "2000", "--json")
        ),
        within_s=240,
    )

    figures = ran.json()
    assert figures.keys() >= FIGURES
    assert (figures["violations"], figures["orphans"], figures["duplicate_dials"]) == (0, 0, 0), figures["findings"]
    assert figures["attempts"] >= 20
    assert figures["attempts"] >= sum(figures[name] for name in ("answered_person", "answered_machine", "no_answer"))
    assert figures["bridged"] >= 5
    assert figures["messages_sent"] >= figures["messages_delivered"] > 0
    assert figures["abandon_rate"] == pytest.approx(figures["abandoned"] / (figures["answered_person"] or 1), abs=1e-4)
    assert figures["abandon_rate"] <= 0.25
    assert isinstance(figures["gate_denied"], dict)
    assert set(figures["answer_to_agent_ms"]) == {"p50", "p95", "p99"}
    assert set(figures["event_to_console_ms"]) == {"p50", "p99"}
    assert 0 < figures["answer_to_agent_ms"]["p50"] <= figures["answer_to_agent_ms"]["p99"]
    assert 0 < figures["occupancy"] <= 1
    assert json.dumps(figures["promised_minor_units"])
    assert not (tmp_path / ".demo").exists(), "it leaves nothing behind"


async def test_headless_figures_can_be_read_by_people_and_nonsense_is_refused(tmp_path: Path) -> None:
    nonsense = await Program(tmp_path)("demo", "--headless", "--seconds", "0")

    assert "--seconds and --speed must be numbers above 0" in nonsense.refusal()
