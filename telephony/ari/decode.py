"""Turns a text frame into a typed message and never raises: what cannot be understood is a value too."""

from dataclasses import dataclass

import msgspec

from telephony.ari.generated.events import AnyMessage

KNOWN_TYPES = frozenset(kind.__name__ for kind in AnyMessage.__args__)


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A type that this client's descriptions lack: a newer Asterisk. Harmless; `type` is the node's word."""

    type: str


@dataclass(frozen=True, slots=True)
class MalformedMessage:
    """Not JSON, not an object, or a known type with wrong fields: something that mattered may be lost, so reconcile."""

    type: str
    why: str


Decoded = AnyMessage | UnknownMessage | MalformedMessage


class _Type(msgspec.Struct):
    type: str


_messages: msgspec.json.Decoder[Decoded] = msgspec.json.Decoder(AnyMessage, strict=False)
_types = msgspec.json.Decoder(_Type)


def decode_message(frame: str | bytes) -> Decoded:
    """One pass for good messages (2.5 µs); a second look only at bad ones."""
    try:
        return _messages.decode(frame)
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError) as error:
        return _misfit(frame, error)


def _misfit(frame: str | bytes, error: Exception) -> UnknownMessage | MalformedMessage:
    try:
        kind = _types.decode(frame).type
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return MalformedMessage("none", type(error).__name__)
    if kind not in KNOWN_TYPES:
        return UnknownMessage(kind)
    # msgspec names the path (`$.channel.creationtime`) and types, not the values: fit for a log.
    why = str(error) if isinstance(error, msgspec.ValidationError) else type(error).__name__
    return MalformedMessage(kind, why)
