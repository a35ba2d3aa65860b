"""Kills `promiseline serve` at a chosen moment, starts it again and measures until the call and the agent are back.

The exchange and the carrier are the sandbox ones, of this process: they live on, as a real exchange would.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import socketio  # type: ignore[import-untyped]
from sqlalchemy.ext.asyncio import AsyncEngine

from agent_ui.sessions import COOKIE, Ended, SessionStore, hash_token
from telephony.clock import SystemClock
from telephony.messaging.sandbox.script import Script
from telephony.sandbox.debtors import DebtorModel, DebtorScript, Fate
from telephony.sandbox.exchange import SandboxExchange
from telephony.sandbox.log import Kind
from tests.acceptance.stage import Stage, staged

NUMBER = "+12125550142"
SHIFT = timedelta(hours=8)
LOOK_S = 0.01
WITHIN_S = 100.0  # a machine that is held up is no fault of the product
ENDED = "SELECT * FROM attempt WHERE channel = 'voice' AND state = 'ended'"
BRIDGED = "SELECT * FROM attempt WHERE channel = 'voice' AND bridged_at IS NOT NULL"
DISPOSED = "SELECT * FROM attempt WHERE channel = 'voice' AND state = 'ended' AND disposition IS NOT NULL"
CARED_FOR = "SELECT * FROM attempt WHERE channel = 'voice' AND (bridged_at IS NOT NULL OR abandoned OR state = 'ended')"


@dataclass(frozen=True, slots=True)
class Back:
    """Seconds of one restart. `listening_s`: from the new process's start until the exchange has its event stream.

    `back_s`: from then until the call was adopted or ended and the agent's console showed it; negative is earlier.
    """

    moment: str
    listening_s: float
    back_s: float

    def __str__(self) -> str:
        whole = self.listening_s + self.back_s
        return (
            f"{self.moment}: back {self.back_s:.2f} s after the new process listened to the exchange,"
            f" {whole:.2f} s after its start"
        )


@dataclass(slots=True)
class Scene:
    """One agent, one debtor, one campaign; `console` is the agent's, which knows what it has seen."""

    stage: Stage
    sandbox: SandboxExchange
    http: aiohttp.ClientSession
    token: str
    csrf: str
    console: socketio.AsyncClient | None = None
    state: dict[str, Any] = field(default_factory=dict)
    epoch: str | None = None
    seq: int = 0
    commands: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """The carrier has been asked to send, and has not answered yet."""

    async def open_console(self) -> None:
        """As a browser does it: try until somebody answers, then go on from what was seen last."""
        if self.console is not None:
            await self.console.disconnect()
        self.console = socketio.AsyncClient(reconnection=False)
        self.console.on("delta", self._delta, namespace="/agent")
        headers = {"Cookie": f"{COOKIE}={self.token}", "Origin": self.stage.promiseline.url}
        async with asyncio.timeout(WITHIN_S):
            while not self.console.connected:
                with suppress(socketio.exceptions.ConnectionError):
                    await self.console.connect(
                        self.stage.promiseline.url, headers=headers, auth={"csrf": self.csrf},
                        transports=["websocket"], socketio_path="/live/", namespaces=["/agent"],
                    )  # fmt: skip
                await asyncio.sleep(LOOK_S)
        answer = await self.console.call("resume", {"epoch": self.epoch, "seq": self.seq}, namespace="/agent")
        snapshot = answer["snapshot"]
        self.epoch, self.seq, self.state = snapshot["epoch"], snapshot["seq"], snapshot["state"]

    async def _delta(self, delta: dict[str, Any]) -> None:
        assert delta["seq"] == self.seq + 1, "a console misses nothing"
        self.seq = delta["seq"]
        for op in delta["ops"]:
            assert len(op["path"]) == 1, "the agent's stream sets whole parts"
            self.state[op["path"][0]] = op["value"]

    async def press(self, name: str, **args: Any) -> None:
        assert self.console is not None
        self.commands += 1
        command = {"cmd_id": f"{self.commands}", "name": name, "args": args}
        reply = await self.console.call("command", command, namespace="/agent")
        assert reply.get("error") is None, reply

    def shows(self, state: str, *, connected: bool = True) -> bool:
        agent = self.state.get("agent") or {}
        return agent.get("state") == state and (not connected or bool(agent["phone"]["connected"]))

    async def until(self, true: Callable[[], bool], within_s: float = WITHIN_S) -> None:
        async with asyncio.timeout(within_s):
            while not true():  # noqa: ASYNC110 - another process makes it true
                await asyncio.sleep(LOOK_S)

    async def adopted(self) -> None:
        """The new process has found a call of the old one at the exchange, and says so at /metrics."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                with suppress(aiohttp.ClientError):
                    async with self.http.get(f"{self.stage.promiseline.url}/metrics") as reply:
                        if re.search(r'reconciled_total\{finding="Adopt"\} [1-9]', await reply.text()):
                            return
                await asyncio.sleep(LOOK_S)

    async def attempt(self, query: str) -> dict[str, Any]:
        """The one voice attempt, as soon as there is a row of the query."""
        return dict(await self.stage.eventually(query, WITHIN_S))


class _Noted(dict[str, Script]):
    """The carrier's scripts, which tell when one is looked up: when a request has come."""

    def __init__(self, scripts: dict[str, Script], asked: asyncio.Event) -> None:
        super().__init__(scripts)
        self._asked = asked

    def get(self, number: str, default: Any = None) -> Any:
        self._asked.set()
        return super().get(number, default)


