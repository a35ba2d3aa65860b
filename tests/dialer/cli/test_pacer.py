"""`promiseline pacer`: JSON lines in, JSON lines out, until nobody talks or listens any more."""

import asyncio
import json
import math
from pathlib import Path
from typing import Any

import pytest

from dialer.pacing.predictive import PredictivePacer, warm_up
from dialer.pacing.view import CALL_PHASES, OUTCOME_KINDS, SEAT_EVENTS, SEAT_STATES, SEAT_THEN, FloorView
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.reading import load
from tests.dialer.cli import outside_floor
from tests.dialer.cli.outside_floor import OutsideFloor
from tests.dialer.cli.program import Program
from tests.dialer.pacing.test_protocol import SNAPSHOT, START

LINES = "".join(json.dumps(line) + "\n" for line in (START, SNAPSHOT, {"type": "lunch"}, SNAPSHOT | {"now": 3602.0}))


# whoever comes first compiles the forecast
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    warm_up()


async def test_each_line_is_answered_and_the_end_of_input_is_the_end(tmp_path: Path) -> None:
    ran = await Program(tmp_path)("pacer", stdin=LINES)
    assert ran.code == 0
    first, refused, last = [json.loads(line) for line in ran.out.splitlines()]
    assert first["launch"] >= 0 and first["because"] and last["launch"] >= 0
    assert "lunch" in refused["error"]


async def test_progressive_and_power_answer_by_their_ratio(tmp_path: Path) -> None:
    floor = SNAPSHOT | {"agents": [["idle", 1.0]] * 6, "calls": []}
    lines = json.dumps(START) + "\n" + json.dumps(floor) + "\n"
    (tmp_path / "pacer.toml").write_text('mode = "power"\nratio = 3\n')
    program = Program(tmp_path)
    ran = [
        await program("pacer", *words, stdin=lines)
        for words in (("--mode", "progressive"), ("--mode", "power", "--ratio", "2.5"), ("--config", "pacer.toml"))
    ]
    assert [json.loads(one.out)["launch"] for one in ran] == [6, 15, 18]


async def test_an_answer_comes_before_the_next_line_is_said(tmp_path: Path) -> None:
    process = await Program(tmp_path).start("pacer", "--mode", "progressive")
    assert process.stdin is not None and process.stdout is not None
    for line in (START, SNAPSHOT):
        process.stdin.write(json.dumps(line).encode() + b"\n")
    assert "launch" in json.loads(await process.stdout.readline())
    process.stdin.close()
    assert await process.wait() == 0


