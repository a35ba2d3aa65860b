"""Recorded ticks come back as they were told, and a broken file says where."""

import io
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, strategies as st

from dialer.pacing import AbandonmentBudget, PacingDecision, PacingLimits, PacingSnapshot
from dialer.pacing.interface import STAGES, Line, OutcomeSeen, Seat, SeatEvent, Totals
from dialer.pacing.start import MachineDetection, PacerStart
from dialer.pacing.view import CALL_PHASES, OUTCOME_KINDS, SEAT_EVENTS, SEAT_STATES, SEAT_THEN
from dialer.ticks.blocks import HEAD, MAGIC, BrokenTicks, block, cut_off, read
from dialer.ticks.model import WHOLE, Begun, Record, Tick, tick_of

seconds = st.integers(0, 10**9).map(lambda ms: ms / 1000)
odds = st.just(1.0) | st.integers(0, 100_000).map(lambda thousandths: thousandths / 1000)
snapshots = st.builds(
    PacingSnapshot,
    now_s=st.integers(0, 4 * 10**12).map(lambda ms: ms / 1000),
    seats=st.lists(
        st.one_of(
            st.builds(Seat, st.sampled_from(SEAT_STATES), seconds, st.sampled_from(SEAT_THEN), st.none(), st.just(0.0)),
            st.builds(Seat, st.just("talk"), seconds, st.none(), st.sampled_from(STAGES[1:]), seconds),
        )
    ).map(tuple),
    calls=st.lists(st.builds(Line, st.sampled_from(CALL_PHASES), seconds, odds)).map(tuple),
    outcomes=st.lists(
        st.builds(OutcomeSeen, seconds, st.sampled_from(OUTCOME_KINDS), seconds, seconds), max_size=5
    ).map(tuple),
    seat_events=st.lists(
        st.one_of(
            st.builds(
                SeatEvent,
                seconds,
                st.sampled_from(SEAT_EVENTS[:2]),
                seconds,
                st.booleans(),
                st.none(),
                st.just(0.0),
                st.none(),
            ),
            st.builds(
                SeatEvent,
                seconds,
                st.sampled_from(SEAT_EVENTS),
                seconds,
                st.booleans(),
                st.sampled_from(STAGES[1:]),
                seconds,
                st.sampled_from(STAGES),
            ),
        ),
        max_size=5,
    ).map(tuple),
    totals=st.builds(Totals, *[st.integers(0, 10**6)] * 5),
    lines_in_use=st.integers(0, 5000),
    limits=st.builds(PacingLimits, st.none() | st.integers(1, 900), st.none() | st.floats(0.1, 100)),
    abandonment=st.builds(AbandonmentBudget, st.none() | st.integers(-50, 50), st.booleans(), st.text(max_size=20)),
    next_odds=odds,
)
BEGUN = Begun(3, "power", 2.0, PacerStart(amd=MachineDetection(0.05, 0.1)), b"memory")
DECISION = PacingDecision(2, "ratio 2: 1 free agents, 0 calls in flight")
TICK = tick_of(3, PacingSnapshot(1000.5, (Seat("idle", 2.0),)), DECISION)


def file_of(*blocks: list[Record]) -> bytes:
    return MAGIC + b"".join(block(records) for records in blocks)


def records_of(data: bytes) -> list[Record]:
    return list(read(io.BytesIO(data), "x.ticks"))


@given(st.integers(1, 10**6), snapshots)
def test_a_tick_is_read_exactly_as_the_pacer_was_told_it(campaign: int, told: PacingSnapshot) -> None:
    (found,) = records_of(file_of([tick_of(campaign, told, DECISION)]))
    assert not isinstance(found, Begun)
    assert found.snapshot() == told
    assert (found.campaign, found.launch, found.because) == (campaign, DECISION.launch, DECISION.because)


def test_a_tick_recorded_before_odds_were_told_has_odds_of_one() -> None:
    calls = (Line("ringing", 3.0, 1.4), Line("dialing", 0.5))
    whole = msgspec.to_builtins(tick_of(3, PacingSnapshot(1000.5, calls=calls, next_odds=0.7), DECISION))
    old = msgspec.convert(whole[:-4], Tick)
    assert old.snapshot() == PacingSnapshot(1000.5, calls=tuple(call._replace(odds=1.0) for call in calls))


def test_a_tick_that_was_recorded_before_there_were_stages_is_read() -> None:
    """It ends with the reason of its decision."""
    told = PacingSnapshot(9.0, (Seat("talk", 2.0),), seat_events=(SeatEvent(8.9, "wrap_end", 4.0),))
    now = msgspec.to_builtins(tick_of(3, told, DECISION))
    assert now[-5:] == [DECISION.because, [], WHOLE, [], []]
    packed = zlib.compress(msgspec.msgpack.encode([now[:-4]]))
    (old,) = records_of(MAGIC + HEAD.pack(len(packed), zlib.crc32(packed)) + packed)
    assert not isinstance(old, Begun) and old.snapshot() == told


def test_how_a_campaign_was_paced_is_read_back() -> None:
    assert records_of(file_of([BEGUN, TICK], [TICK])) == [BEGUN, TICK, TICK]


def test_a_block_that_was_cut_off_leaves_those_before_it() -> None:
    data = file_of([BEGUN, TICK], [TICK])
    for length in (len(data) - 1, len(file_of([BEGUN, TICK])) + HEAD.size - 1):
        assert records_of(data[:length]) == [BEGUN, TICK]
        assert cut_off(io.BytesIO(data[:length]))
    assert not cut_off(io.BytesIO(data))


def test_a_changed_byte_is_told_with_file_and_record() -> None:
    data = bytearray(file_of([BEGUN, TICK], [TICK]))
    data[-1] ^= 1
    with pytest.raises(BrokenTicks, match=r"x\.ticks, after record 2: .* check sum"):
        records_of(bytes(data))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no recorded ticks"),
        (b"PK\x03\x04 something else", "no recorded ticks"),
        (MAGIC + HEAD.pack(2**31, 0) + b"x", "says it has 2147483648 bytes"),
    ],
)
def test_another_file_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(BrokenTicks, match=says):
        records_of(data)


def test_a_block_of_another_shape_is_refused() -> None:
    packed = zlib.compress(b"\x91\xa5wrong")
    with pytest.raises(BrokenTicks, match="after record 0: the block cannot be read"):
        records_of(MAGIC + HEAD.pack(len(packed), zlib.crc32(packed)) + packed)


@given(st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_refused(data: bytes) -> None:
    try:
        assert records_of(MAGIC + data) == []
    except BrokenTicks as problem:
        assert "x.ticks" in str(problem)


def test_a_minute_of_a_floor_of_300_takes_little_room(tmp_path: Path) -> None:
    """900 calls and 300 agents twice a second: about a megabyte a minute, a day in 16 files at most."""
    calls = tuple(Line("ringing", age / 40) for age in range(900))
    seats = tuple(Seat("talk", age / 3) for age in range(300))
    ticks: list[Record] = [
        tick_of(
            1,
            PacingSnapshot(
                1000 + step / 2,
                tuple(Seat(seat.state, round(seat.for_s + step / 2, 3)) for seat in seats),
                tuple(Line(call.phase, round(call.age_s + step / 2, 3)) for call in calls),
            ),
            DECISION,
        )
        for step in range(120)
    ]
    assert len(block(ticks)) < 2**20
