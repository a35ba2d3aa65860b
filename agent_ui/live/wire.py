"""Reads what consoles send: a value of ours, or a refusal that says what is wrong. Pure."""

import re
from typing import Any

import orjson
from socketio.packet import ACK, CONNECT, DISCONNECT, EVENT, Packet  # type: ignore[import-untyped]

from dialer.commands import Command, Reply

CMD_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
MALFORMED = "malformed"
NOT_GIVEN = object()  # None is something that a console can send


class OrJson:
    """The json module that python-socketio wants, by orjson: faster, and never NaN on the wire."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        return orjson.loads(text)


class ConsolePacket(Packet):  # type: ignore[misc]
    """A Socket.IO packet without binary parts, whose events are always [name, ...]: the library trusts that blindly."""

    uses_binary_events = False
    json = OrJson

    def __init__(
        self,
        packet_type: int = EVENT,
        data: Any = None,
        namespace: str | None = None,
        id: int | None = None,
        binary: bool | None = None,
        encoded_packet: Any = NOT_GIVEN,
    ) -> None:
        super().__init__(packet_type, data, namespace, id, binary)
        if encoded_packet is not NOT_GIVEN:
            self.decode(encoded_packet)

    def decode(self, encoded_packet: Any) -> int:
        """Never raises: what cannot be read is an event named MALFORMED, which is answered with a refusal."""
        try:
            read = isinstance(encoded_packet, str) and super().decode(encoded_packet) == 0
        except (ValueError, TypeError, IndexError):
            read = False
        if not read or not self._is_ours():
            self.packet_type = EVENT
            self.data = [MALFORMED]
        return 0

    def _is_ours(self) -> bool:
        if self.packet_type == EVENT:
            return _is_event(self.data)
        return self.packet_type in (CONNECT, DISCONNECT, ACK)


def _is_event(data: Any) -> bool:
    # connect and disconnect are the library's own; a client that sends them as events would call their handlers
    return (
        isinstance(data, list) and bool(data) and isinstance(data[0], str) and data[0] not in ("connect", "disconnect")
    )


def refusal(code: str, message: str, field: str | None = None) -> Reply:
    return Reply(error_code=code, message=message, field=field)


def read_command(payload: tuple[Any, ...]) -> Command | Reply:
    """The one argument of a `command` event, checked."""
    body = payload[0] if len(payload) == 1 else None
    if not isinstance(body, dict) or not body.keys() <= {"cmd_id", "name", "args"}:
        return refusal("malformed", "A command is one object {cmd_id, name, args}.")
    cmd_id, name, args = body.get("cmd_id"), body.get("name"), body.get("args", {})
    if not isinstance(cmd_id, str) or not CMD_ID.fullmatch(cmd_id):
        return refusal("malformed", "cmd_id must be 1 to 64 letters, digits or one of _ . : -", "cmd_id")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return refusal("malformed", "name must be the name of a command, like ready", "name")
    if not isinstance(args, dict):
        return refusal("malformed", "args must be an object; {} for none", "args")
    # a backslash that was typed is written twice, and is none of an escape
    if b"\\u0000" in orjson.dumps(args, option=orjson.OPT_NON_STR_KEYS).replace(b"\\\\", b""):
        return refusal("malformed", "The text holds a NUL character, which cannot be stored. Remove it.", "args")
    return Command(cmd_id, name, args)


def read_resume(payload: tuple[Any, ...]) -> tuple[str | None, int] | Reply:
    """The one argument of a `resume` event: what the console has."""
    body = payload[0] if len(payload) == 1 else None
    if not isinstance(body, dict):
        return refusal("malformed", "A resume is one object {epoch, seq}.")
    epoch, seq = body.get("epoch"), body.get("seq")
    if epoch is not None and (not isinstance(epoch, str) or len(epoch) > 64):
        return refusal("malformed", "epoch must be the epoch of a snapshot, or null", "epoch")
    if not isinstance(seq, int) or isinstance(seq, bool) or seq < 0:
        return refusal("malformed", "seq must be a whole number, 0 at first", "seq")
    return epoch, seq
