"""Carries REST requests over a pool of HTTP connections and tells "nothing was done" from "nobody knows"."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Protocol
from urllib.parse import urlencode

import aiohttp
import msgspec
from yarl import URL

from telephony.ari.errors import ExchangeUnavailable, ExchangeUnknown
from telephony.ari.request import Request
from telephony.ari.settings import AriSettings

KEEPALIVE_S = 10.0
"""Below Asterisk's default `session_keep_alive` (15 s): a request on a connection that is closing loses its reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    reason: str
    body: bytes


class Transport(Protocol):
    async def exchange(self, request: Request, deadline_s: float) -> Reply:
        """Send and await the reply, whatever its status. Raises ExchangeUnavailable (not sent) or ExchangeUnknown."""
        ...

    async def close(self) -> None: ...


class HttpTransport:
    """At most `pool_size` connections; a request that gets none before its deadline was not sent."""

    def __init__(self, settings: AriSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """Made at first use, as it belongs to the running event loop."""
        if self._session is None or self._session.closed:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_note_sent)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._settings.pool_size, keepalive_timeout=KEEPALIVE_S),
                headers=self._settings.headers,
                timeout=aiohttp.ClientTimeout(total=None),
                trace_configs=[trace],
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def exchange(self, request: Request, deadline_s: float) -> Reply:
        url = self._settings.base_url + request.path
        if request.query:
            url += "?" + urlencode(request.query_texts())
        headers = {} if request.body is None else {"Content-Type": "application/json"}
        data = None if request.body is None else msgspec.json.encode(request.body)
        sent = asyncio.Event()
        node = self._settings.node
        try:
            async with (
                asyncio.timeout(deadline_s),
                self.session.request(
                    request.method,
                    URL(url, encoded=True),
                    data=data,
                    headers=headers,
                    allow_redirects=False,
                    trace_request_ctx=sent,
                ) as response,
            ):
                return Reply(response.status, response.reason or "", await response.read())
        except TimeoutError as error:
            if sent.is_set():
                raise ExchangeUnknown(f"node {node}: no reply to {request.op} within {deadline_s:g} s") from error
            raise ExchangeUnavailable(f"node {node}: no connection for {request.op} in {deadline_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            kind = type(error).__name__
            if sent.is_set():
                raise ExchangeUnknown(
                    f"node {node}: connection lost before the reply to {request.op} ({kind})"
                ) from error
            raise ExchangeUnavailable(f"node {node} cannot be reached at the setting `url` ({kind})") from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


async def _note_sent(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    if context.trace_request_ctx is not None:
        context.trace_request_ctx.set()
