"""ARI.md 2.2 row by row: what the codes at a channel's end mean."""

import pytest
from hypothesis import given, strategies as st

from telephony.cause import TABLE, Alarm, CauseVerdict, Ending, Outcome, Retry, verdict


@pytest.mark.parametrize(
    ("sip", "cause", "outcome", "retry", "alarm"),
    [
        (486, 17, Outcome.BUSY, Retry.SOON, None),
        (600, 17, Outcome.BUSY, Retry.SOON, None),
        (404, 1, Outcome.INVALID_NUMBER, Retry.NEVER, None),
        (604, 1, Outcome.INVALID_NUMBER, Retry.NEVER, None),
        (485, 1, Outcome.INVALID_NUMBER, Retry.NEVER, None),
        (410, 22, Outcome.INVALID_NUMBER, Retry.NEVER, None),
        (484, 28, Outcome.INVALID_NUMBER, Retry.NEVER, Alarm.NUMBER_DATA),
        (480, 19, Outcome.NO_ANSWER, Retry.LATER, None),
        (408, 18, Outcome.FAILED, Retry.LATER, Alarm.CARRIER),
        (403, 21, Outcome.REJECTED, Retry.LATER, Alarm.TRUNK),
        (603, 21, Outcome.REJECTED, Retry.LATER, Alarm.CALLER_ID),
        (401, 21, Outcome.FAILED, Retry.LATER, Alarm.TRUNK),
        (407, 21, Outcome.FAILED, Retry.LATER, Alarm.TRUNK),
        (607, 127, Outcome.REJECTED, Retry.NEVER, Alarm.CALLER_ID),
        (608, 127, Outcome.REJECTED, Retry.NEVER, Alarm.CALLER_ID),
        (488, 58, Outcome.FAILED, Retry.LATER, Alarm.CODEC),
        (606, 58, Outcome.FAILED, Retry.LATER, Alarm.CODEC),
        (500, 38, Outcome.FAILED, Retry.LATER, Alarm.CARRIER),
        (502, 27, Outcome.FAILED, Retry.LATER, Alarm.CARRIER),
        (504, 102, Outcome.FAILED, Retry.LATER, Alarm.CARRIER),
        (503, 34, Outcome.FAILED, Retry.SOON, Alarm.CARRIER),
        (302, 23, Outcome.FAILED, Retry.LATER, Alarm.TRUNK),
        (None, 17, Outcome.BUSY, Retry.SOON, None),
        (None, 1, Outcome.INVALID_NUMBER, Retry.NEVER, None),
        (None, 34, Outcome.FAILED, Retry.SOON, Alarm.CARRIER),
        (None, 0, Outcome.FAILED, Retry.LATER, None),
        (299, 99, Outcome.FAILED, Retry.LATER, None),
    ],
)
def test_a_code_means_its_outcome(
    sip: int | None, cause: int, outcome: Outcome, retry: Retry, alarm: Alarm | None
) -> None:
    got = verdict(Ending(cause, sip, ringing_seen=True))
    assert (got.outcome, got.retry, got.alarm) == (outcome, retry, alarm)


def test_only_a_congested_carrier_slows_dialing_down() -> None:
    assert verdict(Ending(34, 503)).slow_down
    assert verdict(Ending(42)).slow_down
    assert not verdict(Ending(38, 500)).slow_down


@pytest.mark.parametrize("cause", [0, 16, 18, 19])
@pytest.mark.parametrize("sip", [None, 480, 487, 408])
def test_our_own_timeout_after_ringing_is_no_answer(cause: int, sip: int | None) -> None:
    got = verdict(Ending(cause, sip, ring_timed_out=True, ringing_seen=True))
    assert (got.outcome, got.alarm) == (Outcome.NO_ANSWER, None)


def test_our_own_timeout_after_early_media_only_is_no_answer() -> None:
    assert verdict(Ending(19, 480, ring_timed_out=True, early_media_seen=True)).outcome is Outcome.NO_ANSWER


@pytest.mark.parametrize("cause", [0, 16, 19])
def test_our_own_timeout_after_total_silence_is_the_trunks_fault(cause: int) -> None:
    got = verdict(Ending(cause, 480, ring_timed_out=True))
    assert (got.rule, got.outcome, got.alarm) == ("trunk_silent", Outcome.FAILED, Alarm.TRUNK)


def test_busy_at_the_very_moment_of_our_timeout_is_still_busy() -> None:
    assert verdict(Ending(17, 486, ring_timed_out=True, ringing_seen=True)).outcome is Outcome.BUSY


def test_an_announcement_in_early_media_before_404_is_an_invalid_number() -> None:
    assert verdict(Ending(1, 404, early_media_seen=True)).outcome is Outcome.INVALID_NUMBER


@pytest.mark.parametrize("cause", [0, 16, 17, 31, 127])
def test_what_was_answered_is_answered_whatever_the_code(cause: int) -> None:
    assert verdict(Ending(cause, 486, answered=True, ring_timed_out=True)).outcome is Outcome.ANSWERED


def test_cause_0_on_an_answered_call_is_its_normal_end() -> None:
    assert verdict(Ending(0, None, answered=True)).rule == "normal_end"


def test_a_leg_that_lost_its_audio_raises_the_media_alarm() -> None:
    assert verdict(Ending(44, None, answered=True)).alarm is Alarm.MEDIA


def test_what_we_cancelled_is_cancelled_whatever_the_code() -> None:
    assert verdict(Ending(0, 487, cancelled=True)).outcome is Outcome.CANCELLED


endings = st.builds(
    Ending,
    st.integers(-1, 300),
    st.none() | st.integers(0, 699),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(endings)
def test_every_ending_has_a_verdict_that_agrees_with_whether_it_was_answered(ending: Ending) -> None:
    got = verdict(ending)
    assert isinstance(got, CauseVerdict) and got.because
    assert (got.outcome is Outcome.ANSWERED) == ending.answered


def test_every_row_can_be_reached() -> None:
    signs = [{"ringing_seen": False}, {"ringing_seen": True}]
    flags = [{}, {"answered": True}, {"cancelled": True}, {"ring_timed_out": True}]
    codes = [(cause, None) for cause in range(128)] + [(cause, sip) for cause in (0, 16, 99) for sip in range(300, 700)]
    reached = {
        next(n for n, row in enumerate(TABLE) if row.fits(ending))
        for flag in flags
        for sign in signs
        for cause, sip in codes
        for ending in [Ending(cause, sip, **flag, **sign)]
    }
    assert {TABLE[n].verdict.rule for n in set(range(len(TABLE))) - reached} == set()
