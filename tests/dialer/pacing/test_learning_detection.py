"""What the pacer learns of machine detection: ages of answers without its delay, patience with it, its errors."""

from collections.abc import Iterator

import numpy as np
import pytest

from dialer.pacing.forecast import GREETING_S, patience_s
from dialer.pacing.interface import Line, OutcomeSeen, PacingSnapshot, SeatEvent
from dialer.pacing.learning import learn
from dialer.pacing.level import level_now
from dialer.pacing.memory import LIVE, MACHINE, Memory, fresh, rules_of
from dialer.pacing.shapes import ended_by, normed
from dialer.pacing.spending import balance_of
from dialer.pacing.start import MachineDetection, PacerStart
from dialer.pacing.view import view_of

START = PacerStart(n_agents=50, hold_s=2.0, connect_s=0.2, amd=MachineDetection(0.01, 0.1))
RULES = rules_of(START)
SECONDS = 1500


def lists(verdict_s: float) -> Iterator[PacingSnapshot]:
    """Two calls a second: a quarter is answered by persons, a quarter by machines, and detection takes `verdict_s`."""
    dice = np.random.default_rng(3)
    flying: list[tuple[float, float, str]] = []
    for tick in range(2 * SECONDS):
        now = tick / 2
        for _ in range(dice.poisson(1.0)):
            kind = dice.choice(["connected", "amd_machine", "no_answer"], p=[0.25, 0.25, 0.5])
            flying.append((now, answers_at(dice, str(kind)), str(kind)))
        over = [one for one in flying if one[0] + one[1] + delay(one, verdict_s) <= now]
        flying = [one for one in flying if one[0] + one[1] + delay(one, verdict_s) > now]
        yield PacingSnapshot(
            now,
            calls=tuple(Line("detecting" if now - at >= answer else "ringing", now - at) for at, answer, _ in flying),
            outcomes=tuple(seen(one, verdict_s) for one in over),
        )


def answers_at(dice: np.random.Generator, kind: str) -> float:
    """Age of the answer, or of its absence; persons by 9 s as a rule, machines by 18."""
    if kind == "no_answer":
        return 24.2
    return float(min(2.2 + (7.0 if kind == "connected" else 15.0) * np.exp(0.2 * dice.standard_normal()), 24.0))


def delay(call: tuple[float, float, str], verdict_s: float) -> float:
    return 0.0 if call[2] == "no_answer" else verdict_s


def seen(call: tuple[float, float, str], verdict_s: float) -> OutcomeSeen:
    at, answer, kind = call
    age = answer + delay(call, verdict_s)
    return OutcomeSeen(at + age, kind, age, delay(call, verdict_s))  # type: ignore[arg-type]


def taught(floors: Iterator[PacingSnapshot]) -> Memory:
    memory = fresh(RULES)
    for floor in floors:
        learn(memory, RULES, view_of(floor))
    return memory


@pytest.mark.parametrize("verdict_s", [0.5, 2.5, 4.5])
def test_an_answers_age_is_that_of_the_answer_however_long_detection_takes(verdict_s: float) -> None:
    memory = taught(lists(verdict_s))
    assert level_now(memory.level)[0] == pytest.approx(0.25, rel=0.15), "answered means judged a person"
    shapes = normed(ended_by(memory))
    for kind, median_s in ((LIVE, 2.2 + 7.0), (MACHINE, 2.2 + 15.0)):
        assert shapes[kind, round(2 * median_s)] == pytest.approx(0.5, abs=0.12)


def test_the_delay_of_detection_is_part_of_how_long_a_person_can_wait() -> None:
    """Who is dropped was on the line for greeting, detection and hold: all of it the next agent may come within."""
    memory = fresh(RULES)
    assert patience_s(memory, RULES) == pytest.approx(1.8 + GREETING_S)
    dropped = tuple(OutcomeSeen(1.0, "dropped", 13.5, 4.5) for _ in range(200))
    learn(memory, RULES, view_of(PacingSnapshot(1.0, outcomes=dropped)))
    assert patience_s(memory, RULES) == pytest.approx(4.5, abs=0.1)


def test_machines_that_agents_were_given_are_taken_off_and_persons_who_were_cut_are_added() -> None:
    memory = fresh(RULES)
    outcomes = tuple(OutcomeSeen(1.0, "connected", 11.0, 2.0) for _ in range(1000))
    talks = tuple(SeatEvent(1.0, "talk_end", 20.0, machine=number % 5 == 0) for number in range(1000))
    learn(memory, RULES, view_of(PacingSnapshot(1.0, outcomes=outcomes, seat_events=talks)))
    balance = balance_of(memory.marks, RULES)
    assert balance.answered == pytest.approx(800 / 0.99, rel=0.02)
    assert balance.abandoned == pytest.approx(0.01 * balance.answered)
