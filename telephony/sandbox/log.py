"""Writes down everything that happened at the simulated exchange, for an independent pass to audit."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from io import BufferedWriter
from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal[
    "originate",
    "refused",
    "ring",
    "early_media",
    "answer",
    "app_lost",
    "amd",
    "bridge_enter",
    "bridge_leave",
    "connected",
    "disconnected",
    "play_start",
    "play_end",
    "hold",
    "unhold",
    "dtmf",
    "hangup",
    "destroyed",
    "app_up",
    "app_down",
    "phone",
    "node_down",
    "node_up",
]


class LogEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened. `n` counts from 1; fields that do not apply are None.

    `by`: who answered (person, machine, agent) or who ended it (app, debtor, agent, machine, timeout, network, fuse,
    dialplan, rtp_timeout, app_inactive, node). `other`: the bridge, the other channel, the sound or the AMD cause.
    """

    n: int
    at: datetime
    kind: Kind
    channel: str | None = None
    number: str | None = None
    """The dialed number of a debtor's leg, digits only; None on an agent's leg."""
    endpoint: str | None = None
    caller_id: str | None = None
    by: str | None = None
    other: str | None = None
    result: str | None = None
    attempt: int | None = None
    cause: int | None = None
    sip: int | None = None
    state: str | None = None


class ExchangeLog:
    """Keeps all entries in memory and, with `path`, appends them as JSON lines (flushed line by line)."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[LogEntry] = []
        self._encoder = msgspec.json.Encoder()
        self._file: BufferedWriter | None = None
        self._n = 0
        self._added = asyncio.Event()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")

    def add(
        self,
        at: datetime,
        kind: Kind,
        *,
        channel: str | None = None,
        number: str | None = None,
        endpoint: str | None = None,
        caller_id: str | None = None,
        by: str | None = None,
        other: str | None = None,
        result: str | None = None,
        attempt: int | None = None,
        cause: int | None = None,
        sip: int | None = None,
        state: str | None = None,
    ) -> LogEntry:
        self._n += 1
        entry = LogEntry(
            self._n, at, kind, channel, number, endpoint, caller_id, by, other, result, attempt, cause, sip, state
        )
        self.entries.append(entry)
        if self._file is not None:
            self._file.write(self._encoder.encode(entry) + b"\n")
            # a killed process must not take the evidence with it
            self._file.flush()
        self._added.set()
        return entry

    async def until(self, kind: Kind, channel: str | None = None) -> LogEntry:
        """Wait for the first entry of that kind (of that channel)."""
        while True:
            for entry in self.of(kind):
                if channel in (None, entry.channel):
                    return entry
            self._added.clear()
            await self._added.wait()

    def of(self, kind: Kind) -> Iterator[LogEntry]:
        return (entry for entry in self.entries if entry.kind == kind)

    def of_channel(self, channel: str) -> list[LogEntry]:
        return [entry for entry in self.entries if entry.channel == channel]

    def dump(self, path: Path) -> None:
        """Write all entries as JSON lines."""
        path.write_bytes(b"".join(self._encoder.encode(entry) + b"\n" for entry in self.entries))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def read_log(path: Path) -> list[LogEntry]:
    """Read JSON lines; a last line cut by a kill is left out."""
    decoder = msgspec.json.Decoder(LogEntry)
    return [decoder.decode(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