class Driven:
    """The process as an outside floor drives it: one line in, one line out."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self.process, self.stdin, self.stdout, self.stderr = process, process.stdin, process.stdout, process.stderr

    def say(self, line: dict[str, Any]) -> None:
        self.stdin.write(json.dumps(line).encode() + b"\n")

    async def ask(self, line: dict[str, Any]) -> dict[str, Any]:
        self.say(line)
        answer: dict[str, Any] = json.loads(await self.stdout.readline())
        return answer

    async def end(self) -> tuple[int, bytes, bytes]:
        self.stdin.close()
        return await self.process.wait(), await self.stdout.read(), await self.stderr.read()


async def live(driven: Driven, floor: OutsideFloor, until_s: float) -> int:
    """The floor goes on until that second of its clock; how many calls were launched."""
    answer: dict[str, Any] = {"launch": 0}
    launched = 0
    while floor.now < until_s:
        answer = await driven.ask(floor.step(answer["launch"]))
        assert set(answer) == {"launch", "because"} and "nan" not in answer["because"]
        assert 0 <= answer["launch"] <= max(0, outside_floor.START["max_lines"] - floor.lines())
        assert answer["launch"] <= outside_floor.START["max_cps"]
        launched += answer["launch"]
    return launched


async def test_an_outside_floor_with_habits_of_its_own_is_paced_within_its_limits(tmp_path: Path) -> None:
    driven, floor = Driven(await Program(tmp_path).start("pacer")), OutsideFloor(7)
    driven.say(outside_floor.START)

    calm = await live(driven, floor, 900)
    assert calm > 200 and floor.totals["connected"] > 60
    # half of the seats are gone and nothing said that they would be
    gone, floor.seats = floor.seats[6:], floor.seats[:6]
    await live(driven, floor, 1200)
    # a dozen calls that the pacer never launched
    floor.call(12)
    await live(driven, floor, 1300)
    # one late line of another clock, then an hour that nobody has seen
    refused = await driven.ask(floor.line() | {"now": floor.now - 100})
    assert "backwards" in refused["error"]
    floor.now += 3600
    floor.seats = [["idle", floor.now, math.inf] for _ in [*floor.seats, *gone]]
    await live(driven, floor, 5400)
    answered, dropped = floor.totals["answered"], floor.totals["dropped"]
    again = await live(driven, floor, 6300)

    assert again > 0.7 * calm
    assert floor.totals["dropped"] - dropped <= 0.1 * (floor.totals["answered"] - answered)
    assert await driven.end() == (0, b"", b"")


async def test_an_end_in_mid_line_is_refused_in_one_line_and_is_the_end(tmp_path: Path) -> None:
    driven = Driven(await Program(tmp_path).start("pacer", "--mode", "progressive"))
    driven.say(START)
    driven.stdin.write(json.dumps(SNAPSHOT).encode()[:200])

    code, out, err = await driven.end()

    assert (code, err, out.count(b"\n")) == (0, b"", 1)
    assert "no JSON" in json.loads(out)["error"]


async def test_a_second_start_and_many_lines_at_once_are_answered_line_by_line(tmp_path: Path) -> None:
    lines = [START, START, *(SNAPSHOT | {"now": 4000 + step} for step in range(50))]
    ran = await Program(tmp_path)("pacer", "--mode", "power", stdin="\r\n".join(json.dumps(line) for line in lines))
    refused, *answers = [json.loads(line) for line in ran.out.splitlines()]
    assert "second start" in refused["error"] and ran.err == ""
    assert len(answers) == 50 and all(set(answer) == {"launch", "because"} for answer in answers)


async def test_it_ends_quietly_when_nobody_reads(tmp_path: Path) -> None:
    process = await Program(tmp_path).start("pacer", "--mode", "progressive")
    assert process.stdin is not None and process.stderr is not None
    process.stdin.write(json.dumps(START).encode() + b"\n" + json.dumps(SNAPSHOT).encode() + b"\n")
    assert process.stdout is not None
    await process.stdout.readline()
    process.stdout._transport.close()  # type: ignore[attr-defined]
    try:
        for step in range(200):
            process.stdin.write(json.dumps(SNAPSHOT | {"now": 3602.0 + step}).encode() + b"\n")
            await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert await process.stderr.read() == b""
    assert await process.wait() != 1


async def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    program = Program(tmp_path)
    assert "--mode" in (await program("pacer", "--mode", "magic")).refusal()
    assert "--ratio" in (await program("pacer", "--ratio", "-1")).refusal()
    assert "missing.toml" in (await program("pacer", "--config", "missing.toml")).refusal()
    (tmp_path / "odd.toml").write_text("speed = 3\n")
    assert "speed" in (await program("pacer", "--config", "odd.toml")).refusal()


async def test_the_process_launches_what_the_pacer_in_here_launches_on_the_same_floor(tmp_path: Path) -> None:
    simulated = SimulatedFloor(load("p04_collect50"), 3)
    start = simulated.start()
    assert start.amd is not None
    first: dict[str, Any] = {
        "type": "start",
        "seed": start.seed,
        "abandon_target": start.abandon_target,
        "ring_timeout_s": start.ring_timeout_s,
        "hold_s": start.hold_s,
        "dial_window_s": start.dial_window_s,
        "max_lines": start.max_lines,
        "max_cps": start.max_cps,
        "amd": {"est_fp": start.amd.est_fp, "est_fn": start.amd.est_fn},
        "n_agents": start.n_agents,
        "connect_s": start.connect_s,
    }
    pacer, lines = PredictivePacer.begin(start), [json.dumps(first)]
    here: list[dict[str, Any]] = []
    simulated.advance()
    for _ in range(400):
        view = simulated.view()
        lines.append(json.dumps(line_of(view)))
        pacer, decision = pacer.look(view)
        here.append({"launch": decision.launch, "because": decision.because})
        simulated.advance(decision.launch)

    ran = await Program(tmp_path)("pacer", stdin="\n".join(lines) + "\n")

    assert [json.loads(line) for line in ran.out.splitlines()] == here
    assert sum(decision["launch"] for decision in here) > 300


def line_of(view: FloorView) -> dict[str, Any]:
    seats = zip(view.seat_state, view.seat_for_s, view.seat_then, strict=True)
    outcomes = zip(view.outcome_at_s, view.outcome_kind, view.outcome_age_s, view.outcome_extra_s, strict=True)
    events = zip(view.event_at_s, view.event_kind, view.event_duration_s, view.event_machine, strict=True)
    return {
        "type": "snapshot",
        "now": view.now_s,
        "agents": [[SEAT_STATES[state], for_s] + ([SEAT_THEN[then]] if then else []) for state, for_s, then in seats],
        "calls": [[CALL_PHASES[phase], age] for phase, age in zip(view.call_phase, view.call_age_s, strict=True)],
        "outcomes": [[at, OUTCOME_KINDS[kind], age, extra] for at, kind, age, extra in outcomes],
        "agent_events": [[at, SEAT_EVENTS[kind], lasted, int(machine)] for at, kind, lasted, machine in events],
        "totals": view.totals._asdict(),
        "lines_in_use": view.lines_in_use,
    }
