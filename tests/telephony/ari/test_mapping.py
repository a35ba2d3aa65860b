"""Which ARI message becomes which event of the port."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from telephony.ari.decode import decode_message
from telephony.ari.mapping import REMEMBERED, EventMapper
from telephony.exchange import (
    AmdVerdict,
    Answered,
    Destroyed,
    Dtmf,
    EarlyMedia,
    EndpointChanged,
    EnteredBridge,
    LeftBridge,
    PlaybackEnded,
    Ringing,
)
from tests.telephony.ari.scripted import bridge, channel, event

AT = datetime(2026, 11, 22, 12, 0, 0, 123000, tzinfo=UTC)


def mapped(mapper: EventMapper, kind: str, **fields: Any) -> object:
    return mapper.events(decode_message(json.dumps(event(kind, AT, **fields))))


UP, DOWN = channel("pl-1", "Up"), channel("pl-1", "Down")
PHONE = {"technology": "PJSIP", "resource": "agent-7", "channel_ids": []}
PLAYED = {"id": "pb", "media_uri": "sound:x", "target_uri": "channel:pl-1", "state": "done"}


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("Dial", {"peer": DOWN, "dialstatus": "RINGING"}, Ringing("pl-1", AT)),
        ("Dial", {"peer": DOWN, "dialstatus": "PROGRESS"}, EarlyMedia("pl-1", AT)),
        ("Dial", {"peer": DOWN, "dialstatus": ""}, None),
        ("Dial", {"peer": UP, "dialstatus": "ANSWER"}, None),
        ("Dial", {"peer": DOWN, "dialstatus": "BUSY"}, None),
        ("StasisStart", {"channel": UP, "args": ["debtor"]}, Answered("pl-1", AT)),
        ("StasisStart", {"channel": UP, "args": []}, Answered("pl-1", AT)),
        ("StasisStart", {"channel": DOWN, "args": []}, None),
        (
            "StasisStart",
            {"channel": UP, "args": ["amd", "HUMAN", "HUMAN-800-800"]},
            AmdVerdict("pl-1", "person", "HUMAN-800-800", AT, 800),
        ),
        (
            "StasisStart",
            {"channel": UP, "args": ["amd", "HUMAN", "something new"]},
            AmdVerdict("pl-1", "person", "something new", AT),
        ),
        (
            "StasisStart",
            {"channel": UP, "args": ["amd", "MACHINE", "LONGGREETING-1"]},
            AmdVerdict("pl-1", "machine", "LONGGREETING-1", AT),
        ),
        (
            "StasisStart",
            {"channel": UP, "args": ["amd", "NOTSURE", "TOOLONG-5000"]},
            AmdVerdict("pl-1", "unknown", "TOOLONG-5000", AT),
        ),
        ("StasisStart", {"channel": UP, "args": ["amd", "HANGUP"]}, AmdVerdict("pl-1", "unknown", "", AT)),
        ("StasisStart", {"channel": UP, "args": ["amd"]}, AmdVerdict("pl-1", "unknown", "", AT)),
        ("StasisEnd", {"channel": UP}, None),
        ("ChannelStateChange", {"channel": UP}, None),
        ("ChannelHangupRequest", {"channel": UP, "cause": 32, "soft": True}, None),
        ("ChannelEnteredBridge", {"channel": UP, "bridge": bridge("b")}, EnteredBridge("pl-1", "b", AT)),
        ("ChannelEnteredBridge", {"bridge": bridge("b")}, None),
        ("ChannelLeftBridge", {"channel": UP, "bridge": bridge("b")}, LeftBridge("pl-1", "b", AT)),
        ("PlaybackFinished", {"playback": PLAYED}, PlaybackEnded("pb", "pl-1", False, AT)),
        ("PlaybackFinished", {"playback": {**PLAYED, "state": "failed"}}, PlaybackEnded("pb", "pl-1", True, AT)),
        ("PlaybackFinished", {"playback": {**PLAYED, "target_uri": "bridge:b"}}, None),
        ("PlaybackStarted", {"playback": PLAYED}, None),
        (
            "ChannelDestroyed",
            {"channel": DOWN, "cause": 17, "cause_txt": "User busy", "tech_cause": 486},
            Destroyed("pl-1", 17, 486, AT),
        ),
        ("ChannelDestroyed", {"channel": UP, "cause": 0, "cause_txt": "Unknown"}, Destroyed("pl-1", 0, None, AT)),
        ("ChannelDtmfReceived", {"channel": UP, "digit": "#", "duration_ms": 80}, Dtmf("pl-1", "#", AT)),
        (
            "EndpointStateChange",
            {"endpoint": {**PHONE, "state": "offline"}},
            EndpointChanged("PJSIP/agent-7", False, AT),
        ),
        ("EndpointStateChange", {"endpoint": {**PHONE, "state": "unknown"}}, None),
        (
            "PeerStatusChange",
            {"endpoint": PHONE, "peer": {"peer_status": "Unreachable"}},
            EndpointChanged("PJSIP/agent-7", False, AT),
        ),
        ("PeerStatusChange", {"endpoint": PHONE, "peer": {"peer_status": "Odd"}}, None),
    ],
)
def test_a_message_becomes_its_event(kind: str, fields: dict[str, Any], expected: object) -> None:
    assert mapped(EventMapper(), kind, **fields) == expected


@pytest.mark.parametrize(
    ("status", "online"),
    [("Created", True), ("Reachable", True), ("NonQualified", True), ("Removed", False), ("Unreachable", False)],
)
def test_a_contact_that_comes_or_goes_changes_its_endpoint(status: str, online: bool) -> None:
    contact = {"uri": "sip:x", "contact_status": status, "aor": "agent-7"}
    got = mapped(EventMapper(), "ContactStatusChange", endpoint=PHONE, contact_info=contact)
    assert got == EndpointChanged("PJSIP/agent-7", online, AT)


def test_a_contact_of_unknown_status_says_nothing() -> None:
    contact = {"uri": "sip:x", "contact_status": "Unknown", "aor": "agent-7"}
    assert mapped(EventMapper(), "ContactStatusChange", endpoint=PHONE, contact_info=contact) is None


def test_ringing_early_media_and_answer_are_said_once_for_each_channel() -> None:
    mapper = EventMapper()
    for status, kind in (("RINGING", Ringing), ("PROGRESS", EarlyMedia)):
        assert isinstance(mapped(mapper, "Dial", peer=DOWN, dialstatus=status), kind)
        assert mapped(mapper, "Dial", peer=DOWN, dialstatus=status) is None
    assert isinstance(mapped(mapper, "StasisStart", channel=UP, args=[]), Answered)
    assert mapped(mapper, "StasisStart", channel=UP, args=[]) is None
    assert isinstance(mapped(mapper, "Dial", peer=channel("pl-2"), dialstatus="RINGING"), Ringing)


COPIED = [
    ("Dial", {"peer": DOWN, "dialstatus": "RINGING"}),
    ("ChannelDestroyed", {"channel": DOWN, "cause": 16, "cause_txt": ""}),
    ("ChannelDtmfReceived", {"channel": UP, "digit": "5", "duration_ms": 80}),
    ("PlaybackFinished", {"playback": PLAYED}),
]


@pytest.mark.parametrize(("kind", "fields"), COPIED)
def test_the_second_copy_of_a_watched_phones_event_is_not_told(kind: str, fields: dict[str, Any]) -> None:
    mapper = EventMapper()
    assert mapped(mapper, kind, **fields) is not None
    assert mapped(mapper, kind, **fields) is None


@pytest.mark.parametrize(("kind", "fields"), COPIED)
def test_a_second_copy_is_known_even_when_another_channels_events_came_between(
    kind: str, fields: dict[str, Any]
) -> None:
    mapper = EventMapper()
    assert mapped(mapper, kind, **fields) is not None
    for number in range(200):
        mapped(mapper, "ChannelDtmfReceived", channel=channel(f"pl-{number + 2}", "Up"), digit="5", duration_ms=80)
    assert mapped(mapper, kind, **fields) is None


def test_a_copy_of_ringing_after_the_end_is_not_told_and_not_remembered() -> None:
    mapper = EventMapper()
    mapped(mapper, "Dial", peer=DOWN, dialstatus="RINGING")
    mapped(mapper, "ChannelDestroyed", channel=DOWN, cause=16, cause_txt="")
    assert mapped(mapper, "Dial", peer=DOWN, dialstatus="RINGING") is None
    assert mapper._said == {}


def test_a_digit_pressed_again_is_told_again() -> None:
    mapper = EventMapper()
    told = []
    for pressed_ms in (0, 160, 320):
        at = AT + timedelta(milliseconds=pressed_ms)
        frame = json.dumps(event("ChannelDtmfReceived", at, channel=UP, digit="5", duration_ms=80))
        told += [mapper.events(decode_message(frame)) for _copy in range(2)]
    assert [isinstance(one, Dtmf) for one in told] == [True, False] * 3


def test_the_same_digit_of_two_channels_at_once_is_told_for_each() -> None:
    mapper = EventMapper()
    for leg in ("pl-1", "pl-2"):
        told = mapped(mapper, "ChannelDtmfReceived", channel=channel(leg, "Up"), digit="5", duration_ms=80)
        assert told == Dtmf(leg, "5", AT)


def test_the_memory_of_copies_is_bounded() -> None:
    mapper = EventMapper()
    for number in range(REMEMBERED * 2):
        mapped(mapper, "ChannelDestroyed", channel=channel(f"pl-{number}"), cause=16, cause_txt="")
    assert len(mapper._told) == REMEMBERED


def test_an_endpoint_is_told_only_when_it_changes() -> None:
    mapper = EventMapper()
    online, offline = {**PHONE, "state": "online"}, {**PHONE, "state": "offline"}
    told = [mapped(mapper, "EndpointStateChange", endpoint=e) for e in (online, online, offline, offline, online)]
    assert [None if t is None else t.online for t in told if isinstance(t, EndpointChanged | None)] == [
        True,
        None,
        False,
        None,
        True,
    ]


def test_nothing_is_remembered_of_channels_that_are_gone() -> None:
    mapper = EventMapper()
    for number in range(50):
        leg = channel(f"pl-{number}")
        mapped(mapper, "Dial", peer=leg, dialstatus="RINGING")
        if number < 40:
            mapped(mapper, "ChannelDestroyed", channel=leg, cause=16, cause_txt="")
    mapper.keep_only({"pl-45"})
    assert set(mapper._said) == {"pl-45"}


def test_times_are_given_in_our_clock() -> None:
    mapper = EventMapper(lambda: timedelta(hours=1))
    assert mapped(mapper, "StasisStart", channel=UP, args=[]) == Answered("pl-1", AT - timedelta(hours=1))
