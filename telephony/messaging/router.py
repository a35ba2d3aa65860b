"""Chooses the carrier for a channel, and stops using one that fails: a circuit breaker for each."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from telephony.clock import Clock
from telephony.messaging.port import Channel, Envelope, Provider, Rejected, Sent, Unknown

log = structlog.get_logger()
UNKNOWNS_TO_OPEN = 5
OPEN_S = 30.0
STOPPED_S = 300.0


@dataclass(slots=True)
class Breaker:
    """Closed: use it. Open until an instant: do not; the next good answer closes it."""

    unknowns: int = 0
    open_until: float | None = None
    why: str = ""

    def allows(self, now: float) -> bool:
        return self.open_until is None or now >= self.open_until

    def hear(self, sent: Sent, now: float) -> bool:
        """Take one answer in; True when this one opened the breaker."""
        if isinstance(sent, Rejected) and sent.kind == "stop_provider":
            return self._open(now, sent.retry_after_s or STOPPED_S, sent.code)
        if isinstance(sent, Rejected) and sent.kind == "not_accepted":
            return self._open(now, sent.retry_after_s or 1.0, sent.code)
        if isinstance(sent, Unknown):
            self.unknowns += 1
            return self.unknowns >= UNKNOWNS_TO_OPEN and self._open(now, OPEN_S, sent.because)
        self.unknowns, self.open_until, self.why = 0, None, ""
        return False

    def _open(self, now: float, seconds: float, why: str) -> bool:
        fresh = self.allows(now)
        self.open_until, self.why = max(self.open_until or 0.0, now + seconds), why
        return fresh


class Router:
    """The first carrier in order that serves the channel and whose breaker lets through."""

    def __init__(self, providers: Sequence[Provider], clock: Clock) -> None:
        self._providers = tuple(providers)
        self._clock = clock
        self._breakers = {provider.name: Breaker() for provider in providers}

    def open_channels(self) -> tuple[Channel, ...]:
        """Channels that some carrier can take messages for now."""
        channels: tuple[Channel, ...] = ("sms", "whatsapp", "email")
        return tuple(channel for channel in channels if self.choose(channel) is not None)

    def choose(self, channel: Channel) -> Provider | None:
        now = self._clock.monotonic()
        for provider in self._providers:
            if channel in provider.capabilities.channels and self._breakers[provider.name].allows(now):
                return provider
        return None

    def named(self, name: str) -> Provider | None:
        return next((provider for provider in self._providers if provider.name == name), None)

    async def send(self, provider: Provider, envelope: Envelope) -> Sent:
        """One request to the carrier; its answer moves the breaker."""
        sent = await provider.send(envelope)
        breaker = self._breakers[provider.name]
        if breaker.hear(sent, self._clock.monotonic()):
            log.error("messaging.breaker_opened", provider=provider.name, why=breaker.why)
        return sent

    async def close(self) -> None:
        for provider in self._providers:
            await provider.close()
