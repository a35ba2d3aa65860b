"""The simulated exchange as one object: start it, dial it by ARI, break it, and read what happened."""

from collections.abc import Mapping
from functools import partial

import structlog
from aiohttp import web

from telephony.clock import Clock, SystemClock
from telephony.sandbox.api import Api
from telephony.sandbox.api_channels import ChannelRoutes
from telephony.sandbox.api_resources import ResourceRoutes
from telephony.sandbox.apps import Apps
from telephony.sandbox.bridging import Bridging
from telephony.sandbox.debtors import DebtorModel, Debtors
from telephony.sandbox.faults import Faults
from telephony.sandbox.lines import RTP_TIMEOUT_S, Lines
from telephony.sandbox.log import ExchangeLog
from telephony.sandbox.media import Media
from telephony.sandbox.node import Node
from telephony.sandbox.phones import Phone, Phones, endpoint_json
from telephony.sandbox.server import AriServer
from telephony.sandbox.state import Channel, Json
from telephony.sandbox.timers import Timers

log = structlog.get_logger(__name__)

AMD_CONTEXT = "promiseline-amd"


class SandboxExchange:
    """One simulated Asterisk 22 node. `port` 0 takes a free one; read it back from `port` after `start()`.

    Endpoints PJSIP/<number>@<trunk> are debtors, PJSIP/agent-<anything> are phones that answer by themselves.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        debtors: Debtors | None = None,
        *,
        username: str = "promiseline",
        password: str = "sandbox",  # noqa: S107
        log: ExchangeLog | None = None,
        trunks: tuple[str, ...] = ("trunk",),
        sounds: Mapping[str, float] | None = None,
        amd_context: str = AMD_CONTEXT,
    ) -> None:
        self.clock = clock or SystemClock()
        self.log = log or ExchangeLog()
        self.faults = Faults()
        self.username, self.password = username, password
        self.apps = Apps(self.clock.now)
        self._node = Node(self.clock, self.apps, self.log, Timers(self.clock))
        self._lines = Lines(self._node, Bridging(self._node), Media(self._node, sounds or {}), amd_context)
        self.phones = Phones(self._phone_changed)
        self._lines.reachable = self._reachable
        api = Api(
            ChannelRoutes(self._lines, self.phones, debtors or DebtorModel(), trunks),
            ResourceRoutes(self._lines, self.phones, trunks),
        )
        self._server = AriServer(self, api)
        self.host = host
        self.port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The base address, without /ari."""
        return f"http://{self.host}:{self.port}"

    @property
    def node(self) -> Node:
        """What lives now, for tests and audits in the same process."""
        return self._node

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        runner = web.AppRunner(self._server.application(), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, self.host, self.port)
        await site.start()
        self._runner = runner
        self.port = runner.addresses[0][1]
        self.log.add(self.clock.now(), "node_up")

    async def stop(self) -> None:
        """End all: channels vanish without events, connections close."""
        await self._go_down("stop")
        await self._node.timers.close()
        self.log.close()

    async def crash(self) -> None:
        """The node dies: connections are cut, every channel and bridge is gone, the port is closed."""
        await self._go_down("crash")

    async def restart(self) -> None:
        """Come back empty on the same port after `crash()`."""
        await self.start()

    async def _go_down(self, why: str) -> None:
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        self._server.cut_all()
        for channel in list(self._node.channels.values()):
            self._lines.end(channel, 0, by="node")
        self._node.bridges.clear()
        self._node.playbacks.clear()
        await runner.cleanup()
        self.log.add(self.clock.now(), "node_down", result=why)

    def close_sockets(self) -> None:
        """Cut every event WebSocket; channels live on, events are lost until somebody comes back."""
        self._server.cut_sockets()

    def pause_events(self) -> None:
        """Keep events back in their order; sockets stay open."""
        self._server.pause(True)

    def resume_events(self) -> None:
        self._server.pause(False)

    def _reachable(self, resource: str) -> bool:
        """Whether an endpoint can be dialed; a trunk always can."""
        return not self.phones.is_phone(resource) or self.phones.get(resource).online

    def set_phone(self, resource: str, *, online: bool) -> None:
        """An agent's phone comes (registers) or goes politely: its legs are hung up at once."""
        self.phones.set_online(resource, online)
        if not online:
            for channel in self._legs_of(resource):
                self._lines.end(channel, 16, by="agent")

    def kill_phone(self, resource: str) -> None:
        """An agent's browser dies without a word: offline at once, its legs end by rtp_timeout with cause 44."""
        self.phones.set_online(resource, False)
        for channel in self._legs_of(resource):
            silent = partial(self._lines.end, channel, 44, by="rtp_timeout")
            channel.timers["rtp"] = self._node.timers.after(RTP_TIMEOUT_S, silent)

    def hang_up(self, channel_id: str, *, by: str = "debtor") -> None:
        """The far side of one leg hangs up now. Raises KeyError for a channel that is gone."""
        self._lines.end(self._node.channels[channel_id], 16, by=by)

    def press(self, channel_id: str, digits: str) -> None:
        """The far side of one leg presses keys."""
        self._lines.press(self._node.channels[channel_id], digits)

    def _legs_of(self, resource: str) -> list[Channel]:
        return self._node.legs_of(f"PJSIP/{resource}")

    def _phone_changed(self, phone: Phone) -> None:
        self.log.add(
            self.clock.now(), "phone", endpoint=f"PJSIP/{phone.resource}", state="online" if phone.online else "offline"
        )
        legs = [channel.id for channel in self._legs_of(phone.resource)]
        endpoint: Json = endpoint_json(phone.resource, phone.online, legs)
        name = f"PJSIP/{phone.resource}"
        contact = {
            "uri": f"sip:{phone.resource}@127.0.0.1",
            "contact_status": "NonQualified" if phone.online else "Removed",
            "aor": phone.resource,
        }
        peer = {"peer_status": "Reachable" if phone.online else "Unreachable"}
        self._node.tell_endpoint(name, "EndpointStateChange", endpoint=endpoint)
        self._node.tell_endpoint(name, "PeerStatusChange", endpoint=endpoint, peer=peer)
        self._node.tell_endpoint(name, "ContactStatusChange", endpoint=endpoint, contact_info=contact)
