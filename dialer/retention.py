"""Erases persons whose time is over by the rulebooks that bind them: once a day, in batches, or by command."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns import audit
from campaigns.audit.sealing import ChainBroken
from campaigns.retention import service
from campaigns.retention.service import OldPerson
from compliance.retention import Kept, RetentionAnswer, judge, strictest
from compliance.rulebooks.model import Rulebooks
from dialer import leases
from dialer.campaign_policy import in_force
from telephony.clock import Clock

log = structlog.get_logger()

EVERY = timedelta(days=1)
LOOK_S = 600.0
LEASE_S = 1800.0
FOUND_AT_ONCE = 500
ERASED_AT_ONCE = 20
"""In one transaction: the seals that it makes hold the tenant's chain."""

Told = Callable[[int, int], None]  # persons looked at, in all


@dataclass(slots=True)
class Plan:
    """`due`: who is (or was) erased and why. `counts`: of everybody old enough to be looked at, by decision."""

    due: list[tuple[int, RetentionAnswer]] = field(default_factory=list)
    held: list[tuple[int, RetentionAnswer]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Retention:
    """`run()` works until cancelled. Killed at any instant it has erased whole persons only, and goes on later.

    `actor`: as the audit trail names it; `owner`: this process, of which one at a time does the day's work.
    """

    def __init__(
        self, engine: AsyncEngine, clock: Clock, books: Rulebooks, tenant_id: int, actor: str, owner: str = ""
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._books = books
        self._tenant_id = tenant_id
        self._actor = actor
        self._owner = owner

    async def run(self) -> None:
        due = self._clock.now()
        while True:
            if self._clock.now() >= due and await self._daily():
                due = self._clock.now() + EVERY
            await self._clock.sleep(LOOK_S)

    async def _daily(self) -> bool:
        """Whether the day's work is done, by us or by another process."""
        try:
            async with self._engine.begin() as conn:
                if await leases.take(conn, "retention", self._owner, lease_s=LEASE_S, now=self._clock.now()) is None:
                    return True
            done = await self.erase(lambda done, total: log.info("retention.progress", done=done, of=total))
        except (SQLAlchemyError, OSError) as problem:
            log.error("retention.database_away", problem=type(problem).__name__)
            return False
        except ChainBroken as problem:
            log.error("retention.chain_broken", problem=str(problem))
            return False
        log.info("retention.done", erased=len(done.due), held=done.counts["held"], kept=done.counts["keep"])
        return True

    async def plan(self, told: Told | None = None) -> Plan:
        """Who would be erased now; nothing is changed."""
        plan = Plan()
        async for person, answer in self._old(told):
            plan.counts[answer.decision] += 1
            if answer.decision != "keep":
                (plan.due if answer.decision == "erase" else plan.held).append((person.debtor_id, answer))
        return plan

    async def erase(self, told: Told | None = None) -> Plan:
        """Erases who is due, in order of id; what a run before was doing goes on by itself."""
        plan = await self.plan()
        planned, plan.due = [debtor_id for debtor_id, _ in plan.due], []
        plan.counts["erase"] = 0
        for first in range(0, len(planned), ERASED_AT_ONCE):
            done = await self._erase(planned[first : first + ERASED_AT_ONCE])
            plan.due += done
            plan.counts["erase"] += len(done)
            if told is not None:
                told(min(first + ERASED_AT_ONCE, len(planned)), len(planned))
        return plan

    async def _erase(self, ids: list[int]) -> list[tuple[int, RetentionAnswer]]:
        """Asked again behind the lock: a call that was admitted meanwhile is an activity."""
        now, done = self._clock.now(), []
        async with self._engine.begin() as conn:
            await service.lock(conn, ids)
            for person in await service.find(conn, self._tenant_id, now=now, before=now, only=ids):
                answer = self._judge(person, now)
                if answer.decision != "erase":
                    continue
                await service.erase(conn, self._tenant_id, person.debtor_id, actor=self._actor, now=now)
                await audit.record(
                    conn, tenant_id=self._tenant_id, at=now, actor=self._actor, action="retention.erased",
                    subject=f"debtor:{person.debtor_id}",
                    detail={"rulebook": answer.rulebook, "last_activity": person.last_activity.isoformat()},
                )  # fmt: skip
                done.append((person.debtor_id, answer))
        return done

    async def _old(self, told: Told | None) -> AsyncIterator[tuple[OldPerson, RetentionAnswer]]:
        now, behind, looked_at = self._clock.now(), 0, 0
        before = now - timedelta(days=self._shortest())
        async with self._engine.connect() as conn:
            total = await service.count(conn, self._tenant_id, before)
        while True:
            async with self._engine.connect() as conn:
                found = await service.find(
                    conn, self._tenant_id, now=now, before=before, behind=behind, limit=FOUND_AT_ONCE
                )
            for person in found:
                yield person, self._judge(person, now)
            looked_at += len(found)
            if told is not None:
                told(looked_at, max(total, looked_at))
            if len(found) < FOUND_AT_ONCE:
                return
            behind = found[-1].debtor_id

    def _judge(self, person: OldPerson, now: datetime) -> RetentionAnswer:
        rules = strictest(in_force(self._books, person.rulebooks, now.date()))
        return judge(rules, Kept(person.created, person.last_activity, person.held_by), now.date())

    def _shortest(self) -> int:
        """No book that is loaded lets anybody go who is younger."""
        rules = [strictest([version]).most for book in self._books.books.values() for version in book.versions]
        return min((rule.days for rule in rules if rule is not None), default=36_600)