@dataclass(frozen=True, slots=True)
class Moment:
    """`reached`: when the process is killed. `back`: what must be so within 5 s. `after`: how the call ends well."""

    script: DebtorScript
    reached: Callable[[Scene], Awaitable[None]]
    back: Callable[[Scene], Awaitable[Any]]
    after: Callable[[Scene], Awaitable[None]]


@asynccontextmanager
async def scene(
    engine: AsyncEngine, database_url: str, valkey_url: str, folder: Path, script: DebtorScript
) -> AsyncIterator[Scene]:
    """The agent is ready and the campaign runs; its debtor plays the script."""
    sandbox = SandboxExchange(debtors=DebtorModel(scripts={NUMBER[1:]: [script]}))
    await sandbox.start()
    node = {"name": "lab", "url": f"{sandbox.url}/ari", "password": sandbox.password}
    try:
        async with (
            staged(engine, database_url, valkey_url, folder, [node]) as stage,
            aiohttp.ClientSession() as http,
        ):
            store = SessionStore(engine, SystemClock(), SHIFT, SHIFT)
            async with engine.begin() as conn:
                token = await store.create(conn, stage.tenant, stage.agents[0])
            identity = (await store.find_all([hash_token(token)]))[hash_token(token)]
            assert not isinstance(identity, Ended)
            made = Scene(stage, sandbox, http, token, identity.csrf)
            slow = Script(accept_latency_s=2.0, step_s=8.0)  # its reports come when the new process listens
            stage.carrier.carrier.scripts = _Noted({NUMBER: slow}, made.asked)
            try:
                await stage.debtor(NUMBER)
                await stage.promiseline.start()
                await made.open_console()
                await made.press("ready")
                await made.until(lambda: made.shows("ready"))
                await stage.start_campaign()
                yield made
            finally:
                if made.console is not None:
                    await made.console.disconnect()
    finally:
        await sandbox.stop()


async def restarted(scene: Scene, name: str, moment: Moment) -> Back:
    """Kill, start again, and wait until all is back."""
    await moment.reached(scene)
    before = len(list(scene.sandbox.log.of("app_up")))
    await scene.stage.promiseline.kill()
    scene.state = {}  # what is shown from here on comes from the new process
    began, wall = time.monotonic(), datetime.now(UTC)
    starting = asyncio.create_task(scene.stage.promiseline.start())
    try:
        await asyncio.gather(moment.back(scene), scene.open_console())
        back = time.monotonic() - began
    finally:
        await starting
    heard = list(scene.sandbox.log.of("app_up"))[before]
    listening = (heard.at - wall).total_seconds()
    return Back(name, round(listening, 2), round(back - listening, 2))


PERSON = DebtorScript(fate=Fate.PERSON, setup_s=0.2, ring_s=1.0, patience_s=60.0, talk_s=600.0)


