"""Writes what happened, in order and in groups, and never in the way of a call: what cannot be written waits."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.agent import AgentState
from dialer.call import CallState
from dialer.record_rows import (
    write_attempts,
    write_ends,
    write_sessions,
    write_state_logs,
)
from dialer.settlement import CallEnd, Disposal, settle_disposals, settle_ends
from dialer.state import FloorState, LiveAgent, LiveCall

log = structlog.get_logger(__name__)
GATHER_S = 0.1
URGENT_S = 0.01
BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
# a row that the database refuses for what it says will be refused for ever; losing the server is another thing
REFUSALS = (IntegrityError, DataError, ProgrammingError, ValueError, TypeError, LookupError, AttributeError)


@dataclass(slots=True)
class Batch:
    """What one transaction writes, in this order."""

    attempts: dict[str, dict[str, Any]] = field(default_factory=dict)
    ends: dict[str, CallEnd] = field(default_factory=dict)
    disposals: list[Disposal] = field(default_factory=list)
    sessions: dict[int, dict[str, Any] | None] = field(default_factory=dict)
    logs: list[dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.attempts) + len(self.ends) + len(self.disposals) + len(self.sessions) + len(self.logs)

    def followed_by(self, later: "Batch") -> "Batch":
        """This batch, which failed, and what came after it."""
        attempts = dict(self.attempts)
        for attempt_id, fields in later.attempts.items():
            attempts[attempt_id] = attempts.get(attempt_id, {}) | fields
        return Batch(
            attempts,
            self.ends | later.ends,
            self.disposals + later.disposals,
            self.sessions | later.sessions,
            self.logs + later.logs,
        )

    def singly(self) -> list["Batch"]:
        """One batch for each thing, so that a refused one does not hold back the others."""
        parts = [Batch(attempts={key: value}) for key, value in self.attempts.items()]
        parts += [Batch(ends={key: end}) for key, end in self.ends.items()]
        parts += [Batch(disposals=[disposal]) for disposal in self.disposals]
        parts += [Batch(sessions={key: row}) for key, row in self.sessions.items()]
        return parts + [Batch(logs=[row]) for row in self.logs]

    def kind(self) -> str:
        return next((name for name in self.__slots__ if getattr(self, name)), "nothing")


class Records:
    """Methods only put things on the list; one task writes. `written()` waits until all put so far are committed."""

    def __init__(self, state: FloorState) -> None:
        self._state = state
        self._pending = Batch()
        self._writing = Batch()
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        self._waiters: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="records")

    async def stop(self) -> None:
        """Write what is left, once; what the database does not take then is found by the next start's recovery."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._pending = self._writing.followed_by(self._pending)
        self._writing = Batch()
        if len(self._pending):
            try:
                await self._write(self._pending)
            except (SQLAlchemyError, OSError) as problem:
                log.error("records.left_unwritten", number=len(self._pending), problem=type(problem).__name__)

    def attempt(self, attempt_id: str, fields: Mapping[str, Any]) -> None:
        """Columns of an attempt that lives."""
        known = self._pending.attempts.setdefault(attempt_id, {})
        known.update({name: value for name, value in fields.items() if value is not None})
        self._wake.set()

    def ended(self, live: LiveCall) -> None:
        """The attempt's end; it settles the queue too, unless an agent's disposition is still to come."""
        self._pending.attempts.pop(live.attempt_id, None)
        end = self._pending.ends[live.attempt_id] = CallEnd.of(live, self._state)
        live.settled = not end.waits_for_agent
        self._wake.set()

    def disposed(self, live: LiveCall, agent_id: int, code: str | None) -> None:
        """An agent's final word on a call. A later agent's word counts when the call went on with another."""
        if live.call.agent_id not in (None, agent_id):
            return
        if live.settled:
            return
        campaign = self._state.campaigns.get(live.campaign_id or 0)
        default = campaign.settings.default_disposition if campaign else "contact_no_result"
        live.disposition = code or default
        if live.call.state is CallState.ENDED:
            live.settled = True
            self._pending.disposals.append(Disposal(CallEnd.of(live, self._state), live.disposition, agent_id))
        self._wake.set()

    def session(self, live: LiveAgent) -> None:
        """The agent's present state, so that a restart can give it back; none when logged out."""
        agent = live.agent
        self._wake.set()
        if agent.state is AgentState.OFFLINE:
            self._pending.sessions[live.user_id] = None
            return
        self._pending.sessions[live.user_id] = {
            "user_id": live.user_id,
            "tenant_id": live.tenant_id,
            "session_id": live.session_id,
            "node": live.node or "",
            "state": str(agent.state),
            "reason": agent.reason,
            "wish": agent.wish if agent.wish_reason is None else f"{agent.wish}:{agent.wish_reason}",
            "attempt_id": agent.attempt_id,
            "channel_id": live.channel_id,
            "bridge_id": live.bridge_id,
            "since": agent.since,
            "started_at": live.started_at,
        }

    def state_ended(self, live: LiveAgent, state: str, reason: str | None, since: Any, until: Any) -> None:
        """An agent's state that is over."""
        self._pending.logs.append(
            {
                "tenant_id": live.tenant_id,
                "user_id": live.user_id,
                "state": state,
                "reason": reason,
                "from_at": since,
                "to_at": until,
            }
        )
        self._wake.set()

    async def written(self, timeout_s: float = 5.0) -> bool:
        """True when everything put so far is committed; False when the database does not take it in time."""
        if not len(self._pending) and not len(self._writing):
            return True
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(done)
        self._urgent.set()
        self._wake.set()
        try:
            await asyncio.wait_for(done, timeout_s)
        except TimeoutError:
            return False
        return True

    async def _run(self) -> None:
        failures = 0
        while True:
            await self._wake.wait()
            # real time: it is the database that is spared; but not while somebody waits for `ok`
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), GATHER_S)
                await asyncio.sleep(URGENT_S)
            self._urgent.clear()
            self._wake.clear()
            self._writing, self._pending = self._pending, Batch()
            waiters, self._waiters = self._waiters, []
            self._state.metrics.unwritten.set(len(self._writing))
            try:
                await self._write_all(self._writing)
            except (SQLAlchemyError, OSError, TimeoutError) as problem:
                failures += 1
                self._put_back(waiters)
                log.error("records.write_failed", problem=type(problem).__name__, waiting=len(self._pending))
                self._database_down(True)
                await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1])
                continue
            failures = 0
            self._writing = Batch()
            self._database_down(False)
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def _put_back(self, waiters: list[asyncio.Future[None]]) -> None:
        self._pending = self._writing.followed_by(self._pending)
        self._writing = Batch()
        self._waiters = waiters + self._waiters
        self._wake.set()

    def database_lost(self) -> None:
        """Somebody else's statement found no server: the alarm must not wait until there is something to write."""
        self._database_down(True)

    def database_answered(self) -> None:
        """Somebody else's statement went through: the alarm ends, unless what we hold could not be written yet."""
        if not len(self._pending) and not len(self._writing):
            self._database_down(False)

    def _database_down(self, down: bool) -> None:
        if self._state.database_down is not down:
            self._state.database_down = down
            self._state.nodes_changed()

    async def _write_all(self, batch: Batch) -> None:
        if not len(batch):
            return
        with self._state.metrics.write.time():
            try:
                await self._write(batch)
                return
            except REFUSALS as problem:
                log.error("records.batch_refused", problem=type(problem).__name__, code=_code(problem))
            for single in batch.singly():
                try:
                    await self._write(single)
                except REFUSALS as problem:
                    self._state.metrics.records_lost.labels(single.kind()).inc()
                    log.error("records.refused", kind=single.kind(), code=_code(problem))

    async def _write(self, batch: Batch) -> None:
        async with self._state.engine.begin() as conn:
            await write_batch(conn, batch)


def _code(problem: Exception) -> str:
    """PostgreSQL's five letters, else the exception's name; its text may hold what was written."""
    if isinstance(problem, DBAPIError):
        return str(getattr(problem.orig, "sqlstate", ""))
    return type(problem).__name__


async def write_batch(conn: AsyncConnection, batch: Batch) -> None:
    """All of the batch in the caller's transaction. Doing it twice is doing it once."""
    await write_attempts(conn, batch.attempts)
    applied = await write_ends(conn, list(batch.ends.values()))
    await settle_ends(conn, [end for end in batch.ends.values() if end.attempt_id in applied])
    await settle_disposals(conn, batch.disposals)
    await write_sessions(conn, batch.sessions)
    await write_state_logs(conn, batch.logs)
