"""Builds the web application: every route with its policy, the middlewares, the live side, and what runs beside."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import structlog
from aiohttp import web
from sqlalchemy import delete

from agent_ui.api.abandonment import AbandonmentApi
from agent_ui.api.agents import AgentsApi
from agent_ui.api.amd_evidence import AmdEvidenceApi
from agent_ui.api.auth import AuthApi
from agent_ui.api.campaign_start import CampaignStartApi
from agent_ui.api.campaigns import CampaignsApi
from agent_ui.api.consents import ConsentsApi
from agent_ui.api.evidence import EvidenceApi
from agent_ui.api.explain import ExplainApi
from agent_ui.api.list_import import ListImportApi
from agent_ui.api.lists import ListsApi
from agent_ui.api.operations import DatabaseCheck, OperationsApi
from agent_ui.api.own_password import OwnPasswordApi
from agent_ui.api.pages import Pages
from agent_ui.api.persons import PersonsApi
from agent_ui.api.phone import PhoneApi
from agent_ui.api.reviews import ReviewsApi
from agent_ui.api.rulebooks import RulebooksApi
from agent_ui.api.templates import TemplatesApi
from agent_ui.api.users import UsersApi
from agent_ui.api.verdicts import VerdictsApi
from agent_ui.api.what_if import WhatIfApi
from agent_ui.api.wishes import WishesApi
from agent_ui.deps import WebDeps
from agent_ui.headers import security_headers
from agent_ui.hooks.webhooks import WebhookApi
from agent_ui.live.server import LiveServer
from agent_ui.metrics import WebMetrics
from agent_ui.middleware import errors, guard, observe
from agent_ui.policy import Policies, Route, add_routes, refuse_undeclared
from agent_ui.sessions import SessionStore
from agent_ui.throttle import WINDOW
from agent_ui.unsubscribe.api import UnsubscribeApi
from campaigns.db.tables import login_failure
from dialer.faults import database_gone

log = structlog.get_logger()

POLICIES = web.AppKey("policies", Policies)
LIVE = web.AppKey("live", LiveServer)

PURGE_EVERY_S = 600


class HasRoutes(Protocol):
    def routes(self) -> list[Route]: ...


def make_app(deps: WebDeps) -> web.Application:
    """The application of the web role. Raises UndeclaredPolicy when a route lacks its policy."""
    settings = deps.settings
    metrics = WebMetrics(deps.registry)
    sessions = _sessions(deps)
    live = LiveServer(deps, sessions, metrics)
    what_if = WhatIfApi(deps)
    parts = (
        AuthApi(deps, sessions, live, metrics),
        PhoneApi(deps),
        OwnPasswordApi(deps, live, metrics),
        UsersApi(deps, live),
        AgentsApi(deps),
        CampaignsApi(deps),
        CampaignStartApi(deps),
        TemplatesApi(deps),
        AbandonmentApi(deps),
        AmdEvidenceApi(deps),
        ReviewsApi(deps),
        ExplainApi(deps),
        WishesApi(deps),
        PersonsApi(deps),
        VerdictsApi(deps),
        EvidenceApi(deps),
        RulebooksApi(deps),
        ListsApi(deps),
        ListImportApi(deps),
        ConsentsApi(deps),
        what_if,
        _operations(deps),
        WebhookApi(deps, metrics),
        UnsubscribeApi(deps),
        live,
        Pages(settings.static_dir),
    )
    app = _serving(deps, metrics, sessions, parts)
    app[LIVE] = live
    app.on_cleanup.append(what_if.close)
    app.cleanup_ctx.append(_housekeeping(deps, sessions))
    live.attach(app)
    return app


def make_operations_app(deps: WebDeps) -> web.Application:
    """What the other roles serve: liveness, readiness and figures, and no way in for anybody."""
    metrics = WebMetrics(deps.registry)
    return _serving(deps, metrics, _sessions(deps), (_operations(deps),))


def _sessions(deps: WebDeps) -> SessionStore:
    return SessionStore(deps.engine, deps.clock, deps.settings.session_lifetime, deps.settings.session_idle)


def _operations(deps: WebDeps) -> OperationsApi:
    return OperationsApi(deps.settings, (DatabaseCheck(deps.engine), *deps.readiness), deps.registry)


def _serving(deps: WebDeps, metrics: WebMetrics, sessions: SessionStore, parts: Sequence[HasRoutes]) -> web.Application:
    """The routes of these parts, each with its policy, behind the middlewares and with the security headers."""
    policies: Policies = {}
    app = web.Application(
        middlewares=[observe(metrics), errors, guard(policies, sessions, deps.settings)],
        client_max_size=deps.settings.body_limit_bytes,
    )
    for part in parts:
        policies.update(add_routes(app, part.routes()))
    refuse_undeclared(app, policies)
    headers = security_headers(deps.settings)

    async def secure(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)
        response.headers.popall("Server", None)

    app.on_response_prepare.append(secure)
    app[POLICIES] = policies
    return app


def _housekeeping(deps: WebDeps, sessions: SessionStore) -> Callable[[web.Application], AsyncIterator[None]]:
    """Now and then forgets sessions and failed logins that count no more."""

    async def forget() -> None:
        async with deps.engine.begin() as connection:
            await connection.execute(delete(login_failure).where(login_failure.c.at <= deps.clock.now() - WINDOW))
        await sessions.purge()

    async def loop() -> None:
        while True:
            await deps.clock.sleep(PURGE_EVERY_S)
            try:
                await forget()
            except Exception as fault:
                # it is only tidying: whatever failed, the next round does it
                log.warning("housekeeping.failed", gone=database_gone(fault), error=type(fault).__name__)

    async def context(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(loop())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return context
