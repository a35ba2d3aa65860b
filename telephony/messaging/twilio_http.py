"""The twilio library's asynchronous HTTP client with deadlines, one attempt a request, and an address of our choice.

Mends what 9.13 lacks: it has no timeout at all, uses calls that aiohttp drops, and logs numbers and texts.
Import this module late: the twilio library takes a third of a second.
"""

import base64
import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, ConnectionTimeoutError
from aiohttp.client_exceptions import ClientConnectorError
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]


class NotSent(Exception):
    """The request did not reach the carrier, or it answered that it did not take it."""

    def __init__(self, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s


class MaybeSent(Exception):
    """The request went out and no trustworthy answer came. The text is safe to log."""


class DeadlinedClient(AsyncHttpClient):  # type: ignore[misc]
    """One session; every request ends within `timeout_s`; nothing is ever repeated."""

    def __init__(self, base_url: str, timeout_s: float) -> None:
        super().__init__(logging.getLogger("promiseline.twilio"), True, timeout_s)
        self._base = urlsplit(base_url)
        # waiting for a connection has its own, shorter limit: when that one strikes, nothing was sent
        self._session = ClientSession(
            timeout=ClientTimeout(total=timeout_s, connect=timeout_s / 2), trust_env=True, auto_decompress=True
        )

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature; the session holds the limit
        allow_redirects: bool = False,
    ) -> Any:
        sent_headers = dict(headers or {})
        if auth is not None:
            token = base64.b64encode(f"{auth[0]}:{auth[1]}".encode()).decode("ascii")
            sent_headers["Authorization"] = f"Basic {token}"
        try:
            async with self._session.request(
                method.upper(),
                self._moved(url),
                params=_words(params),
                data=_words(data),
                headers=sent_headers,
                allow_redirects=False,
            ) as reply:
                text = await reply.text()
                status, reply_headers = reply.status, dict(reply.headers)
        except (ClientConnectorError, ConnectionTimeoutError) as problem:
            raise NotSent("connect") from problem
        except (ClientError, TimeoutError, UnicodeDecodeError) as problem:
            raise MaybeSent(type(problem).__name__) from problem
        _raise_for_overload(status, reply_headers)
        return Response(status, text, reply_headers)

    def _moved(self, url: str) -> str:
        parts = urlsplit(url)
        return urlunsplit((self._base.scheme, self._base.netloc, self._base.path + parts.path, parts.query, ""))

    async def close(self) -> None:
        await self._session.close()

    async def __aenter__(self) -> "DeadlinedClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _raise_for_overload(status: int, headers: Mapping[str, str]) -> None:
    """429, and 503 with Retry-After, say that nothing was taken; any other 5xx or redirect says nothing."""
    wait = _seconds(headers.get("Retry-After"))
    if status == 429 or (status == 503 and wait is not None):
        raise NotSent("20429", wait)
    if status >= 500 or 300 <= status < 400:
        raise MaybeSent(f"http {status}")


def _seconds(value: str | None) -> float | None:
    try:
        return None if value is None else max(0.0, float(value))
    except ValueError:
        return 1.0  # an HTTP date: the header is there, the next tick is soon enough


def _words(fields: Mapping[str, object] | None) -> list[tuple[str, str]] | None:
    if not fields:
        return None
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        for item in value if isinstance(value, list | tuple) else (value,):
            pairs.append((name, str(item).lower() if isinstance(item, bool) else str(item)))
    return pairs
