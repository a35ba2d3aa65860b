"""What the pacer learns, against truths that are known."""

from collections.abc import Iterator

import numpy as np
import pytest

from dialer.pacing.calibration import compare
from dialer.pacing.interface import Line, OutcomeSeen, PacingSnapshot, Seat, SeatEvent
from dialer.pacing.learning import learn
from dialer.pacing.level import level_now
from dialer.pacing.memory import DISTRIBUTED_S, LIVE, SURPRISED, Memory, fresh, rules_of
from dialer.pacing.shapes import distribute, ended_by, normed, talk_over, wrap_over
from dialer.pacing.start import PacerStart
from dialer.pacing.view import view_of

START = PacerStart(n_agents=50)
RULES = rules_of(START)


def calls_of(
    seed: int, seconds: int, a_second: float, share: list[float], *, median_s: float = 8.5
) -> Iterator[PacingSnapshot]:
    """A list dialed evenly; `share[second]` of the calls is answered after a lognormal ring, the rest rings out."""
    dice = np.random.default_rng(seed)
    flying: list[tuple[float, float, bool]] = []
    for tick in range(2 * seconds):
        now = tick / 2
        for _ in range(dice.poisson(a_second / 2)):
            answered = dice.random() < share[int(now)]
            lasts = 2.2 + median_s * np.exp(0.55 * dice.standard_normal()) if answered else 24.2
            flying.append((now, min(lasts, 24.2), bool(answered and lasts < 24.2)))
        over = [call for call in flying if call[0] + call[1] <= now]
        flying = [call for call in flying if call[0] + call[1] > now]
        yield PacingSnapshot(
            now,
            calls=tuple(Line("ringing", now - began) for began, _, _ in flying),
            outcomes=tuple(
                OutcomeSeen(began + lasts, "answered" if answered else "no_answer", lasts)
                for began, lasts, answered in over
            ),
        )


def taught(floors: Iterator[PacingSnapshot]) -> Memory:
    memory = fresh(RULES)
    for floor in floors:
        learn(memory, RULES, view_of(floor))
    return memory


@pytest.mark.parametrize("truth", [0.05, 0.25, 0.6])
def test_the_answer_level_is_found(truth: float) -> None:
    memory, levels = fresh(RULES), []
    for floor in calls_of(1, 1500, 2.0 / truth**0.5, [truth] * 1500):
        learn(memory, RULES, view_of(floor))
        levels.append(level_now(memory.level)[0])
    # 4 % of the answers would come after the time-out
    assert np.mean(levels[1200:]) == pytest.approx(0.96 * truth, rel=0.08)
    assert level_now(memory.level)[1] < 0.25


def test_it_is_right_about_a_slow_list_in_the_first_half_minute() -> None:
    """Only the quickest answers have come by then; a plain count would be half or double the truth."""
    levels = []
    for seed in range(8):
        memory = taught(calls_of(seed, 16, 30.0, [0.25] * 16))
        levels.append(level_now(memory.level)[0])
    assert np.mean(levels) == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("before, after", [(0.10, 0.30), (0.38, 0.12)])
def test_a_step_is_believed_within_some_forty_answers(before: float, after: float) -> None:
    shares = [before] * 900 + [after] * 120
    memory = taught(calls_of(3, 1020, 3.0, shares))
    assert level_now(memory.level)[0] == pytest.approx(after, rel=0.35)


def test_a_steady_list_is_known_better_than_its_last_sixty_answers_tell() -> None:
    memory = taught(calls_of(5, 1800, 4.0, [0.25] * 1800))
    level, spread = level_now(memory.level)
    assert level == pytest.approx(0.24, rel=0.12) and spread < 0.9 / 60**0.5


