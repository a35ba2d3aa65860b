"""The public address of each e-mail that ends e-mails: GET asks, POST does it, by the token alone (RFC 8058)."""

import re
from pathlib import Path

import structlog
from aiohttp import web

from agent_ui.deps import WebDeps
from agent_ui.misses import Misses
from agent_ui.policy import PUBLIC, TOKEN_HOLDER, Route
from agent_ui.source import requester, source_hash
from agent_ui.unsubscribe.page import STYLE, page
from agent_ui.unsubscribe.words import WORDS, language_of, liked
from dialer.faults import database_gone
from dialer.unsubscribing import Asked, Unsubscribing

log = structlog.get_logger()
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
TRY_AGAIN_S = 60


class UnsubscribeApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps
        self._unsubscribing = Unsubscribing(deps.engine, deps.settings.tenant_id, deps.clock)
        self._misses = Misses()
        self._style = Path(__file__).with_name("page.css").read_bytes()

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/unsubscribe/{token}", self.ask, PUBLIC),
            Route("POST", "/unsubscribe/{token}", self.stop, TOKEN_HOLDER),
            Route("GET", STYLE, self.style, PUBLIC),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        """Changes nothing: programs that look through mail open every link."""
        return await self._answer(request, done=False)

    async def stop(self, request: web.Request) -> web.Response:
        """The person's press or the mail program's own; what the body holds is not read."""
        return await self._answer(request, done=True)

    async def _answer(self, request: web.Request, *, done: bool) -> web.Response:
        now = self._deps.clock.now()
        source = source_hash(requester(request, self._deps.settings.trusted_proxies))
        theirs = liked(request.headers.get("Accept-Language", ""))
        wait = self._misses.wait_s(source, now)
        if wait:
            return _html(429, page(theirs, WORDS[theirs].busy), retry_after_s=wait)
        try:
            asked = await self._find(request.match_info["token"], done)
        except Exception as fault:
            if not database_gone(fault):
                raise
            log.warning("unsubscribe.database_gone", error=type(fault).__name__)
            return _html(503, page(theirs, WORDS[theirs].away, button=done), retry_after_s=TRY_AGAIN_S)
        if asked is None:
            self._misses.count(source, now)
            return _html(404, page(theirs, WORDS[theirs].unknown))
        language = language_of(asked.language)
        said = WORDS[language].done if done else WORDS[language].ask
        return _html(200, page(language, said, business_name=asked.business_name, button=not done))

    async def _find(self, token: str, done: bool) -> Asked | None:
        if not _TOKEN.fullmatch(token):
            return None
        return await (self._unsubscribing.stop(token) if done else self._unsubscribing.find(token))

    async def style(self, _: web.Request) -> web.Response:
        return web.Response(
            body=self._style, content_type="text/css", headers={"Cache-Control": "public, max-age=86400"}
        )


def _html(status: int, text: str, *, retry_after_s: int | None = None) -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)
