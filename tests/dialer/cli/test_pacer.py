"""`promiseline pacer`: JSON lines in, JSON lines out, until nobody talks or listens any more."""

import json
from pathlib import Path
from typing import Any

import pytest

from dialer.pacing.predictive import PredictivePacer, warm_up
from dialer.pacing.view import CALL_PHASES, OUTCOME_KINDS, SEAT_EVENTS, SEAT_STATES, SEAT_THEN, FloorView
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.reading import load
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
