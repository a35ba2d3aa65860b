"""What operators and their programs ask: is it alive, is it ready and if not why, and the figures."""

import asyncio
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from agent_ui.context import answer
from agent_ui.deps import WebSettings
from agent_ui.policy import PUBLIC, Route
from agent_ui.ports import CheckResult, ReadinessCheck
from agent_ui.problems import Problem
from agent_ui.source import requester
from dialer.faults import database_gone

log = structlog.get_logger()

CHECK_WITHIN_S = 3.0
FRESH_S = 1.0


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    engine: AsyncEngine
    name: str = "database"
    required: bool = True

    async def check(self) -> CheckResult:
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception as fault:
            if not database_gone(fault):
                raise
            mend = "Start PostgreSQL, or correct database_url; `promiseline doctor` says more."
            return CheckResult(False, f"PostgreSQL does not answer ({type(fault).__name__}).", mend)
        return CheckResult(True, "PostgreSQL answers.")


class OperationsApi:
    def __init__(self, settings: WebSettings, checks: Sequence[ReadinessCheck], registry: CollectorRegistry) -> None:
        self._settings = settings
        self._checks = checks
        self._registry = registry
        self._checking = asyncio.Lock()
        self._last: list[CheckResult] = []
        self._fresh_until = 0.0

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/healthz", self.healthz, PUBLIC),
            Route("GET", "/readyz", self.readyz, PUBLIC),
            Route("GET", "/metrics", self.metrics, PUBLIC),
        ]

    async def healthz(self, _: web.Request) -> web.Response:
        return answer({"alive": True, "version": self._settings.version})

    async def readyz(self, request: web.Request) -> web.Response:
        """200 when all required checks pass, else 503; the reasons are for operators only."""
        paired = list(zip(self._checks, await self._results(), strict=True))
        ready = all(result.ok for check, result in paired if check.required)
        body: dict[str, Any] = {"ready": ready}
        if self._is_operator(request):
            body["checks"] = [
                {
                    "name": check.name,
                    "ok": result.ok,
                    "required": check.required,
                    "reason": result.reason,
                    "mend": result.mend,
                }
                for check, result in paired
            ]
        return answer(body, status=200 if ready else 503)

    async def _results(self) -> list[CheckResult]:
        """Checked at most once a second, however many ask: nobody needs to log in for this."""
        async with self._checking:
            if time.monotonic() >= self._fresh_until:
                self._last = list(await asyncio.gather(*(_run(check) for check in self._checks)))
                self._fresh_until = time.monotonic() + FRESH_S
            return self._last

    async def metrics(self, request: web.Request) -> web.Response:
        if not self._is_operator(request):
            raise Problem(
                403,
                "operators_only",
                "Figures are for operators: ask from the machine itself, or send Authorization: Bearer with the "
                "token that is set as metrics_token.",
            )
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return web.Response(body=generate_latest(self._registry), headers=headers)

    def _is_operator(self, request: web.Request) -> bool:
        """By the token when one is set; else only the machine itself, and not through a proxy that we do not know."""
        token = self._settings.metrics_token
        if token:
            sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
            return hmac.compare_digest(sent.encode(), token.encode())
        passed_on = bool(request.headers.get("X-Forwarded-For")) or "Forwarded" in request.headers
        if not self._settings.trusted_proxies and passed_on:
            return False
        address = requester(request, self._settings.trusted_proxies)
        return address is not None and address.is_loopback


async def _run(check: ReadinessCheck) -> CheckResult:
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            return await check.check()
    except TimeoutError:
        return CheckResult(
            False, f"No answer within {CHECK_WITHIN_S:g} s.", "See whether the part runs and is reachable."
        )
    except Exception:
        # a check that is itself broken is a reason like any other, and must not hide the rest
        log.exception("readiness.check_failed", check=check.name)
        return CheckResult(False, "The check itself failed.", "See the server's log for readiness.check_failed.")
