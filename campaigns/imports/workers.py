"""Reads chunks of rows in processes beside this one, in order. A worker ends by itself when this process is killed."""

import asyncio
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any, Protocol, cast

from campaigns.imports.csv_file import Record
from campaigns.imports.rows import Chunk, Reader


class ChunkReader(Protocol):
    lanes: int

    def submit(self, records: Sequence[Record]) -> "asyncio.Future[Chunk]": ...

    def close(self) -> None: ...


class InThread:
    """For small files: one thread, no process to start."""

    lanes = 1

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._thread = ThreadPoolExecutor(1, "import")

    def submit(self, records: Sequence[Record]) -> "asyncio.Future[Chunk]":
        return asyncio.get_running_loop().run_in_executor(self._thread, self._reader.read, records)

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)


class InProcesses:
    """Chunks go round; each worker answers in the order it was asked."""

    def __init__(self, reader: Reader, count: int) -> None:
        self.lanes = count
        self._workers = [_Worker(reader) for _ in range(count)]
        self._next = 0

    def submit(self, records: Sequence[Record]) -> "asyncio.Future[Chunk]":
        worker = self._workers[self._next % self.lanes]
        self._next += 1
        return asyncio.get_running_loop().run_in_executor(worker.thread, worker.ask, records)

    def close(self) -> None:
        for worker in self._workers:
            worker.close()


class _Worker:
    """Not multiprocessing: that imports the parent's main module, the whole server, into each child."""

    def __init__(self, reader: Reader) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "campaigns.imports.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
        )
        self.thread = ThreadPoolExecutor(1, "import-pipe")
        self._tell(reader)

    def ask(self, records: Sequence[Record]) -> Chunk:
        try:
            self._tell(records)
            answer: Any = pickle.load(self._process.stdout)  # type: ignore[arg-type]  # noqa: S301 - our own process
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise RuntimeError("a worker of the import died; run the same command again, it goes on there") from error
        if isinstance(answer, Exception):
            raise answer
        return cast(Chunk, answer)

    def _tell(self, what: Any) -> None:
        pipe = cast(IO[bytes], self._process.stdin)
        pickle.dump(what, pipe, pickle.HIGHEST_PROTOCOL)
        pipe.flush()

    def close(self) -> None:
        self.thread.shutdown(wait=True, cancel_futures=True)
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                cast(IO[bytes], pipe).close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
