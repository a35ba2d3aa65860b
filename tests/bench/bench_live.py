"""Measures how long one delta takes from the floor to each of 200 consoles, everything in one process.

python -m tests.bench.bench_live [--consoles 200] [--rounds 100] [--json]

`spread`: the deltas of a round go out one after another, as the events of calls do. `burst`: all of a round at the same
instant, so that the last console waits for 199 others. Meanwhile every console asks once a second whether the line
lives, as the real ones do in silence. Clients share the process and its one core with the server, so the
figures are upper bounds.
"""

import argparse
import asyncio
import json
import logging
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
import uvloop
from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType
from aiohttp.test_utils import TestServer, unused_port
from sqlalchemy.ext.asyncio import AsyncEngine

from agent_ui.app import make_app
from agent_ui.deps import WebDeps, WebSettings
from agent_ui.sessions import COOKIE, SessionStore, hash_token
from campaigns.db import migrate
from campaigns.db.embedded import EmbeddedPostgres
from campaigns.db.engine import make_engine
from campaigns.users.passwords import Passwords
from dialer.commands import Actor, Command, Reply
from dialer.link import Link
from dialer.streams import Op, StreamHub
from telephony.clock import SystemClock
from tests.builders import a_tenant, a_user

BUDGET_P99_MS = 20.0
SPACING_S = 0.002


class QuietFloor:
    """Publishes what the bench tells it; nobody is dialed."""

    def __init__(self) -> None:
        self.hub = StreamHub(SystemClock(), "bench")
        self.link = Link(SystemClock())

    async def agent_command(self, actor: Actor, command: Command) -> Reply:
        return Reply()

    async def supervisor_command(self, actor: Actor, command: Command) -> Reply:
        return Reply()

    async def agent_present(self, actor: Actor, present: bool) -> None:
        if present:
            self.hub.publish(f"agent:{actor.user_id}", [Op((), CONSOLE)])

    async def campaign_changed(self, campaign_id: int) -> None: ...


CONSOLE: dict[str, Any] = {"agent": {"state": "ready"}, "call": None, "file": None, "notices": []}
CALL = {
    "attempt_id": "0" * 36,
    "phase": "talking",
    "campaign": "Spring",
    "phone_masked": "+1 212 *** 0123",
    "checks": [],
}


@dataclass(slots=True)
class Listener:
    """One console: what it took for each delta to come, in milliseconds."""

    user: int
    socket: ClientWebSocketResponse
    sent_at: float = 0.0
    heard: int = 1  # the number of the last delta; 1 came before the first resume
    took_ms: list[float] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        async for message in self.socket:
            if message.type is not WSMsgType.TEXT:
                return
            if message.data == "2":
                await self.socket.send_str("3")
            elif '"delta"' in message.data[:24]:
                self.heard += 1
                self.took_ms.append((time.perf_counter() - self.sent_at) * 1000)
                self.came.set()

    async def probe(self, after_s: float) -> None:
        """`after_s`: consoles are opened at different moments, so their questions do not come all at once."""
        await asyncio.sleep(after_s)
        seq = 0
        while True:
            await asyncio.sleep(1)
            seq += 1
            await self.socket.send_str(f'42/agent,{seq}["resume",{{"epoch":"bench","seq":{self.heard}}}]')


async def _connect(http: ClientSession, base: str, token: str, csrf: str, user: int) -> Listener:
    headers = {"Cookie": f"{COOKIE}={token}", "Origin": base}
    socket = await http.ws_connect(f"{base}/live/?EIO=4&transport=websocket", headers=headers, max_msg_size=0)
    await socket.receive_str()
    await socket.send_str("40/agent," + json.dumps({"csrf": csrf}))
    joined = await socket.receive_str()
    if not joined.startswith("40/agent,"):
        raise RuntimeError(f"not let in: {joined}")
    await socket.send_str('42/agent,0["resume",{"epoch":null,"seq":0}]')
    await socket.receive_str()
    return Listener(user, socket)


