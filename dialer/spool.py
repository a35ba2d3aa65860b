"""Keeps replies that came while the database was away, on disk, until they are stored: carriers do not repeat them.

A file for each reply, readable by this user only, and gone as soon as the reply is taken. Taking one twice does nothing
twice, so a crash between the two costs nothing.
"""

import asyncio
import os
from datetime import datetime
from pathlib import Path

import msgspec
import structlog
import uuid_utils
from sqlalchemy.exc import SQLAlchemyError

from dialer.faults import database_gone
from dialer.inbound import Inbound
from telephony.messaging.port import InboundMessage

log = structlog.get_logger()
AWAY = (SQLAlchemyError, OSError, TimeoutError)
AGAIN_S = 0.2
SPOOL = "spool"
WAITING, REFUSED = ".json", ".refused"


class _Kept(msgspec.Struct, frozen=True):
    at: datetime
    message: InboundMessage


class ReplySpool:
    """`folder` must survive a restart. Nothing is looked at before `take_all()` or `run()`."""

    def __init__(self, folder: Path, inbound: Inbound) -> None:
        self._folder = folder
        self._inbound = inbound
        self._kept = asyncio.Event()
        self._kept.set()  # what an earlier process left

    async def keep(self, message: InboundMessage, at: datetime) -> None:
        """On disk for good when it returns. Raises OSError when the disk does not take it."""
        await asyncio.to_thread(self._write, _Kept(at, message))
        self._kept.set()
        log.warning("spool.kept", provider=message.provider)

    def _write(self, kept: _Kept) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = str(uuid_utils.uuid7())
        draft = self._folder / f"{name}.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._folder / f"{name}{WAITING}")
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def run(self) -> None:
        """Take what is kept as soon as the database is back; for ever."""
        while True:
            await self._kept.wait()
            self._kept.clear()
            while not await self.take_all():  # noqa: ASYNC110 - the database tells nobody that it is back
                await asyncio.sleep(AGAIN_S)  # real time: a database is away by the wall's clock, not by the product's

    async def take_all(self) -> bool:
        """Store the kept replies in the order in which they came; False when the database is still away."""
        for file in await asyncio.to_thread(self._files):
            try:
                kept = msgspec.json.decode(await asyncio.to_thread(file.read_bytes), type=_Kept)
            except OSError as problem:
                log.error("spool.unreadable", file=file.name, problem=type(problem).__name__)
                continue
            except msgspec.DecodeError as problem:
                await self._refuse(file, problem)
                continue
            try:
                await self._inbound.handle_inbound(kept.message, at=kept.at)
            except AWAY as problem:
                if database_gone(problem):
                    return False
                await self._refuse(file, problem)
            else:
                await asyncio.to_thread(file.unlink)
                log.info("spool.taken", provider=kept.message.provider)
        return True

    async def _refuse(self, file: Path, problem: Exception) -> None:
        """Leave it under another name for a person to look at: it must not stop the others."""
        await asyncio.to_thread(file.rename, file.with_suffix(REFUSED))
        log.error("spool.refused", file=file.name, problem=type(problem).__name__)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{WAITING}"))
