"""Whatever the floor shows: never negative, never over a limit, never a figure that is none, nothing that grows."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st

from dialer.pacing.interface import (
    STAGES,
    AbandonmentBudget,
    Line,
    OutcomeSeen,
    PacingLimits,
    PacingSnapshot,
    Seat,
    SeatEvent,
    Totals,
)
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.start import MachineDetection, PacerStart
from dialer.pacing.storing import OF_STAGES, restore, store

seconds = st.one_of(st.floats(0, 300), st.floats(0, 1e7), st.just(0.0))
stages = st.sampled_from([None, *STAGES])
seats = st.builds(
    Seat,
    st.sampled_from(["idle", "talk", "wrap", "pause", "out"]),
    seconds,
    st.sampled_from([None, None, "pause", "logout"]),
    stages,
    seconds,
)
odds = st.just(1.0) | st.floats(0, 100)
calls = st.builds(Line, st.sampled_from(["dialing", "ringing", "detecting", "waiting"]), seconds, odds)
kinds = st.sampled_from(["busy", "failed", "no_answer", "answered", "amd_machine", "connected", "dropped"])
starts = st.builds(
    PacerStart,
    abandon_target=st.sampled_from([0.0, 0.01, 0.03, 1.0]),
    ring_timeout_s=st.sampled_from([15.0, 22.0, 60.0]),
    hold_s=st.sampled_from([0.0, 2.0]),
    max_lines=st.sampled_from([None, 0, 7, 60]),
    max_cps=st.sampled_from([None, 0.3, 4.0]),
    amd=st.sampled_from([None, MachineDetection(0.01, 0.08), MachineDetection(1.0, 1.0)]),
    n_agents=st.integers(0, 400),
    connect_s=st.sampled_from([0.0, 0.2, 5.0]),
)


@st.composite
def looks(draw: st.DrawFn) -> list[PacingSnapshot]:
    """Snapshots of a floor that may jump, forward and back, lose its agents or hear nothing but failures."""
    now, out = 0.0, []
    for _ in range(draw(st.integers(1, 25))):
        now += draw(st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.0, 30.0, 4000.0, 1e6, -0.5, -5000.0]))
        seen = draw(st.lists(st.builds(OutcomeSeen, st.just(now), kinds, seconds, seconds), max_size=12))
        if draw(st.booleans()):
            seen = [outcome._replace(kind="failed") for outcome in seen]
        events = draw(
            st.lists(
                st.builds(
                    SeatEvent,
                    st.just(now),
                    st.sampled_from(["talk_end", "wrap_end"]),
                    seconds,
                    st.booleans(),
                    stages,
                    seconds,
                )
                | st.builds(
                    SeatEvent,
                    st.just(now),
                    st.sampled_from(["talk_stage", "wrap_stage"]),
                    seconds,
                    st.booleans(),
                    stages,
                    seconds,
                    st.sampled_from(STAGES[1:]),
                ),
                max_size=8,
            )
        )
        many = draw(st.sampled_from([1, 1, 20]))
        out.append(
            PacingSnapshot(
                now,
                tuple(draw(st.lists(seats, max_size=10))) * many,
                tuple(draw(st.lists(calls, max_size=10))) * many,
                tuple(seen),
                tuple(events),
                Totals(),
                draw(st.integers(0, 80)),
                next_odds=draw(odds),
            )
        )
    return out


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(starts, looks())
def test_every_decision_is_within_the_limits_whatever_comes(start: PacerStart, floors: list[PacingSnapshot]) -> None:
    pacer = PredictivePacer.begin(start)
    size = 64 + len(store(pacer)) + sum(pacer.memory._asdict()[name].nbytes + 32 for name in OF_STAGES)
    limits = PacingLimits(start.max_lines, start.max_cps)
    for floor in floors:
        pacer, decision = pacer.decide(replace(floor, limits=limits))
        assert 0 <= decision.launch <= 4096 and decision.because
        assert "nan" not in decision.because and "inf" not in decision.because
        if limits.max_lines is not None:
            assert decision.launch <= max(0, limits.max_lines - floor.lines_in_use)
        if limits.max_cps is not None:
            assert decision.launch <= max(1, limits.max_cps)
        assert not any(np.isnan(part).any() for part in pacer.memory)
        assert all(
            part.size == 0 or np.nanmax(np.abs(part[np.isfinite(part)]), initial=0) < 1e12 for part in pacer.memory
        )
    assert len(store(pacer)) <= size


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(starts, looks())
def test_a_stored_pacer_decides_what_the_living_one_decides(start: PacerStart, floors: list[PacingSnapshot]) -> None:
    living = PredictivePacer.begin(start)
    for floor in floors:
        stored = restore(store(living))
        again, twice = stored.decide(floor)
        living, once = living.decide(floor)
        assert twice == once
        assert store(again) == store(living)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(starts, looks())
def test_while_a_gauge_holds_there_are_never_more_calls_than_free_agents(
    start: PacerStart, floors: list[PacingSnapshot]
) -> None:
    pacer = PredictivePacer.begin(start)
    held = AbandonmentBudget(0, True, "abandonment, house: 4 of 90")
    for floor in floors:
        pacer, decision = pacer.decide(replace(floor, abandonment=held))
        idle = sum(1 for seat in floor.seats if seat.state == "idle" and seat.then is None)
        assert decision.launch <= max(0, idle - len(floor.calls))
