"""Watches agents' phones on one node: subscribes to them, again after each connect, and asks who is online."""

from dataclasses import dataclass

import structlog

from telephony.ari.client import AriClient
from telephony.ari.errors import ExchangeRefused

log = structlog.get_logger(__name__)

CHUNK = 50
"""Endpoints in one request, so that its URL stays short."""


@dataclass(frozen=True, slots=True)
class EndpointSeen:
    """`endpoint` like PJSIP/agent-7."""

    endpoint: str
    online: bool


class EndpointWatch:
    """Only `endpoint:` sources: a subscription to device states can deadlock a node when its socket closes."""

    def __init__(self, client: AriClient) -> None:
        self._client = client
        self._app = client.settings.app
        self._watched: dict[str, None] = {}

    async def watch(self, endpoint: str) -> bool:
        """True if it is online now. Raises ExchangeRefused where the node knows no such endpoint."""
        await self._subscribe([endpoint])
        online = await self.is_online(endpoint)
        self._watched[endpoint] = None
        return online

    async def is_online(self, endpoint: str) -> bool:
        technology, _, resource = endpoint.partition("/")
        return (await self._client.endpoints.get(technology, resource)).state == "online"

    async def again(self) -> list[EndpointSeen]:
        """Subscribe to all again, and tell the state of each: changes during the gap were lost."""
        names = list(self._watched)
        for start in range(0, len(names), CHUNK):
            await self._subscribe_what_exists(names[start : start + CHUNK])
        if not names:
            return []
        found = await self._client.endpoints.list()
        online = {f"{known.technology}/{known.resource}" for known in found if known.state == "online"}
        return [EndpointSeen(name, name in online) for name in names]

    async def _subscribe(self, endpoints: list[str]) -> None:
        sources = [f"endpoint:{endpoint}" for endpoint in endpoints]
        await self._client.applications.subscribe(self._app, event_source=sources)

    async def _subscribe_what_exists(self, endpoints: list[str]) -> None:
        """One endpoint that was removed from the node must not blind us to the others."""
        try:
            await self._subscribe(endpoints)
        except ExchangeRefused as refused:
            if refused.status != 422:
                raise
            if len(endpoints) == 1:
                log.warning("ari.endpoint_refused", node=self._client.settings.node, endpoint=endpoints[0])
                return
            for endpoint in endpoints:
                await self._subscribe_what_exists([endpoint])
