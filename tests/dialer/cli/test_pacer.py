"""`promiseline pacer`: JSON lines in, JSON lines out, until nobody talks or listens any more."""

import json
from pathlib import Path

from tests.dialer.cli.program import Program
from tests.dialer.pacing.test_protocol import SNAPSHOT, START

LINES = "".join(json.dumps(line) + "\n" for line in (START, SNAPSHOT, {"type": "lunch"}, SNAPSHOT | {"now": 3602.0}))


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
