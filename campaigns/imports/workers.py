"""Reads chunks of rows in processes beside this one, in order. A worker ends by itself when this process is killed."""

import asyncio
import multiprocessing
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, Protocol, Self, cast

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Worker:
    def __init__(self, reader: Reader) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy the event loop, its sockets and locks
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, reader), daemon=True, name="promiseline-import")
        self._process.start()
        theirs.close()  # so that the worker's end is the only one, and a death on either side is seen on the other
        self.thread = ThreadPoolExecutor(1, "import-pipe")

    def ask(self, records: Sequence[Record]) -> Chunk:
        try:
            self._pipe.send(records)
            answer: Any = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise RuntimeError("a worker of the import died; run the same command again, it goes on there") from error
        if isinstance(answer, Exception):
            raise answer
        return cast(Chunk, answer)

    def close(self) -> None:
        self.thread.shutdown(wait=True, cancel_futures=True)
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()
        self._process.close()


def _work(pipe: "Connection[Any, Any]", reader: Reader) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the pipe
    while True:
        try:
            records = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Any = reader.read(records)
        except Exception as error:  # goes to the parent, which raises it
            answer = error
        try:
            pipe.send(answer)
        except OSError:
            return
