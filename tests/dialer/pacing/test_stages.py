"""Stages of talks: what they say of the time that is left, and that without them nothing is other than it was."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from dialer.pacing.interface import STAGES, PacingSnapshot, Seat, SeatEvent, Stage
from dialer.pacing.learning import learn
from dialer.pacing.memory import Memory, fresh, rules_of
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.shapes import distribute, talk_over
from dialer.pacing.stages import distribute_stages, staged_talk_over, staged_wrap_over
from dialer.pacing.start import PacerStart
from dialer.pacing.storing import restore, store
from dialer.pacing.view import view_of
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.reading import load
from tests.bench.bench_pacing import protocol_ms

START = PacerStart(n_agents=60)
RULES = rules_of(START)
NOT_PARTY, IDENTIFIED, OUTCOME = (STAGES.index(stage) for stage in ("not_party", "identified", "outcome"))
BEFORE_STAGES = {
    "marks", "ends", "risk", "prior", "level", "talk", "wrap", "recent", "finish", "wrapped", "coverage", "half_hour",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "seed", "seconds", "digest"),
    [
        ("p03_survey20", 1, 3600.0, "2d1a275267fb4705d218c251e13a2b9446b6b7bc4ae6c01c0e1deb5219712cdd"),
        ("p04_collect50", 2, 2400.0, "0ba19e8df158628f0d4805cd6696cf804667485b2661519a60ad3f383faae8f7"),
    ],
)
def test_where_no_stage_shows_every_decision_is_what_it_was_before_there_were_stages(
    name: str, seed: int, seconds: float, digest: str
) -> None:
    """The digests were made on the same two days by this pacer with `staged_talk_over`, `staged_wrap_over`,
    `shows_in_wrap` and `distribute_stages` that know no stages (commit d7cbed9 had none at all)."""
    floor = SimulatedFloor(replace(load(name), horizon_s=seconds, dial_window_s=(0.0, seconds)), seed)
    pacer, said = PredictivePacer.begin(floor.start()), hashlib.sha256()
    going = floor.advance()
    while going:
        pacer, decision = pacer.look(floor.view())
        said.update(f"{decision.launch} {decision.because}\n".encode())
        going = floor.advance(decision.launch)
    assert said.hexdigest() == digest
    assert not any(part.any() for name, part in pacer.memory._asdict().items() if name not in BEFORE_STAGES)


class Talks:
    """A floor of one-by-one talks: half are with somebody else, which shows after 8 s on average, and last 15 s more;
    the others are identified after 10 s, and then last 150 s; both by exponential laws, and wrap-up of 5 and 30 s."""

    def __init__(self, seed: int, *, shown_in_wrap: bool = False) -> None:
        self.dice = np.random.default_rng(seed)
        self.shown_in_wrap = shown_in_wrap
        self.seats = [self._talk(-float(self.dice.exponential(60))) for _ in range(60)]

    def _talk(self, at: float) -> dict[str, object]:
        party = bool(self.dice.random() < 0.5)
        shows = at + self.dice.exponential(10.0 if party else 8.0)
        ends = shows + self.dice.exponential(150.0 if party else 15.0)
        wraps = ends + self.dice.exponential(30.0 if party else 5.0)
        # picked in a wrap-up: 2 s before its end on average
        picks = max(ends, wraps - self.dice.exponential(2.0)) if self.shown_in_wrap else np.inf
        stage: Stage = "identified" if party else "not_party"
        return {"at": at, "stage": stage, "shows": shows, "ends": ends, "picks": picks, "free": wraps}

    def snapshots(self, seconds: int) -> Iterator[PacingSnapshot]:
        for tick in range(2 * seconds):
            now, events, shown = tick / 2, [], []
            for place, seat in enumerate(self.seats):
                events += [event for event in _events(seat) if now - 0.5 < event.at_s <= now]
                if seat["free"] <= now:  # type: ignore[operator]
                    seat = self.seats[place] = self._talk(seat["free"])  # type: ignore[arg-type]
                shown.append(_seat(seat, now))
            events.sort(key=lambda event: event.at_s)
            yield PacingSnapshot(now, tuple(shown), seat_events=tuple(events))


def _events(s: dict[str, object]) -> list[SeatEvent]:
    at, shows, ends, picks, free = (float(s[name]) for name in ("at", "shows", "ends", "picks", "free"))  # type: ignore[arg-type]
    stage: Stage = s["stage"]  # type: ignore[assignment]
    found = [
        SeatEvent(shows, "talk_stage", shows - at, shows=stage),
        SeatEvent(ends, "talk_end", ends - at, False, stage, ends - shows),
    ]
    if picks < free:
        found.append(SeatEvent(picks, "wrap_stage", picks - ends, False, stage, picks - shows, "outcome"))
        return [*found, SeatEvent(free, "wrap_end", free - ends, False, "outcome", free - picks)]
    return [*found, SeatEvent(free, "wrap_end", free - ends, False, stage, free - shows)]


def _seat(s: dict[str, object], now: float) -> Seat:
    at, shows, ends, picks = (float(s[name]) for name in ("at", "shows", "ends", "picks"))  # type: ignore[arg-type]
    stage: Stage = s["stage"]  # type: ignore[assignment]
    if now < shows:
        return Seat("talk", max(0.0, now - at))
    if now < ends:
        return Seat("talk", now - at, None, stage, now - shows)
    if now < picks:
        return Seat("wrap", now - ends, None, stage, now - shows)
    return Seat("wrap", now - ends, None, "outcome", now - picks)


def taught(floors: Iterator[PacingSnapshot]) -> Memory:
    memory = fresh(RULES)
    for floor in floors:
        learn(memory, RULES, view_of(floor))
    distribute(memory)
    distribute_stages(memory)
    return memory


def both_over(first_s: float, then_s: float, within: float) -> float:
    """Chance that two exponential times, one after the other, are over."""
    a, b = 1 / first_s, 1 / then_s
    return float(1 - (b * np.exp(-a * within) - a * np.exp(-b * within)) / (b - a))


def test_what_is_left_of_a_talk_is_learnt_apart_for_each_stage() -> None:
    memory = taught(Talks(1).snapshots(5400))
    for within in (8.0, 16.0):
        for since in (4.0, 30.0):
            assert staged_talk_over(memory, NOT_PARTY, since, within) == pytest.approx(
                both_over(15, 5, within), abs=0.06
            )
            assert staged_talk_over(memory, IDENTIFIED, since, within) == pytest.approx(
                both_over(150, 30, within), abs=0.03
            )
    assert staged_wrap_over(memory, NOT_PARTY, 20.0, 2.0, 0, 5.0) == pytest.approx(1 - np.exp(-1), abs=0.08)
    assert staged_wrap_over(memory, IDENTIFIED, 99.0, 2.0, 0, 10.0) == pytest.approx(1 - np.exp(-1 / 3), abs=0.06)


def test_a_talk_of_which_nothing_shows_yet_may_end_by_way_of_a_stage() -> None:
    """No talk here ends before something shows: whoever forgets the way through the stages foresees no end at all."""
    memory = taught(Talks(2).snapshots(5400))
    dice, many, spent, within = np.random.default_rng(3), 400_000, 5.0, 16.0
    party = dice.random(many) < 0.5
    shows = dice.exponential(np.where(party, 10.0, 8.0))
    left = shows - spent + dice.exponential(np.where(party, 150.0, 15.0)) + dice.exponential(np.where(party, 30.0, 5.0))
    truth = (left[shows > spent] <= within).mean()
    assert truth > 0.1
    assert talk_over(memory, spent, within) == pytest.approx(truth, abs=0.03)


def test_an_outcome_picked_in_the_wrap_up_tells_that_it_is_nearly_over() -> None:
    memory = taught(Talks(4, shown_in_wrap=True).snapshots(5400))
    picked = staged_wrap_over(memory, OUTCOME, 1.0, 12.0, 0, 4.0)
    waiting = staged_wrap_over(memory, IDENTIFIED, 80.0, 12.0, 0, 4.0)
    assert picked > 0.75 and waiting < 0.25
    # picked or not, half of all wrap-ups of right parties end within 21 s
    assert staged_wrap_over(memory, IDENTIFIED, 80.0, 0.0, 0, 20.8) == pytest.approx(0.5, abs=0.08)


def test_what_shows_against_the_order_of_the_stages_is_not_counted() -> None:
    memory = fresh(RULES)
    odd = (
        SeatEvent(10.0, "talk_stage", 9.0, False, "outcome", 2.0, "identified"),
        SeatEvent(10.0, "talk_stage", 9.0, False, "promise", 2.0, "promise"),
    )
    learn(memory, RULES, view_of(PacingSnapshot(9.5)))
    learn(memory, RULES, view_of(PacingSnapshot(10.0, seat_events=odd)))
    assert memory.moved.sum() == 0


def test_a_pacer_that_knows_that_talks_are_about_to_end_launches_more() -> None:
    pacer = PredictivePacer.begin(START)
    for floor in Talks(5).snapshots(1800):
        pacer, _ = pacer.decide(floor)
    from dialer.pacing.forecast import look_ahead

    def finishing(*stage: object) -> float:
        seats = tuple(Seat("talk", 60.0, None, *stage) for _ in range(20))  # type: ignore[arg-type]
        ahead = look_ahead(pacer.memory, pacer.rules, view_of(PacingSnapshot(1800.0, seats)))
        return float(ahead.finished[1])

    assert finishing("not_party", 20.0) > 3 * finishing("identified", 20.0)


def test_what_was_learnt_of_stages_is_stored_and_what_was_stored_before_them_loads() -> None:
    pacer = PredictivePacer.begin(START)
    for floor in Talks(6).snapshots(60):
        pacer, _ = pacer.decide(floor)
    again = restore(store(pacer))
    assert all(np.array_equal(one, other) for one, other in zip(pacer.memory, again.memory, strict=True))
    assert again.memory.staged.any() and again.memory.stage_finish.any()
    before = PredictivePacer.begin(START)
    before, _ = before.decide(PacingSnapshot(0.0, (Seat("talk", 3.0),)))
    assert set(msgspec.msgpack.decode(store(before))["memory"]) == BEFORE_STAGES
    assert not restore(store(before)).memory.staged.any()


def test_a_decision_with_stages_takes_no_longer_than_it_may() -> None:
    assert protocol_ms(looks=60, stages=True)["p50_ms"] < 5.0
