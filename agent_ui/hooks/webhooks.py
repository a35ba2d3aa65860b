"""Carriers' calls into us: delivery reports and replies. Verified, handed on, answered; the work happens later."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from aiohttp import web

from agent_ui.deps import WebDeps
from agent_ui.metrics import WebMetrics
from agent_ui.policy import PROVIDER, Route
from agent_ui.ports import Form, Webhook
from agent_ui.problems import Problem

log = structlog.get_logger()

EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
FIELDS_AT_MOST = 200


class WebhookApi:
    def __init__(self, deps: WebDeps, metrics: WebMetrics) -> None:
        self._webhooks = deps.webhooks
        self._metrics = metrics

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/hooks/{provider}/status/{message_id}", self.status, PROVIDER),
            Route("POST", "/hooks/{provider}/inbound", self.inbound, PROVIDER),
        ]

    async def status(self, request: web.Request) -> web.Response:
        try:
            message_id = UUID(request.match_info["message_id"])
        except ValueError:
            raise Problem(404, "not_found", "There is no such message.") from None
        await self._handle(request, "status", lambda webhook, form: webhook.status(message_id, form))
        return web.Response(status=204)

    async def inbound(self, request: web.Request) -> web.Response:
        await self._handle(request, "inbound", lambda webhook, form: webhook.inbound(form))
        return web.Response(text=EMPTY_TWIML, content_type="text/xml")

    async def _handle(self, request: web.Request, kind: str, take: Callable[[Webhook, Form], Awaitable[None]]) -> None:
        provider = request.match_info["provider"]
        webhook = self._webhooks.get(provider)
        if webhook is None:
            raise Problem(404, "not_found", "No such carrier is set up here.")
        form = await _read_form(request)
        # the path as it was called: the signature is over exactly that
        if not webhook.verify(request.raw_path, form, request.headers):
            self._metrics.hooks.labels(provider, kind, "refused").inc()
            log.warning("hooks.bad_signature", provider=provider, kind=kind)
            raise Problem(403, "bad_signature", "The signature does not fit. Check public_base_url and the auth token.")
        await take(webhook, form)
        self._metrics.hooks.labels(provider, kind, "taken").inc()


async def _read_form(request: web.Request) -> Form:
    if request.content_type != "application/x-www-form-urlencoded":
        raise Problem(415, "not_a_form", "Send the fields as application/x-www-form-urlencoded.")
    body = await request.read()
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_AT_MOST)
    except ValueError:
        raise Problem(400, "malformed_form", "The form cannot be read.") from None
