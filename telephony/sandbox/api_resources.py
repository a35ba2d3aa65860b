"""Carries out the requests on bridges, playbacks, applications, endpoints and the node itself."""

from uuid import uuid4

from telephony.sandbox.apps import App, Apps
from telephony.sandbox.bridging import Bridging
from telephony.sandbox.lines import Lines
from telephony.sandbox.node import Node, Refusal
from telephony.sandbox.params import Params
from telephony.sandbox.phones import Phones, endpoint_json
from telephony.sandbox.state import Channel, Json, stamp

VERSION = "22.10.1"


class ResourceRoutes:
    def __init__(self, lines: Lines, phones: Phones, trunks: tuple[str, ...]) -> None:
        self._lines = lines
        self._node: Node = lines.node
        self._apps: Apps = lines.node.apps
        self._bridging: Bridging = lines.bridging
        self._phones = phones
        self._trunks = trunks
        self._started = lines.node.now()

    def list_bridges(self, params: Params) -> list[Json]:
        return [bridge.json() for bridge in self._node.bridges.values()]

    def create_bridge(self, params: Params, bridge_id: str = "") -> Json:
        chosen = bridge_id or params.text("bridgeId") or str(uuid4())
        return self._bridging.create(chosen, params.text("type", "mixing"), params.text("name")).json()

    def get_bridge(self, params: Params, bridge_id: str) -> Json:
        return self._node.bridge(bridge_id).json()

    def destroy_bridge(self, params: Params, bridge_id: str) -> None:
        self._bridging.destroy(self._node.bridge(bridge_id))

    def bridge_moh(self, params: Params, bridge_id: str) -> None:
        self._node.bridge(bridge_id)

    def _named_channels(self, params: Params) -> list[Channel]:
        names = params.names("channel")
        if not names:
            raise Refusal(400, "Missing parameter channel")
        missing = [name for name in names if name not in self._node.channels]
        if missing:
            raise Refusal(400, "Channel not found")
        return [self._node.channels[name] for name in names]

    def add_channel(self, params: Params, bridge_id: str) -> None:
        bridge = self._node.bridge(bridge_id)
        self._bridging.add(bridge, self._named_channels(params))

    def remove_channel(self, params: Params, bridge_id: str) -> None:
        bridge = self._node.bridge(bridge_id)
        self._bridging.remove(bridge, self._named_channels(params))

    def get_playback(self, params: Params, playback_id: str) -> Json:
        playback = self._node.playbacks.get(playback_id)
        if playback is None:
            raise Refusal(404, "Playback not found")
        return playback.json()

    def stop_playback(self, params: Params, playback_id: str) -> None:
        playback = self._node.playbacks.get(playback_id)
        if playback is None:
            raise Refusal(404, "Playback not found")
        self._lines.media.stop(playback)

    def _app(self, name: str) -> App:
        app = self._apps.get(name)
        if app is None:
            raise Refusal(404, "Application not found")
        return app

    def list_apps(self, params: Params) -> list[Json]:
        return [app.json() for app in self._apps.all()]

    def get_app(self, params: Params, app: str) -> Json:
        return self._app(app).json()

    def subscribe(self, params: Params, app: str) -> Json:
        found = self._app(app)
        for source in self._sources(params):
            self._check_source(source)
            found.sources.add(source)
        return found.json()

    def unsubscribe(self, params: Params, app: str) -> Json:
        found = self._app(app)
        for source in self._sources(params):
            if source not in found.sources:
                raise Refusal(422, "Event source was not subscribed to")
            found.sources.discard(source)
        return found.json()

    def _sources(self, params: Params) -> list[str]:
        sources = params.names("eventSource")
        if not sources:
            raise Refusal(400, "Missing parameter eventSource")
        return sources

    def _check_source(self, source: str) -> None:
        kind, _, name = source.partition(":")
        if kind == "channel" and name in self._node.channels:
            return
        if kind == "bridge" and name in self._node.bridges:
            return
        if kind == "endpoint" and self._endpoint_exists(name):
            return
        known = kind in ("channel", "bridge", "endpoint")
        raise Refusal(
            422 if known else 400, "Event source does not exist" if known else "Invalid event source URI scheme"
        )

    def _endpoint_exists(self, name: str) -> bool:
        technology, _, resource = name.partition("/")
        return technology == "PJSIP" and (resource in self._trunks or self._phones.is_phone(resource))

    def filter_events(self, params: Params, app: str) -> Json:
        found = self._app(app)
        given = params.body
        found.allowed = _types(given.get("allowed"))
        found.disallowed = _types(given.get("disallowed")) or frozenset()
        return found.json()

    def list_endpoints(self, params: Params) -> list[Json]:
        trunks = [endpoint_json(name, True, self._channels_of(name)) for name in self._trunks]
        return trunks + [self._phone_json(phone.resource) for phone in self._phones.known()]

    def get_endpoint(self, params: Params, resource: str) -> Json:
        if resource in self._trunks:
            return endpoint_json(resource, True, self._channels_of(resource))
        if not self._phones.is_phone(resource):
            raise Refusal(404, "Endpoint not found")
        return self._phone_json(resource)

    def _phone_json(self, resource: str) -> Json:
        return endpoint_json(resource, self._phones.get(resource).online, self._channels_of(resource))

    def _channels_of(self, resource: str) -> list[str]:
        return [leg.id for leg in self._node.legs_of(f"PJSIP/{resource}")]

    def info(self, params: Params) -> Json:
        return {
            "build": {"os": "Linux", "kernel": "sandbox", "machine": "x86_64", "options": "", "date": "", "user": ""},
            "system": {"version": VERSION, "entity_id": "5a:4d:b0:00:00:01"},
            "config": {"name": "sandbox", "default_language": "en", "setid": {"user": "", "group": ""}},
            "status": {"startup_time": stamp(self._started), "last_reload_time": stamp(self._started)},
        }

    def ping(self, params: Params) -> Json:
        return {"asterisk_id": "5a:4d:b0:00:00:01", "ping": "pong", "timestamp": stamp(self._node.now())}


def _types(given: object) -> frozenset[str] | None:
    """The names in an eventFilter list; None for no list, which allows all."""
    if not isinstance(given, list) or not given:
        return None
    return frozenset(str(item["type"]) for item in given if isinstance(item, dict) and "type" in item)