async def _logins(engine: AsyncEngine, store: SessionStore, consoles: int) -> tuple[int, list[tuple[int, str]]]:
    async with engine.begin() as connection:
        tenant = await a_tenant(connection)
        users = [await a_user(connection, tenant) for _ in range(consoles)]
        return tenant, [(user, await store.create(connection, tenant, user)) for user in users]


async def _round(floor: QuietFloor, listeners: list[Listener], number: int, spacing_s: float) -> None:
    for listener in listeners:
        listener.came.clear()
    for listener in listeners:
        listener.sent_at = time.perf_counter()
        floor.hub.publish(f"agent:{listener.user}", [Op(("call",), {**CALL, "number": number})])
        if spacing_s:
            await asyncio.sleep(spacing_s)
    await asyncio.gather(*(listener.came.wait() for listener in listeners))


async def measure(url: str, consoles: int, rounds: int) -> dict[str, Any]:
    await migrate.upgrade(url)
    engine, clock, floor = make_engine(url), SystemClock(), QuietFloor()
    base = f"http://127.0.0.1:{(port := unused_port())}"
    plain = WebSettings(public_base_url=base)
    store = SessionStore(engine, clock, plain.session_lifetime, plain.session_idle)
    tenant, logins = await _logins(engine, store, consoles)
    settings = WebSettings(public_base_url=base, tenant_id=tenant)
    server = TestServer(make_app(WebDeps(engine, floor, clock, settings, Passwords())), port=port)
    await server.start_server()
    standing = await store.find_all([hash_token(token) for _, token in logins])
    http = ClientSession(connector=TCPConnector(limit=0))
    began = time.perf_counter()
    listeners = []
    for user, token in logins:
        listeners.append(await _connect(http, base, token, getattr(standing[hash_token(token)], "csrf", ""), user))
    connected_s = time.perf_counter() - began
    tasks = [asyncio.create_task(each.listen()) for each in listeners]
    tasks += [asyncio.create_task(each.probe(number / consoles)) for number, each in enumerate(listeners)]
    figures = {}
    for name, spacing_s in (("spread", SPACING_S), ("burst", 0.0)):
        for listener in listeners:
            listener.took_ms.clear()
        spent = time.process_time()
        for number in range(rounds):
            await _round(floor, listeners, number, spacing_s)
        cpu_us = (time.process_time() - spent) * 1e6 / rounds / consoles
        figures[name] = _figures([each for listener in listeners for each in listener.took_ms], cpu_us)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await http.close()
    await server.close()
    await engine.dispose()
    return {"connects_per_s": round(consoles / connected_s), **figures}


def _figures(taken: list[float], cpu_us: float) -> dict[str, float]:
    hundredths = statistics.quantiles(taken, n=100)
    found = {"p50_ms": hundredths[49], "p95_ms": hundredths[94], "p99_ms": hundredths[98], "max_ms": max(taken)}
    rounded = {name: round(value, 2) for name, value in found.items()}
    return rounded | {"cpu_us": round(cpu_us), "deltas": len(taken)}  # both ends of a delta, probes and pings included


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--consoles", type=int, default=200)
    options.add_argument("--rounds", type=int, default=100)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    folder = Path(tempfile.mkdtemp(prefix="promiseline-bench-"))
    server = EmbeddedPostgres(folder / "pg", durable=False)
    server.start()
    try:
        server.ensure_database("bench_live")
        figures = uvloop.run(measure(server.url("bench_live"), given.consoles, given.rounds))
    finally:
        server.destroy()
        shutil.rmtree(folder)
    passed = figures["spread"]["p99_ms"] < BUDGET_P99_MS
    report = {"bench": "live", "consoles": given.consoles, **figures, "budget": {"p99_ms": BUDGET_P99_MS},
              "passed": passed}  # fmt: skip
    if not given.json:
        print(f"{'':>8} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'max ms':>8} {'cpu us':>8} {'deltas':>8}")
        for name in ("spread", "burst"):
            print(f"{name:>8} " + " ".join(f"{value:>8}" for value in figures[name].values()))
        print(
            f"{given.consoles} consoles, {figures['connects_per_s']} connects a second; p99 budget {BUDGET_P99_MS} ms"
        )
    print(json.dumps(report))


if __name__ == "__main__":
    main()
