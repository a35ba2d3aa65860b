"""Carries out the requests on channels."""

from uuid import uuid4

from telephony.sandbox.causes import q850_of_reason
from telephony.sandbox.debtors import Debtors
from telephony.sandbox.far_ends import DebtorEnd, PhoneEnd
from telephony.sandbox.lines import Dial, Lines
from telephony.sandbox.node import ALLOCATION_FAILED, Node, Refusal
from telephony.sandbox.params import Params
from telephony.sandbox.phones import Phones
from telephony.sandbox.state import Json


class ChannelRoutes:
    def __init__(self, lines: Lines, phones: Phones, debtors: Debtors, trunks: tuple[str, ...]) -> None:
        self._lines = lines
        self._node: Node = lines.node
        self._phones = phones
        self._debtors = debtors
        self._trunks = trunks

    def originate(self, params: Params, channel_id: str = "") -> Json:
        endpoint = params.required("endpoint", "Endpoint must be specified")
        app = params.text("app")
        if not app and not params.text("extension"):
            raise Refusal(400, "Application or extension must be specified")
        technology, _, resource = endpoint.partition("/")
        if technology != "PJSIP" or not resource:
            raise Refusal(500, ALLOCATION_FAILED)
        variables, reported = params.variables()
        user, at, trunk = resource.partition("@")
        dial = Dial(
            channel_id=channel_id or params.text("channelId") or uuid4().hex,
            endpoint=f"PJSIP/{trunk if at else resource}",
            dialstring=resource,
            app=app,
            app_args=tuple(params.names("appArgs")),
            caller_id=params.text("callerId"),
            timeout_s=params.number("timeout", 30.0),
            variables=variables,
            reported=reported,
        )
        if not at:
            return self._originate_phone(dial, resource)
        if trunk not in self._trunks:
            raise Refusal(500, ALLOCATION_FAILED)
        attempt = self._lines.next_attempt(user)
        script = self._debtors.script(user, attempt)
        return self._lines.originate(dial, DebtorEnd(self._lines, script), user, attempt).json()

    def _originate_phone(self, dial: Dial, resource: str) -> Json:
        if not self._phones.is_phone(resource) or not self._phones.get(resource).online:
            raise Refusal(500, ALLOCATION_FAILED)
        phone = self._phones.get(resource)
        return self._lines.originate(dial, PhoneEnd(self._lines, phone), None, None).json()

    def list_all(self, params: Params) -> list[Json]:
        return [channel.json() for channel in self._node.channels.values()]

    def get(self, params: Params, channel_id: str) -> Json:
        return self._node.channel(channel_id).json()

    def hangup(self, params: Params, channel_id: str) -> None:
        channel = self._node.channel(channel_id)
        cause = 16
        if params.text("reason_code"):
            cause = int(params.number("reason_code", 16))
        elif params.text("reason"):
            named = q850_of_reason(params.text("reason"))
            if named is None:
                raise Refusal(400, "Invalid reason for hangup reason provided")
            cause = named
        self._lines.end(channel, cause, by="app")

    def continue_(self, params: Params, channel_id: str) -> None:
        channel = self._node.controlled(channel_id)
        self._lines.leave_app(channel, params.text("context"), params.text("extension"))

    def play(self, params: Params, channel_id: str, playback_id: str = "") -> Json:
        channel = self._node.controlled(channel_id)
        chosen = playback_id or params.text("playbackId") or uuid4().hex
        return self._lines.media.play(channel, params.names("media"), chosen).json()

    def answer(self, params: Params, channel_id: str) -> None:
        self._node.controlled(channel_id)

    def mute(self, params: Params, channel_id: str) -> None:
        """Changes nothing that the simulation knows of."""
        self._node.controlled(channel_id)
        params.required("direction", "Direction is required")

    def hold(self, params: Params, channel_id: str) -> None:
        self._lines.media.hold(self._node.controlled(channel_id), True)

    def unhold(self, params: Params, channel_id: str) -> None:
        self._lines.media.hold(self._node.controlled(channel_id), False)

    def start_moh(self, params: Params, channel_id: str) -> None:
        self._lines.media.music(self._node.controlled(channel_id), True)

    def stop_moh(self, params: Params, channel_id: str) -> None:
        self._lines.media.music(self._node.controlled(channel_id), False)

    def start_ringback(self, params: Params, channel_id: str) -> None:
        self._node.controlled(channel_id).ringback = True

    def stop_ringback(self, params: Params, channel_id: str) -> None:
        self._node.controlled(channel_id).ringback = False

    def dtmf(self, params: Params, channel_id: str) -> None:
        channel = self._node.controlled(channel_id)
        params.required("dtmf", "DTMF is required")
        self._node.note(channel, "dtmf", by="app")

    def get_variable(self, params: Params, channel_id: str) -> Json:
        channel = self._node.channel(channel_id)
        name = params.required("variable", "Variable name is required")
        if name not in channel.variables:
            raise Refusal(404, "Provided variable was not found")
        return {"value": channel.variables[name]}

    def set_variable(self, params: Params, channel_id: str) -> None:
        channel = self._node.controlled(channel_id)
        name = params.required("variable", "Variable name is required")
        self._lines.set_variable(channel, name, params.text("value"))
