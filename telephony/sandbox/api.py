"""Answers ARI requests, over HTTP and over the WebSocket alike: a table of method and path to what the node does."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from telephony.sandbox.api_channels import ChannelRoutes
from telephony.sandbox.api_resources import ResourceRoutes
from telephony.sandbox.node import Refusal
from telephony.sandbox.params import Params
from telephony.sandbox.state import Json


class Reply(NamedTuple):
    """`body` None is sent as an empty 204."""

    status: int
    body: Json | list[Json] | None


Handler = Callable[..., "Json | list[Json] | None"]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    status: int


def _route(method: str, path: str, handler: Handler, status: int = 200) -> Route:
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
    return Route(method, re.compile(f"^{pattern}$"), handler, status)


class Api:
    """`answer` runs one request to its end at once; nothing in the simulated node blocks."""

    def __init__(self, channels: ChannelRoutes, resources: ResourceRoutes) -> None:
        c, r = channels, resources
        self._routes = [
            _route("POST", "channels/{channel_id}", c.originate),
            _route("POST", "channels", c.originate),
            _route("DELETE", "channels/{channel_id}", c.hangup, 204),
            _route("GET", "channels", c.list_all),
            _route("GET", "channels/{channel_id}", c.get),
            _route("POST", "bridges/{bridge_id}/addChannel", r.add_channel, 204),
            _route("POST", "bridges/{bridge_id}/removeChannel", r.remove_channel, 204),
            _route("POST", "channels/{channel_id}/continue", c.continue_, 204),
            _route("POST", "channels/{channel_id}/play", c.play, 201),
            _route("POST", "channels/{channel_id}/play/{playback_id}", c.play, 201),
            _route("POST", "channels/{channel_id}/answer", c.answer, 204),
            _route("POST", "channels/{channel_id}/hold", c.hold, 204),
            _route("DELETE", "channels/{channel_id}/hold", c.unhold, 204),
            _route("POST", "channels/{channel_id}/moh", c.start_moh, 204),
            _route("DELETE", "channels/{channel_id}/moh", c.stop_moh, 204),
            _route("POST", "channels/{channel_id}/ring", c.start_ringback, 204),
            _route("DELETE", "channels/{channel_id}/ring", c.stop_ringback, 204),
            _route("POST", "channels/{channel_id}/mute", c.mute, 204),
            _route("DELETE", "channels/{channel_id}/mute", c.mute, 204),
            _route("POST", "channels/{channel_id}/dtmf", c.dtmf, 204),
            _route("GET", "channels/{channel_id}/variable", c.get_variable),
            _route("POST", "channels/{channel_id}/variable", c.set_variable, 204),
            _route("GET", "bridges", r.list_bridges),
            _route("POST", "bridges", r.create_bridge),
            _route("POST", "bridges/{bridge_id}", r.create_bridge),
            _route("GET", "bridges/{bridge_id}", r.get_bridge),
            _route("DELETE", "bridges/{bridge_id}", r.destroy_bridge, 204),
            _route("POST", "bridges/{bridge_id}/moh", r.bridge_moh, 204),
            _route("DELETE", "bridges/{bridge_id}/moh", r.bridge_moh, 204),
            _route("GET", "playbacks/{playback_id}", r.get_playback),
            _route("DELETE", "playbacks/{playback_id}", r.stop_playback, 204),
            _route("GET", "applications", r.list_apps),
            _route("GET", "applications/{app}", r.get_app),
            _route("POST", "applications/{app}/subscription", r.subscribe),
            _route("DELETE", "applications/{app}/subscription", r.unsubscribe),
            _route("PUT", "applications/{app}/eventFilter", r.filter_events),
            _route("GET", "endpoints", r.list_endpoints),
            _route("GET", "endpoints/PJSIP", r.list_endpoints),
            _route("GET", "endpoints/PJSIP/{resource}", r.get_endpoint),
            _route("GET", "asterisk/info", r.info),
            _route("GET", "asterisk/ping", r.ping),
        ]

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        """One request; `path` without /ari/, still quoted, so that %2F does not split an id."""
        known_path = False
        for route in self._routes:
            match = route.pattern.match(path)
            if match is None:
                continue
            known_path = True
            if route.method != method:
                continue
            try:
                ids = {name: unquote(value) for name, value in match.groupdict().items()}
                result = route.handler(Params(query, body), **ids)
            except Refusal as no:
                return Reply(no.status, no.body)
            return Reply(route.status, None if route.status == 204 else result)
        if known_path:
            return Reply(405, {"message": "Invalid method"})
        return Reply(404, {"message": "Resource not found"})