@pytest.mark.parametrize("median_s", [5.0, 8.5, 13.0])
def test_ages_of_answers_are_found(median_s: float) -> None:
    memory = taught(calls_of(7, 1800, 4.0, [0.25] * 1800, median_s=median_s))
    edges = normed(ended_by(memory))[LIVE]
    rung = np.minimum(np.exp(0.55 * np.random.default_rng(1).standard_normal(200_000)) * median_s, 99) + 2.2
    rung = rung[rung < 24.2]
    for age in (8.0, 12.0, 18.0):
        assert edges[int(age * 2)] == pytest.approx((rung < age).mean(), abs=0.05)


def test_a_network_that_fails_says_nothing_about_the_list() -> None:
    memory = taught(calls_of(11, 600, 3.0, [0.3] * 600))
    before = level_now(memory.level)[0]
    for step in range(200):
        now = 600 + step / 2
        failed = tuple(OutcomeSeen(now, "failed", 1.5) for _ in range(3))
        learn(memory, RULES, view_of(PacingSnapshot(now, calls=(Line("dialing", 0.5),) * 3, outcomes=failed)))
    assert level_now(memory.level)[0] == pytest.approx(before, rel=0.1)


def test_calls_that_only_ring_while_most_others_fail_say_nothing_about_the_list_either() -> None:
    memory = taught(calls_of(11, 600, 3.0, [0.3] * 600))
    before = level_now(memory.level)[0]
    for step in range(200):
        now = 600 + step / 2
        failed = tuple(OutcomeSeen(now, "failed", 1.5) for _ in range(3))
        ringing = tuple(Line("ringing", (age + step / 2) % 24) for age in range(0, 24, 2))
        learn(memory, RULES, view_of(PacingSnapshot(now, calls=ringing, outcomes=failed)))
    # 15 of them would have been answered: it takes a few seconds until most of the last calls have failed
    assert level_now(memory.level)[0] == pytest.approx(before, rel=0.1)


def test_talk_and_wrap_up_are_learnt_without_bias_from_calls_still_in_progress() -> None:
    """Exponential talk of 60 s and wrap-up of 10 s: what is left does not depend on what is over."""
    dice = np.random.default_rng(2)
    memory = fresh(RULES)
    seats = [["talk", 0.0, dice.exponential(60.0)] for _ in range(40)]
    for tick in range(3600):
        now, events, shown = tick / 2, [], []
        for seat in seats:
            state, since, until = seat
            if until <= now:  # type: ignore[operator]
                events.append(SeatEvent(until, f"{state}_end", until - since))  # type: ignore[arg-type, operator]
                lasts = dice.exponential(10.0 if state == "talk" else 60.0)
                seat[:] = ["wrap" if state == "talk" else "talk", until, until + lasts]  # type: ignore[operator]
            shown.append(Seat(seat[0], max(0.0, now - seat[1])))  # type: ignore[arg-type, operator]
        learn(memory, RULES, view_of(PacingSnapshot(now, tuple(shown), seat_events=tuple(events))))
    memory.marks[DISTRIBUTED_S] = 0
    distribute(memory)
    within = 20.0
    # talk and wrap-up, one after the other: the sum of two exponentials
    a, b = 1 / 60, 1 / 10
    both = 1 - (b * np.exp(-a * within) - a * np.exp(-b * within)) / (b - a)
    for spent in (3.0, 30.0, 100.0):
        assert talk_over(memory, spent, within) == pytest.approx(both, abs=0.05)
    assert wrap_over(memory, 1, 4.0, 10.0) == pytest.approx(1 - np.exp(-1), abs=0.06)


def test_true_forecasts_are_covered_as_they_say_and_a_jump_surprises() -> None:
    memory = fresh(RULES)
    shares = [0.25] * 3000
    for floor in calls_of(13, 3000, 4.0, shares):
        learn(memory, RULES, view_of(floor))
        compare(memory, RULES, view_of(floor))
    covered = memory.coverage[1, 1:] / memory.coverage[1, 0]
    assert covered == pytest.approx([0.1, 0.5, 0.9], abs=0.06) and not memory.marks[SURPRISED]
