"""The modes that need no forecast."""

import pytest
from hypothesis import given, strategies as st

from dialer.pacing import UNREAD, AbandonmentBudget, PacingDecision, PacingLimits, PacingSnapshot, pacer_for
from dialer.pacing.interface import Line, Seat

IDLE = Seat("idle", 3.0)
RINGING = Line("ringing", 4.0)


def decide(mode: str, snapshot: PacingSnapshot, ratio: float = 2.5) -> PacingDecision:
    return pacer_for(mode, ratio).decide(snapshot)[1]


def test_progressive_dials_one_call_for_one_free_agent() -> None:
    floor = PacingSnapshot(0, (IDLE, IDLE, IDLE, Seat("talk", 9)), (RINGING,))
    assert decide("progressive", floor) == PacingDecision(2, "1:1: 3 free agents, 1 calls in flight")


def test_power_dials_the_ratio_rounded_down() -> None:
    assert decide("power", PacingSnapshot(0, (IDLE, IDLE, IDLE), (RINGING,))).launch == 6


def test_power_is_one_for_one_while_a_gauge_holds_and_says_which() -> None:
    held = AbandonmentBudget(0, True, "abandonment, Ofcom 24 h: 3 of 90")
    floor = PacingSnapshot(0, (IDLE, IDLE, IDLE), (RINGING,), abandonment=held)
    assert decide("power", floor) == PacingDecision(
        2, "1:1: 3 free agents, 1 calls in flight; abandonment, Ofcom 24 h: 3 of 90"
    )
    assert decide("progressive", floor).because == "1:1: 3 free agents, 1 calls in flight"


def test_power_is_one_for_one_until_the_figures_are_read() -> None:
    decision = decide("power", PacingSnapshot(0, (IDLE, IDLE), abandonment=UNREAD))
    assert decision.launch == 2 and "not read yet" in decision.because


def test_preview_shows_one_debtor_to_each_free_agent() -> None:
    assert decide("preview", PacingSnapshot(0, (IDLE, IDLE))).launch == 2


def test_an_agent_who_is_about_to_pause_counts_for_nothing() -> None:
    assert decide("progressive", PacingSnapshot(0, (Seat("idle", 1, "pause"),))).launch == 0


def test_lines_limit_and_say_so() -> None:
    floor = PacingSnapshot(0, (IDLE,) * 9, lines_in_use=3, limits=PacingLimits(max_lines=5))
    assert decide("progressive", floor) == PacingDecision(2, "lines: 3 of 5 in use")


def test_a_call_that_only_the_rate_holds_back_is_told_when_it_may_go() -> None:
    limits, pacer = PacingLimits(max_cps=10), pacer_for("progressive", 1)
    pacer, first = pacer.decide(PacingSnapshot(0, (IDLE,) * 12, limits=limits))
    assert first.launch == 10 and first.again_s == pytest.approx(0.1)
    pacer, early = pacer.decide(PacingSnapshot(0.04, (IDLE,) * 2, limits=limits))
    assert early.launch == 0 and early.again_s == pytest.approx(0.06)
    pacer, enough = pacer.decide(PacingSnapshot(0.3, (IDLE,) * 2, limits=limits))
    assert (enough.launch, enough.again_s) == (2, None)


def test_an_unknown_mode_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'wild'"):
        pacer_for("wild", 1)


ticks = st.lists(
    st.tuples(st.floats(0, 2), st.integers(0, 300), st.integers(0, 300), st.integers(0, 60)), min_size=1, max_size=30
)


@given(
    st.sampled_from(["preview", "progressive", "power"]),
    st.floats(1, 10),
    st.integers(1, 60),
    st.floats(0.1, 40),
    ticks,
)
def test_never_negative_never_above_lines_or_calls_per_second(
    mode: str, ratio: float, max_lines: int, max_cps: float, moves: list[tuple[float, int, int, int]]
) -> None:
    pacer, now = pacer_for(mode, ratio), 0.0
    launches: list[tuple[float, int]] = []
    for pause, idle, flying, lines in moves:
        now += pause
        limits = PacingLimits(max_lines, max_cps)
        floor = PacingSnapshot(now, (IDLE,) * idle, (RINGING,) * flying, lines_in_use=lines, limits=limits)
        pacer, decision = pacer.decide(floor)
        assert 0 <= decision.launch <= max(0, max_lines - lines)
        assert decision.because
        launches.append((now, decision.launch))
    for start, _ in launches:
        window = sum(n for at, n in launches if start <= at <= start + 1)
        assert window <= 2 * max(1.0, max_cps) + 1


@given(st.sampled_from(["preview", "progressive", "power"]), st.integers(0, 50), st.integers(0, 50))
def test_the_same_floor_gives_the_same_decision(mode: str, idle: int, flying: int) -> None:
    floor = PacingSnapshot(1.0, (IDLE,) * idle, (RINGING,) * flying)
    assert decide(mode, floor) == decide(mode, floor)
