"""No frame, however odd, makes the decoder raise."""

import json
from typing import Any

from hypothesis import given, strategies as st

from telephony.ari.decode import KNOWN_TYPES, MalformedMessage, UnknownMessage, decode_message
from telephony.ari.generated import events
from tests.telephony.ari.scripted import channel, event

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
names = st.sampled_from(["type", "timestamp", "channel", "peer", "cause", "bridge", "args", "playback", "endpoint"])
objects = st.dictionaries(names | st.text(), values)
types = st.sampled_from(sorted(KNOWN_TYPES)) | st.text()


@given(objects)
def test_any_json_object_is_decoded_without_raising(given_object: dict[str, Any]) -> None:
    decode_message(json.dumps(given_object))


@given(objects, types)
def test_any_object_of_any_type_is_decoded_or_named_as_unknown_or_malformed(fields: dict[str, Any], kind: str) -> None:
    message = decode_message(json.dumps({**fields, "type": kind}))
    if kind in KNOWN_TYPES:
        assert isinstance(message, MalformedMessage) or type(message).__name__ == kind
    else:
        assert message == UnknownMessage(kind)


@given(st.text() | st.binary())
def test_what_is_no_json_is_malformed(frame: str | bytes) -> None:
    assert isinstance(decode_message(frame), MalformedMessage | UnknownMessage | events.Message)


@given(st.sampled_from(sorted(KNOWN_TYPES)), values)
def test_a_true_event_with_one_broken_field_never_raises(kind: str, value: object) -> None:
    good = event(kind, channel=channel("pl-1"), cause=16, args=[])
    for name in good:
        decode_message(json.dumps({**good, name: value}))


def test_deep_nesting_is_malformed() -> None:
    assert decode_message('{"type":' + "[" * 100_000) == MalformedMessage("none", "RecursionError")


def test_asterisks_own_time_format_and_numbers_as_text_are_read() -> None:
    frame = event("ChannelDestroyed", channel=channel("pl-1"), cause="17", cause_txt="User busy", tech_cause=486)
    message = decode_message(json.dumps(frame))
    assert isinstance(message, events.ChannelDestroyed)
    assert (message.cause, message.tech_cause) == (17, 486)
    assert message.timestamp.utcoffset() is not None


def test_the_reason_of_a_malformed_event_names_the_field_and_not_its_value() -> None:
    frame = event("ChannelDestroyed", channel={**channel("pl-1"), "state": ["+15551234567"]}, cause=16)
    message = decode_message(json.dumps(frame))
    assert isinstance(message, MalformedMessage)
    assert "$.channel.state" in message.why and "555" not in message.why
