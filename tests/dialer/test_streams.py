"""Numbered streams: what a reader that went away must be given when it comes back."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, strategies as st

from dialer.bus import delta_from_wire
from dialer.streams import REMEMBERED_DELTAS, REMOVED, Delta, Op, Snapshot, StreamHub, apply
from telephony.clock import ScaledClock


def hub(epoch: str = "life-1") -> StreamHub:
    return StreamHub(ScaledClock(datetime(2026, 11, 22, tzinfo=UTC)), epoch)


def test_a_new_reader_gets_a_snapshot() -> None:
    streams = hub()
    streams.publish("floor:1", [Op(("agents", "7"), {"state": "ready"})])

    reply = streams.resume("floor:1", None, 0)

    assert isinstance(reply, Snapshot)
    assert reply.seq == 1
    assert reply.state == {"agents": {"7": {"state": "ready"}}}


def test_a_reader_of_the_same_epoch_gets_only_what_it_missed() -> None:
    streams = hub()
    for number in range(5):
        streams.publish("floor:1", [Op(("totals",), number)])

    reply = streams.resume("floor:1", "life-1", 3)

    assert isinstance(reply, tuple)
    assert [orjson.loads(delta)["seq"] for delta in reply] == [4, 5]


@pytest.mark.parametrize(("epoch", "seq"), [("life-0", 3), ("life-1", 99), (None, 5)])
def test_a_reader_of_another_life_or_of_the_future_gets_a_snapshot(epoch: str | None, seq: int) -> None:
    streams = hub()
    for number in range(5):
        streams.publish("floor:1", [Op(("totals",), number)])

    assert isinstance(streams.resume("floor:1", epoch, seq), Snapshot)


def test_a_reader_who_was_away_for_longer_than_the_memory_gets_a_snapshot() -> None:
    streams = hub()
    for number in range(REMEMBERED_DELTAS + 10):
        streams.publish("floor:1", [Op(("totals",), number)])

    assert isinstance(streams.resume("floor:1", "life-1", 5), Snapshot)
    assert isinstance(streams.resume("floor:1", "life-1", 10), tuple)


def test_a_snapshot_does_not_change_afterwards() -> None:
    streams = hub()
    streams.publish("agent:1", [Op(("agent", "state"), "ready")])
    snapshot = streams.snapshot("agent:1")
    streams.publish("agent:1", [Op(("agent", "state"), "talking")])

    assert snapshot.state == {"agent": {"state": "ready"}}


def test_a_remembered_delta_does_not_change_with_what_comes_after_it() -> None:
    streams = hub()
    streams.publish("floor:1", [Op(("agents", "7"), {"state": "ready"})])
    streams.publish("floor:1", [Op(("agents", "7", "state"), "talking")])

    missed = streams.resume("floor:1", "life-1", 0)
    assert isinstance(missed, tuple)
    first, second = missed

    assert orjson.loads(first)["ops"] == [{"path": ["agents", "7"], "value": {"state": "ready"}}]
    assert orjson.loads(second)["ops"] == [{"path": ["agents", "7", "state"], "value": "talking"}]


def test_a_removed_path_is_gone_and_travels_without_a_value() -> None:
    assert apply({"calls": {"a": 1, "b": 2}}, Op(("calls", "a"), REMOVED)) == {"calls": {"b": 2}}
    assert Op(("calls", "a"), REMOVED).wire() == {"path": ["calls", "a"]}


def test_a_mirror_refuses_a_delta_after_a_gap() -> None:
    source, mirror = hub(), hub("")
    heard: list[Delta] = []
    source.listen(lambda _, delta: heard.append(delta))
    for number in range(3):
        source.publish("floor:1", [Op(("totals",), number)])

    assert mirror.follow("floor:1", heard[0])
    assert not mirror.follow("floor:1", heard[2])
    mirror.adopt("floor:1", source.snapshot("floor:1"))
    assert mirror.state("floor:1") == source.state("floor:1")
    assert mirror.follow("floor:1", heard[2]), "what it has already is no gap"


paths = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3).map(tuple)
numbers = st.integers(-(2**53), 2**53)  # what JSON carries
values: st.SearchStrategy[Any] = st.one_of(
    numbers, st.dictionaries(st.sampled_from(["a", "b"]), numbers, max_size=2), st.just(REMOVED)
)


@given(st.lists(st.tuples(paths, values), max_size=30), st.integers(min_value=0, max_value=30))
def test_snapshot_plus_deltas_is_always_the_present_state(changes: list[tuple[tuple[str, ...], Any]], cut: int) -> None:
    streams = hub()
    for path, value in changes[:cut]:
        streams.publish("s", [Op(path, value)])
    snapshot = streams.snapshot("s")
    for path, value in changes[cut:]:
        streams.publish("s", [Op(path, value)])
    missed = streams.resume("s", "life-1", snapshot.seq)
    state = snapshot.state
    assert isinstance(missed, tuple)
    for delta in (delta_from_wire(orjson.loads(encoded)) for encoded in missed):
        for op in delta.ops:
            state = apply(state, op)
    assert state == streams.state("s")
