"""The same pacer decides the same on recorded ticks; another one is counted and shown."""

from dialer.pacing import PacingLimits, PacingSnapshot
from dialer.pacing.interface import Line, Seat
from dialer.pacing.start import PacerStart
from dialer.pacing.stored import begun, stored
from dialer.ticks.model import Begun, Record, tick_of
from dialer.ticks.replaying import Changes, Replay, replay

START = PacerStart(seed=1)
AS_IT_WAS = Changes()


def a_course(mode: str = "power", lines: float = 2.0, *, at_s: float = 0.0, ticks: int = 50) -> list[Record]:
    """What a recorder writes of a floor with a tight limit of calls per second, so that the memory matters."""
    pacer = begun(mode, lines, START)
    records: list[Record] = [Begun(1, mode, lines, START, stored(pacer))]
    for step in range(ticks):
        seen = PacingSnapshot(
            at_s + step / 2, (Seat("idle", 1.0),) * (step % 4), (Line("ringing", 1.0),) * (step % 3),
            limits=PacingLimits(max_cps=1.5),
        )  # fmt: skip
        if step == ticks // 2:
            records.append(Begun(1, mode, lines, START, stored(pacer)))  # the next file begins
        pacer, decision = pacer.decide(seen)
        records.append(tick_of(1, seen, decision))
    return records


def asked_again(records: list[Record], changes: Changes = AS_IT_WAS) -> Replay:
    return replay(records, begun, changes, lambda: None)


def test_an_unchanged_pacer_decides_everything_as_it_did() -> None:
    for mode in ("preview", "progressive", "power"):
        done = asked_again(a_course(mode))
        assert (done.ticks, done.differ, done.notes) == (50, 0, [])
        assert done.launched == done.now > 0


def test_another_ratio_is_counted_by_hour_and_the_first_differences_have_both_reasons() -> None:
    done = asked_again(a_course(ticks=8000), Changes(lines_per_agent=3.0))
    assert done.differ > 0 and done.now > done.launched
    assert [hour.hour for hour in done.hours.values()] == [0, 1]
    assert sum(hour.differ for hour in done.hours.values()) == done.differ
    first = done.first[0]
    assert first.launched != first.now and "ratio 2" in first.because and "ratio 3" in first.because_now


def test_another_mode_begins_with_nothing_learnt_and_says_so() -> None:
    done = asked_again(a_course(), Changes(mode="progressive"))
    assert done.now < done.launched
    assert done.notes == [
        "campaign 1: the progressive pacer begins with nothing learnt: this is the memory of a power pacer, "
        "not of a progressive one"
    ]


def test_ticks_before_it_is_known_how_they_were_paced_are_left_out_and_told() -> None:
    done = asked_again(a_course()[1:])
    assert done.ticks == 25 and "left out" in done.notes[0]
