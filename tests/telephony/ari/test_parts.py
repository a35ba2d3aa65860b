"""The small pure parts: limiter, lag meter, ring fuse, inbox, error texts."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from telephony.ari.errors import WrongCredentials, refusal
from telephony.ari.fuse import SLACK_S, RingFuse
from telephony.ari.health import ClockSample, LagMeter
from telephony.ari.inbox import Inbox
from telephony.ari.limiter import TokenBucket

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def ms(number: float) -> timedelta:
    return timedelta(milliseconds=number)


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_admitted_then_the_rate_holds() -> None:
    watch = Watch()
    bucket = TokenBucket(10, watch)
    assert [bucket.admit() for _ in range(4)] == [True, True, False, False]
    watch.now = 0.1
    assert [bucket.admit(), bucket.admit()] == [True, False]


@given(st.floats(0.5, 200), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_never_more_than_the_rate_and_one_burst_is_admitted(rate: float, steps: list[float]) -> None:
    watch = Watch()
    bucket = TokenBucket(rate, watch)
    admitted = 0
    for step in steps:
        watch.now += step
        admitted += bucket.admit()
    assert admitted <= rate * watch.now + bucket.burst + 1e-6


def test_a_token_given_back_can_be_used_again() -> None:
    bucket = TokenBucket(1, Watch())
    assert bucket.admit() and not bucket.admit()
    bucket.give_back()
    assert bucket.admit()


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        TokenBucket(0, Watch())


def test_one_late_event_is_no_slow_node_but_several_are() -> None:
    meter = LagMeter(200)
    assert meter.arrived(NOON, NOON + ms(400)) is False
    assert meter.arrived(NOON, NOON + ms(400)) is True
    assert meter.slow


def test_a_slow_node_is_well_again_only_below_half_the_limit() -> None:
    meter = LagMeter(200)
    for _ in range(3):
        meter.arrived(NOON, NOON + ms(400))
    well_at = None
    while well_at is None:
        before = meter.lag_ms
        if meter.arrived(NOON, NOON + ms(before * 0.9)):
            well_at = meter.lag_ms
    assert 90 < well_at <= 100


def test_slow_replies_alone_make_a_node_slow() -> None:
    meter = LagMeter(200)
    changes = [meter.pinged(ClockSample(900, timedelta(0))) for _ in range(3)]
    assert changes == [True, False, False]


def test_without_events_the_lag_fades_with_each_ping() -> None:
    meter = LagMeter(200)
    for _ in range(5):
        meter.arrived(NOON, NOON + ms(900))
    for _ in range(12):
        meter.pinged(ClockSample(2, timedelta(0)))
    assert not meter.slow


def test_the_clock_difference_comes_from_the_quickest_ping() -> None:
    meter = LagMeter(200)
    meter.pinged(ClockSample.of(NOON, NOON + ms(4), NOON + ms(5002), 4))
    meter.pinged(ClockSample.of(NOON, NOON + ms(800), NOON + ms(5700), 800))
    assert meter.ahead == ms(5000)
    assert meter.arrived(NOON + ms(5000), NOON + ms(1)) is False


def test_a_small_clock_difference_is_taken_for_chance() -> None:
    meter = LagMeter(200)
    meter.pinged(ClockSample.of(NOON, NOON + ms(2), NOON + ms(10), 2))
    assert meter.ahead == timedelta(0)


def test_lag_is_measured_in_real_milliseconds_when_the_clock_runs_faster() -> None:
    meter = LagMeter(200, speed=60)
    for _ in range(10):
        meter.arrived(NOON, NOON + ms(600))
    assert 9 < meter.lag_ms < 11


def test_a_leg_is_overdue_five_seconds_after_its_ring_timeout() -> None:
    fuse = RingFuse()
    fuse.light("pl-1", 100, 20)
    assert fuse.overdue(120 + SLACK_S - 0.1) == []
    assert fuse.overdue(120 + SLACK_S) == ["pl-1"]
    fuse.again("pl-1", 125)
    assert fuse.overdue(129) == []
    assert fuse.out("pl-1") is True and fuse.out("pl-1") is False


async def test_the_inbox_keeps_order_refuses_when_full_and_always_takes_our_own_news() -> None:
    inbox: Inbox[int] = Inbox(2)
    assert [inbox.offer(1), inbox.offer(2), inbox.offer(3)] == [True, True, False]
    inbox.tell(4)
    inbox.close()
    assert [await inbox.take() for _ in range(4)] == [1, 2, 4, None]


async def test_after_a_refusal_the_inbox_waits_until_it_is_half_empty() -> None:
    inbox: Inbox[int] = Inbox(4)
    for number in range(5):
        inbox.offer(number)
    waiting = asyncio.create_task(inbox.half_empty())
    await inbox.take()
    await asyncio.sleep(0)
    assert not waiting.done()
    await inbox.take()
    await waiting


async def test_a_waiting_consumer_is_woken_by_the_end() -> None:
    inbox: Inbox[int] = Inbox(4)
    waiting = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    inbox.close()
    assert await waiting is None


def test_error_texts_hold_no_phone_number() -> None:
    error = refusal("a", "channels.originate", 400, "Endpoint PJSIP/+15551234567@trunk not found")
    assert str(error) == "node a refused channels.originate: HTTP 400 Endpoint PJSIP/#@trunk not found"


def test_a_user_that_may_only_read_is_told_which_file_to_mend() -> None:
    error = refusal("a", "channels.hangup", 403, "Forbidden")
    assert isinstance(error, WrongCredentials)
    assert "read_only = no" in str(error) and "ari.conf" in str(error)
