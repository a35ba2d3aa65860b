"""The recorder writes from its own thread, rotates, and never stands in the way of a call."""

from pathlib import Path

from dialer.pacing import Pacer, PacingSnapshot, pacer_for
from dialer.pacing.interface import Seat
from dialer.pacing.start import PacerStart
from dialer.ticks.blocks import read
from dialer.ticks.model import Begun, Record, Tick
from dialer.ticks.recorder import WAITING_AT_MOST, Look, TickRecorder

START = PacerStart(seed=1)


def looks(number: int, mode: str = "power", at_s: float = 1000.0) -> list[Look]:
    pacer: Pacer = pacer_for(mode, 2.0)
    made = []
    for step in range(number):
        seen = PacingSnapshot(at_s + step, (Seat("idle", 1.0),))
        before = pacer
        pacer, decision = pacer.decide(seen)
        made.append(Look(7, mode, 2.0, START, before, seen, decision))
    return made


def records_in(folder: Path) -> list[Record]:
    found: list[Record] = []
    for path in sorted(folder.glob("*.ticks")):
        with path.open("rb") as file:
            found += read(file, path.name)
    return found


def run(recorder: TickRecorder, *parts: list[Look]) -> None:
    recorder.start()
    for part in parts:
        for look in part:
            recorder.note(look)
    recorder.stop(10)


def test_every_tick_is_on_disk_after_the_end_with_how_its_campaign_was_paced(tmp_path: Path) -> None:
    recorder = TickRecorder(tmp_path / "ticks", file_bytes=2**20, most_bytes=2**22)
    run(recorder, looks(40), looks(2, "progressive", 2000.0))
    found = records_in(tmp_path / "ticks")
    assert [type(one) for one in found] == [Begun] + [Tick] * 40 + [Begun] + [Tick] * 2
    assert [one.mode for one in found if isinstance(one, Begun)] == ["power", "progressive"]
    assert recorder.written._value.get() == 42


def test_a_full_file_is_followed_by_one_that_can_be_read_alone_and_the_oldest_go(tmp_path: Path) -> None:
    recorder = TickRecorder(tmp_path, file_bytes=1, most_bytes=9_000)
    run(recorder, looks(3000))
    files = sorted(tmp_path.glob("*.ticks"))
    assert 1 < len(files) < 12, "a file ends at its size, and twelve blocks do not fit"
    kept = sum(path.stat().st_size for path in files[:-1])
    assert kept <= 9_000
    with files[-1].open("rb") as file:
        assert isinstance(next(read(file, "last")), Begun)
    last = records_in(tmp_path)[-1]
    assert isinstance(last, Tick) and last.now_s == 3999.0


def test_a_folder_that_cannot_be_written_costs_the_records_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "ticks").write_text("a file where the folder should be")
    recorder = TickRecorder(tmp_path / "ticks", file_bytes=2**20, most_bytes=2**22)
    run(recorder, looks(30))
    assert (recorder.lost._value.get(), recorder.written._value.get()) == (30, 0)


def test_a_writer_that_does_not_keep_up_loses_records_and_nobody_waits(tmp_path: Path) -> None:
    recorder = TickRecorder(tmp_path, file_bytes=2**20, most_bytes=2**22)
    for look in looks(WAITING_AT_MOST + 5):
        recorder.note(look)  # its thread was not started: nothing takes them
    assert recorder.lost._value.get() == 5
