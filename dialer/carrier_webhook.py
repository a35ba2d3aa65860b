"""A carrier's calls into us, as the web role wants them: signature and token checked, then handed to the handlers."""

import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import structlog

from dialer.inbound import Inbound
from dialer.message_reports import MessageReports
from dialer.messenger import callback_token
from dialer.spool import AWAY, ReplySpool
from telephony.clock import Clock
from telephony.messaging.port import Form, Provider

log = structlog.get_logger()


class CarrierWebhook:
    """For one provider. `callback_key` is the messenger's; `spool` keeps replies while the database is away."""

    def __init__(
        self,
        provider: Provider,
        reports: MessageReports,
        inbound: Inbound,
        callback_key: bytes,
        spool: ReplySpool,
        clock: Clock,
    ) -> None:
        self._spool = spool
        self._clock = clock
        self._provider = provider
        self._reports = reports
        self._inbound = inbound
        self._key = callback_key

    def verify(self, path_and_query: str, form: Form, headers: Mapping[str, str]) -> bool:
        """Whether the carrier signed this call, and a report carries the token of its very message."""
        return self._token_fits(path_and_query) and self._provider.verify(path_and_query, form, headers)

    def _token_fits(self, path_and_query: str) -> bool:
        parts = urlsplit(path_and_query)
        _, is_status, last = parts.path.rpartition("/status/")
        if not is_status:
            return True
        try:
            message_id = UUID(last)
        except ValueError:
            return False
        given = parse_qs(parts.query).get("t", [""])[-1]
        return hmac.compare_digest(given.encode(), callback_token(self._key, message_id).encode())

    async def status(self, message_id: UUID, form: Form) -> None:
        report = self._provider.parse_status(form)
        if report is None:
            log.warning("webhook.status_not_understood", provider=self._provider.name)
            return
        await self._reports.handle_status(message_id, report)

    async def inbound(self, form: Form) -> None:
        message = self._provider.parse_inbound(form)
        if message is None:
            log.warning("webhook.inbound_not_understood", provider=self._provider.name)
            return
        try:
            await self._inbound.handle_inbound(message)
        except AWAY as problem:
            # the carrier gets its thanks only when the reply is safe, on disk at least
            log.error("webhook.reply_not_stored", problem=type(problem).__name__)
            await self._spool.keep(message, self._clock.now())
