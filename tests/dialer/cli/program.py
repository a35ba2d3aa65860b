"""Runs `promiseline` as an operator does: its own process, its own environment; whatever happens, no traceback."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dialer.cli import A_FAULT

PROGRAM = (sys.executable, "-c", "from dialer.cli import main; main()")
KEY = "tests of the commands sign addresses with this"


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one document on standard output, and nothing but it."""
        assert self.code == 0, self
        return json.loads(self.out)

    def refusal(self) -> str:
        """The message of a command that did nothing: standard output stays empty."""
        assert (self.code, self.out) == (1, ""), self
        assert self.err.startswith("promiseline: "), self
        return self.err


@dataclass(slots=True)
class Program:
    """The command line with the settings `environment`, in the folder `folder`."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def _whole(self, more: Mapping[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PROMISELINE_")}
        return inherited | self.environment | dict(more)

    async def start(self, *words: str, **more: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *PROGRAM, *words, env=self._whole(more), cwd=self.folder,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def __call__(self, *words: str, stdin: str = "", **more: str) -> Ran:
        return await ended(await self.start(*words, **more), stdin)

    async def all(self, *lines: Sequence[str]) -> list[Ran]:
        """Commands that do not touch each other, side by side."""
        return list(await asyncio.gather(*(self(*line) for line in lines)))


async def ended(process: asyncio.subprocess.Process, stdin: str = "", within_s: float = 60) -> Ran:
    try:
        async with asyncio.timeout(within_s):
            out, err = await process.communicate(stdin.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    ran = Ran(process.returncode or 0, out.decode(), err.decode())
    assert "Traceback" not in ran.out + ran.err, ran
    assert ran.code != A_FAULT, fault_of(ran)
    return ran


def fault_of(ran: Ran) -> str:
    """What the program wrote down of a fault of its own."""
    found = re.search(r"\S*promiseline-fault-\w+\.txt", ran.err)
    return Path(found[0]).read_text() if found else ran.err


async def line_of(process: asyncio.subprocess.Process, word: str, within_s: float = 60) -> str:
    """The first line of standard output that holds the word."""
    assert process.stdout is not None
    async with asyncio.timeout(within_s):
        while line := (await process.stdout.readline()).decode():
            if word in line:
                return line
    assert process.stderr is not None
    raise AssertionError(f"it ended without saying {word!r}: {(await process.stderr.read()).decode()}")


async def interrupted(process: asyncio.subprocess.Process, within_s: float = 30) -> Ran:
    """Ctrl+C, and what came of it."""
    process.send_signal(signal.SIGINT)
    return await ended(process, within_s=within_s)
