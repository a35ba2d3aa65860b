"""A web role on a real database, with a scripted floor; browsers that log in and consoles that listen."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import socketio  # type: ignore[import-untyped]
from aiohttp import ClientResponse, ClientSession, CookieJar
from aiohttp.test_utils import TestServer, unused_port
from sqlalchemy.ext.asyncio import AsyncEngine

from agent_ui.app import LIVE, make_app
from agent_ui.deps import WebDeps, WebSettings
from agent_ui.live.clients import Client
from agent_ui.sessions import COOKIE
from campaigns.users.passwords import Passwords
from tests.agent_ui.twins import (
    HASHER,
    PASSWORD,
    FloorTwin,
    HandClock,
    WebhookTwin,
    floor_state,
)
from tests.builders import a_tenant, a_user


@dataclass
class Browser:
    """One browser: cookies, the CSRF token after login, and HTTP as the consoles do it."""

    http: ClientSession
    base: str
    csrf: str = ""

    async def call(self, method: str, path: str, body: Any = None, **extra: Any) -> ClientResponse:
        headers = {"Origin": self.base, "X-CSRF-Token": self.csrf, **extra.pop("headers", {})}
        kept = {name: value for name, value in headers.items() if value}
        return await self.http.request(method, self.base + path, json=body, headers=kept, **extra)

    async def login(self, login: str, password: str = PASSWORD) -> ClientResponse:
        response = await self.call("POST", "/api/login", {"login": login, "password": password})
        if response.status == 200:
            self.csrf = (await response.json())["csrf"]
        return response

    @property
    def cookie(self) -> str:
        return next((each.value for each in self.http.cookie_jar if each.key == COOKIE), "")


@dataclass
class Console:
    """One Socket.IO client that keeps what it hears."""

    sio: Any
    namespace: str
    deltas: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    byes: list[dict[str, Any]] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def ask(self, event: str, payload: Any) -> Any:
        return await self.sio.call(event, payload, namespace=self.namespace, timeout=5)

    async def resume(self, epoch: str | None = None, seq: int = 0) -> Any:
        return await self.ask("resume", {"epoch": epoch, "seq": seq})

    async def command(self, cmd_id: str, name: str = "ready", **args: Any) -> Any:
        return await self.ask("command", {"cmd_id": cmd_id, "name": name, "args": args})

    async def hear(self, into: list[dict[str, Any]], message: dict[str, Any]) -> None:
        async with self.heard:
            into.append(message)
            self.heard.notify_all()

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(5), self.heard:
            await self.heard.wait_for(met)


class Refused(Exception):
    """The server let no console in; its argument is what it said."""


@dataclass
class Web:
    """The running web role and what stands around it."""

    server: TestServer
    deps: WebDeps
    floor: FloorTwin
    clock: HandClock
    webhook: WebhookTwin
    tenant: int
    users: dict[str, int]
    sessions: list[ClientSession] = field(default_factory=list)
    consoles: list[Console] = field(default_factory=list)

    @property
    def base(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def browser(self) -> Browser:
        http = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.sessions.append(http)
        return Browser(http, self.base)

    async def logged_in(self, role: str) -> Browser:
        browser = self.browser()
        response = await browser.login(role)
        assert response.status == 200, await response.text()
        return browser

    async def console(self, browser: Browser, namespace: str, **auth: Any) -> Console:
        """A connected console; raises Refused when the server refuses."""
        sio = socketio.AsyncClient(reconnection=False, serializer="default")
        console = Console(sio, namespace)

        async def hear_delta(message: dict[str, Any]) -> None:
            await console.hear(console.deltas, message)

        async def hear_bye(message: dict[str, Any]) -> None:
            await console.hear(console.byes, message)

        async def hear_link(message: dict[str, Any]) -> None:
            await console.hear(console.links, message)

        sio.on("delta", hear_delta, namespace=namespace)
        sio.on("floor", hear_link, namespace=namespace)
        sio.on("bye", hear_bye, namespace=namespace)
        sio.on("disconnect", lambda *_: console.gone.set(), namespace=namespace)
        refusals: list[Any] = []
        sio.on("connect_error", refusals.append, namespace=namespace)
        self.consoles.append(console)
        headers = {"Cookie": f"{COOKIE}={browser.cookie}", "Origin": self.base}
        try:
            await sio.connect(
                self.base,
                headers=headers,
                auth={"csrf": browser.csrf, **auth},
                transports=["websocket"],
                socketio_path="/live/",
                namespaces=[namespace],
                wait_timeout=5,
            )
        except socketio.exceptions.ConnectionError as refused:
            raise Refused(refusals[0] if refusals else str(refused)) from None
        return console

    def live_clients(self) -> list[Client]:
        """The server's own records of the consoles."""
        return list(self.server.app[LIVE]._clients)

    async def close(self) -> None:
        for console in self.consoles:
            await console.sio.disconnect()
        for session in self.sessions:
            await session.close()
        await self.server.close()


WebMaker = Callable[..., Awaitable[Web]]


async def start_web(engine: AsyncEngine, tmp_path: Path, settings: dict[str, Any], parts: dict[str, Any]) -> Web:
    async with engine.begin() as connection:
        tenant = await a_tenant(connection)
        password_hash = HASHER.hash(PASSWORD)
        users = {
            role: await a_user(connection, tenant, role, login=role, password_hash=password_hash)
            for role in ("agent", "supervisor", "admin")
        }
    clock = HandClock(datetime.now(UTC))
    floor, webhook = FloorTwin(clock), WebhookTwin()
    floor_state(floor, tenant)
    port = unused_port()
    plain = WebSettings(
        public_base_url=f"http://127.0.0.1:{port}", tenant_id=tenant, static_dir=tmp_path, sandbox=True, version="1.2.3"
    )
    deps = WebDeps(
        engine=engine,
        floor=floor,
        clock=clock,
        settings=replace(plain, **settings),
        passwords=Passwords(HASHER),
        webhooks={"twilio": webhook},
    )
    deps = replace(deps, **parts)
    server = TestServer(make_app(deps), port=port)
    await server.start_server()
    return Web(server, deps, floor, clock, webhook, tenant, users)


@pytest.fixture
async def make_web(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[WebMaker]:
    """Starts web roles with changed settings or parts: `await make_web({"sandbox": False}, parts={...})`."""
    made: list[Web] = []

    async def make(settings: dict[str, Any] | None = None, parts: dict[str, Any] | None = None) -> Web:
        web = await start_web(engine, tmp_path, settings or {}, parts or {})
        made.append(web)
        return web

    yield make
    for web in made:
        await web.close()


@pytest.fixture
async def web(make_web: WebMaker) -> Web:
    return await make_web()