async def _happens(scene: Scene, kind: Kind) -> None:
    """Returns in the very instant: a few milliseconds later the server may have gone on."""
    log = scene.sandbox.log
    async with asyncio.timeout(WITHIN_S):
        dialed = next((entry for entry in log.of("originate") if entry.number), None)
        while dialed is None:
            await asyncio.sleep(LOOK_S)
            dialed = next((entry for entry in log.of("originate") if entry.number), None)
        await log.until(kind, dialed.channel)


async def _rings(scene: Scene) -> None:
    await _happens(scene, "ring")


async def _is_answered(scene: Scene) -> None:
    await _happens(scene, "answer")


async def _is_connected(scene: Scene) -> None:
    """The instant at which the agent sees it; the database has it some milliseconds later."""
    await scene.until(lambda: scene.shows("talking"))


async def _talks(scene: Scene) -> None:
    await _is_connected(scene)
    await scene.attempt(BRIDGED)


async def _wraps_up(scene: Scene) -> None:
    await _talks(scene)
    await scene.press("hangup")
    await scene.until(lambda: scene.shows("wrap_up"))


async def _is_being_sent(scene: Scene) -> None:
    async with asyncio.timeout(WITHIN_S):
        await scene.asked.wait()


async def _is_over(scene: Scene) -> None:
    await scene.attempt(ENDED)


async def _is_taken_care_of(scene: Scene) -> None:
    await scene.attempt(CARED_FOR)


async def _talks_again(scene: Scene) -> None:
    await asyncio.gather(scene.adopted(), scene.until(lambda: scene.shows("talking")))


async def _wraps_up_again(scene: Scene) -> None:
    await scene.until(lambda: scene.shows("wrap_up"), WITHIN_S)


async def _is_ready_again(scene: Scene) -> None:
    await scene.until(lambda: scene.shows("ready"), WITHIN_S)


async def _nothing(scene: Scene) -> None:
    """All that was to be seen has been seen."""


async def _agent_takes_it(scene: Scene) -> None:
    await _talks(scene)
    await _agent_ends_it(scene)


async def _agent_ends_it(scene: Scene) -> None:
    await scene.press("hangup")
    assert (await scene.attempt(ENDED))["outcome"] == "conversation"


async def _agent_disposes(scene: Scene) -> None:
    await scene.press("dispose", code="contact_no_result")
    await scene.until(lambda: scene.shows("ready"))
    ended = await scene.attempt(DISPOSED)
    assert (ended["outcome"], ended["disposition"]) == ("conversation", "contact_no_result")


async def _is_delivered_once(scene: Scene) -> None:
    await scene.stage.eventually("SELECT 1 FROM message WHERE state = 'delivered'", WITHIN_S)
    assert len(scene.stage.carrier.carrier.log.of("accepted")) == 1


REFUSED = DebtorScript(fate=Fate.FAILED, setup_s=0.2, ring_s=0.2, sip=486)
MOMENTS = {
    "it rings, and goes on ringing": Moment(
        DebtorScript(fate=Fate.PERSON, setup_s=0.2, ring_s=14.0, patience_s=60.0, talk_s=600.0),
        _rings, Scene.adopted, _agent_takes_it,
    ),
    "it rings, and is refused meanwhile": Moment(
        DebtorScript(fate=Fate.FAILED, setup_s=0.2, ring_s=1.0, sip=486), _rings, _is_over, _nothing
    ),
    "just answered": Moment(PERSON, _is_answered, _is_taken_care_of, _nothing),
    "connected this instant": Moment(PERSON, _is_connected, _talks_again, _agent_ends_it),
    "talking": Moment(PERSON, _talks, _talks_again, _agent_ends_it),
    "talking, and the person hangs up meanwhile": Moment(
        DebtorScript(fate=Fate.PERSON, setup_s=0.2, ring_s=1.0, patience_s=60.0, talk_s=1.0),
        _talks, _wraps_up_again, _agent_disposes,
    ),
    "wrap-up": Moment(PERSON, _wraps_up, _wraps_up_again, _agent_disposes),
    "a message is being sent": Moment(REFUSED, _is_being_sent, _is_ready_again, _is_delivered_once),
}  # fmt: skip
