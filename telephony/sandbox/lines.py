"""Lives each channel's life: dial, ring, answer, application, answering machine detection, hang up."""

from collections.abc import Callable
from dataclasses import dataclass, field

from telephony.sandbox.bridging import Bridging
from telephony.sandbox.causes import cause_text, dial_status, q850_of_sip
from telephony.sandbox.media import Media
from telephony.sandbox.node import Node, Refusal
from telephony.sandbox.state import OUTGOING, Channel, FarEnd

RTP_TIMEOUT_S = 8.0
QUIET = frozenset({"timeout", "fuse", "dialplan", "app_inactive", "node", "rtp_timeout"})
"""Ways to end a channel that send no ChannelHangupRequest."""


@dataclass(frozen=True, slots=True)
class Dial:
    """An originate as the switch needs it. `timeout_s` below 0 rings without end."""

    channel_id: str
    endpoint: str
    dialstring: str
    app: str
    app_args: tuple[str, ...] = ()
    caller_id: str = ""
    timeout_s: float = 30.0
    variables: dict[str, str] = field(default_factory=dict)
    reported: dict[str, str] = field(default_factory=dict)


class Lines:
    def __init__(self, node: Node, bridging: Bridging, media: Media, amd_context: str) -> None:
        self.node = node
        self.bridging = bridging
        self.media = media
        self._amd_context = amd_context
        self._serial = 0
        self._attempts: dict[str, int] = {}
        self.reachable: Callable[[str], bool] = lambda resource: True

    def originate(self, dial: Dial, far_end: FarEnd, number: str | None, attempt: int | None) -> Channel:
        if dial.channel_id in self.node.channels:
            raise Refusal(409, "Channel with given unique ID already exists")
        self._serial += 1
        channel = Channel(
            id=dial.channel_id,
            name=f"{dial.endpoint}-{self._serial:08x}",
            endpoint=dial.endpoint,
            dialstring=dial.dialstring,
            app=dial.app,
            app_args=dial.app_args,
            created_at=self.node.now(),
            caller_id=dial.caller_id,
            number=number,
            attempt=attempt,
            far_end=far_end,
            variables=dict(dial.variables),
            reported=dict(dial.reported),
        )
        self.node.channels[channel.id] = channel
        self.node.apps.subscribe(channel.app, f"channel:{channel.id}")
        self.node.note(channel, "originate", caller_id=dial.caller_id, other=dial.app)
        self._endpoint_changed(channel)
        # the caller's number and the application are set a moment later
        nobody = {"name": "", "number": ""}
        created = channel.json() | {"caller": nobody, "connected": nobody}
        created["dialplan"] = created["dialplan"] | {"app_name": "", "app_data": ""}
        self.node.tell_endpoint(channel.endpoint, "ChannelCreated", channel=created)
        self._dialed(channel, "")
        if dial.timeout_s >= 0:
            channel.timers["ring"] = self.node.timers.after(dial.timeout_s, lambda: self._rang_out(channel))
        self._light_fuse(channel)
        far_end.dialed(channel)
        return channel

    def next_attempt(self, number: str) -> int:
        self._attempts[number] = self._attempts.get(number, 0) + 1
        return self._attempts[number]

    def _light_fuse(self, channel: Channel) -> None:
        seconds = channel.variables.get("TIMEOUT(absolute)")
        if seconds and float(seconds) > 0:
            channel.cancel("fuse")
            channel.timers["fuse"] = self.node.timers.after(float(seconds), lambda: self._burnt(channel))

    def _burnt(self, channel: Channel) -> None:
        if not channel.up:
            channel.sip = 480
        self.end(channel, 0 if channel.up else 19, by="fuse")

    def set_variable(self, channel: Channel, name: str, value: str) -> None:
        channel.variables[name] = value
        if name == "TIMEOUT(absolute)":
            self._light_fuse(channel)

    def _dialed(self, channel: Channel, status: str) -> None:
        event = {"type": "Dial", "peer": channel.json(), "dialstatus": status, "dialstring": channel.dialstring}
        self.node.publish(channel, event | {"forward": ""})

    def _endpoint_changed(self, channel: Channel) -> None:
        if not self.node.apps.heard(f"endpoint:{channel.endpoint}"):
            return
        technology, _, resource = channel.endpoint.partition("/")
        body = {
            "technology": technology,
            "resource": resource,
            "state": "online" if self.reachable(resource) else "offline",
            "channel_ids": [leg.id for leg in self.node.legs_of(channel.endpoint)],
        }
        self.node.tell_endpoint(channel.endpoint, "EndpointStateChange", endpoint=body)

    def ring(self, channel: Channel) -> None:
        channel.state = "Ringing"
        self.node.tell(channel, "ChannelStateChange")
        self._dialed(channel, "RINGING")
        self.node.note(channel, "ring")

    def progress(self, channel: Channel) -> None:
        self._dialed(channel, "PROGRESS")
        self.node.note(channel, "early_media")

    def answer(self, channel: Channel, by: str) -> None:
        """The far end picks up: into the application, or hung up at once when nobody listens to it."""
        channel.cancel("ring")
        channel.state = "Up"
        self.node.note(channel, "answer", by=by)
        self.node.tell(channel, "ChannelStateChange")
        self._dialed(channel, "ANSWER")
        self.enter_app(channel, channel.app_args)

    def enter_app(self, channel: Channel, args: tuple[str, ...]) -> None:
        if not self.node.apps.active(channel.app):
            self.node.note(channel, "app_lost", other=channel.app)
            self.end(channel, 16, by="app_inactive")
            return
        channel.in_app = True
        channel.location = ("Stasis", ",".join((channel.app, *args)))
        self.node.tell_app(channel, "StasisStart", args=list(args))
        if channel.far_end is not None:
            channel.far_end.waiting(channel)

    def press(self, channel: Channel, digits: str) -> None:
        """The far side presses keys; a bridge without `dtmf_events` passes them on and says nothing."""
        for digit in digits:
            self.node.note(channel, "dtmf")
            if channel.bridge is None or channel.bridge.dtmf_events:
                self.node.tell(channel, "ChannelDtmfReceived", digit=digit, duration_ms=160)

    def refused(self, channel: Channel, sip: int) -> None:
        """The network ends an unanswered call by a SIP status."""
        channel.sip = sip
        self.end(channel, q850_of_sip(sip), by="network")

    def _rang_out(self, channel: Channel) -> None:
        channel.sip = 480
        self.end(channel, 19, by="timeout")

    def leave_app(self, channel: Channel, context: str, exten: str) -> None:
        """ARI `continue`: into answering machine detection, or out of a dialplan that holds nothing else."""
        channel.in_app = False
        self.bridging.leave(channel)
        self.node.tell_app(channel, "StasisEnd")
        channel.context, channel.exten, channel.location = context, exten or "s", ("AMD", "")
        if context != self._amd_context:
            self.end(channel, 0, by="dialplan")
            return
        verdict = channel.far_end.amd(channel) if isinstance(channel.far_end, HasAmd) else NO_AUDIO
        channel.timers["amd"] = self.node.timers.after(verdict.after_s, lambda: self._amd_done(channel, verdict))

    def _amd_done(self, channel: Channel, verdict: "AmdWord") -> None:
        self.node.note(channel, "amd", result=verdict.status, other=verdict.cause)
        self.enter_app(channel, ("amd", verdict.status, verdict.cause))

    def end(self, channel: Channel, cause: int, *, by: str) -> None:
        """Hang up, with the events that Asterisk sends for this way of ending, in its order."""
        if channel.dead:
            return
        was = channel.state
        channel.cancel()
        self._request(channel, cause, by)
        channel.dead = True
        self.node.note(channel, "hangup", by=by, cause=cause, state=was)
        self.media.cut(channel)
        self.bridging.leave(channel)
        if channel.in_app:
            channel.in_app = False
            self.node.tell_app(channel, "StasisEnd")
        channel.location = OUTGOING
        sip = {} if channel.sip is None else {"tech_cause": channel.sip}
        self.node.tell(channel, "ChannelDestroyed", cause=cause, cause_txt=cause_text(cause), **sip)
        del self.node.channels[channel.id]
        self.node.apps.forget(f"channel:{channel.id}")
        self._endpoint_changed(channel)
        self.node.note(channel, "destroyed", by=by, cause=cause, sip=channel.sip, state=was)

    def _request(self, channel: Channel, cause: int, by: str) -> None:
        """What comes before the end: nothing at all when Asterisk's own timers end the channel."""
        if by in QUIET:
            return
        if by == "app":
            # 32 is Asterisk's soft hang-up flag, no Q.850 cause
            self.node.tell(channel, "ChannelHangupRequest", cause=32, soft=True)
        elif channel.sip is not None:
            self.node.tell(channel, "ChannelHangupRequest", cause=cause, tech_cause=channel.sip)
        else:
            self.node.tell(channel, "ChannelHangupRequest", cause=cause)
        if not channel.up:
            self._dialed(channel, dial_status(cause))


@dataclass(frozen=True, slots=True)
class AmdWord:
    status: str
    cause: str
    after_s: float


NO_AUDIO = AmdWord("NOTSURE", "TOOLONG-5000", 5.0)


class HasAmd:
    """A far end that makes sounds by which it can be told from a machine."""

    def amd(self, channel: Channel) -> AmdWord:
        raise NotImplementedError
