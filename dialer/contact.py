"""Admits contacts: the one way to any call or message. Locks the person, asks the gate, writes verdict and attempt."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog
import uuid_utils
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel, Facts, HistoryEvent
from compliance.gate import decide
from compliance.rulebooks.model import Rulebooks
from compliance.timezones import TZDB_VERSION
from compliance.verdict import Verdict
from dialer.contact_facts import Known, Row, facts_of
from dialer.contact_record import Inputs, record
from dialer.contact_rows import lock_and_read
from dialer.number_shelf import NumberShelf
from dialer.seals import seal_with
from telephony.permit import Permit, Seal, issue

log = structlog.get_logger()
BREATH = 4
"""So many are judged in one go: each takes some 0.2 ms of thinking, and answered people wait meanwhile."""

LISTS_AGAIN = timedelta(minutes=1)

Origin = Literal["dialer", "announcement", "agent", "callback", "message_step", "reply"]


@dataclass(frozen=True, slots=True)
class WantedContact:
    """One contact that somebody wants to make now.

    `contact_point_id` None: the first by position that the gate allows. `debt_ids` None: all open debts of the debtor.
    `rulebooks` None: the gate chooses by addresses and numbers. `also_rulebooks`: the campaign's own. `origin` is
    attempt.origin's word; `node` and `queue_fence` are kept on the attempt so that a restart can settle it.
    """

    debtor_id: int
    channel: Channel
    origin: Origin
    contact_point_id: int | None = None
    campaign_id: int | None = None
    debt_ids: tuple[int, ...] | None = None
    node: str | None = None
    queue_fence: int | None = None
    agent_id: int | None = None
    rulebooks: tuple[str, ...] | None = None
    also_rulebooks: tuple[str, ...] = ()
    purpose: Literal["collection", "location"] = "collection"


@dataclass(frozen=True, slots=True)
class GateContext:
    """What every decision needs and no debtor has: the rulebooks, and who opens the hashed do-not-contact lists.

    `lists` None: a tenant that has such a list is refused every contact.
    """

    books: Rulebooks
    lists: NumberShelf | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """The contact may be made, and its attempt row (state committed) is written: use the line after the commit."""

    wanted: WantedContact
    attempt_id: UUID
    verdict_id: UUID
    verdict: Verdict
    contact_point_id: int
    address: str  # E.164, or an e-mail address
    language: str
    debt_ids: tuple[int, ...]
    permit: Permit


@dataclass(frozen=True, slots=True)
class Refused:
    """The contact may not be made. `reasons` are all codes in the way; `retry_at` None: never, or nobody knows.

    Codes beside the gate's own: in_progress (the person is in an outgoing call), no_contact_point, no_debt, closed,
    facts (what is stored contradicts itself), no_debtor (nothing is stored; the only one without a verdict row).
    """

    wanted: WantedContact
    verdict_id: UUID | None
    verdict: Verdict | None
    reasons: tuple[str, ...]
    retry_at: datetime | None
    review: bool = False


async def admit(
    conn: AsyncConnection, wanted: Sequence[WantedContact], *, now: datetime, gate: GateContext
) -> list[Admitted | Refused]:
    """One answer for each wanted contact, in the same order, in the caller's transaction (READ COMMITTED).

    Locks the debtors' rows until that transaction ends, in order of id: hold no other debtor's lock when you call.
    A caller that rolls back has made no attempt: its permits are void, as they are before the commit.
    """
    if not wanted:
        return []
    for_ever = any(one.purpose == "location" for one in wanted)
    known = await lock_and_read(conn, [one.debtor_id for one in wanted], now=now, for_ever=for_ever, lists=gate.lists)
    batch = _Batch(now, gate)
    answers: list[Admitted | Refused] = []
    for one in wanted:
        if answers and len(answers) % BREATH == 0:
            await asyncio.sleep(0)
        answers.append(batch.judge(one, known.get(one.debtor_id)))
    await record(conn, batch.verdicts, batch.attempts)
    if batch.attempts:
        seal_with(conn, batch.seal)
    return answers


def would(
    known: Known, wanted: WantedContact, *, now: datetime, gate: GateContext
) -> tuple[Admitted | Refused, dict[str, Any]]:
    """What `admit` would answer, and the verdict's row as it would be stored; nothing is written or may leave."""
    batch = _Batch(now, gate)
    answer = batch.judge(wanted, replace(known, events=None))
    return answer, (batch.verdicts[-1] if batch.verdicts else {})


@dataclass(slots=True)
class _Batch:
    """The rows that the answers leave behind."""

    now: datetime
    gate: GateContext
    seal: Seal = field(default_factory=Seal)
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def judge(self, wanted: WantedContact, known: Known | None) -> Admitted | Refused:
        if known is None:
            return Refused(wanted, None, None, ("no_debtor",), None)
        debts = known.open_debts()
        if wanted.debt_ids is not None:
            debts = tuple(debt for debt in wanted.debt_ids if debt in debts)
        points = known.candidates(wanted.channel, wanted.contact_point_id)
        own = _own_refusal(wanted, known, debts, points)
        if own is not None:
            return self._refuse(wanted, known, *own)
        refused: list[Refused] = []
        for point in points:
            answer = self._ask(wanted, known, point, debts)
            if isinstance(answer, Admitted):
                return answer
            refused.append(answer)
        return min(refused, key=_soonest)

    def _ask(self, wanted: WantedContact, known: Known, point: Row, debts: tuple[int, ...]) -> Admitted | Refused:
        try:
            facts = facts_of(
                known,
                point,
                channel=wanted.channel,
                origin=wanted.origin,
                purpose=wanted.purpose,
                debt_ids=debts,
                rulebooks=wanted.rulebooks,
                also=wanted.also_rulebooks,
                now=self.now,
                campaign_id=wanted.campaign_id,
            )
            verdict = decide(facts, self.gate.books)
        except (ValueError, TypeError, LookupError, ArithmeticError) as problem:
            # one person's broken rows must not stop the others in the batch, and never open the gate
            log.error("contact.facts_broken", debtor_id=wanted.debtor_id, problem=type(problem).__name__)
            return self._refuse(wanted, known, "facts", str(problem) or type(problem).__name__, point)
        if not verdict.allowed:
            verdict_id = self._store(wanted, known, point, facts, verdict, None)
            review = verdict.decision == "review"
            retry_at = self._lists_again(facts) if facts.dnc_listed is None else verdict.retry_at
            return Refused(wanted, verdict_id, verdict, verdict.codes, retry_at, review)
        attempt_id = _uuid7()
        verdict_id = self._store(wanted, known, point, facts, verdict, attempt_id)
        self.attempts.append(_attempt(wanted, known, point, debts, attempt_id, self.now))
        _remember(wanted, known, point, debts, self.now)
        return Admitted(
            wanted,
            attempt_id,
            verdict_id,
            verdict,
            point["id"],
            point["address"],
            known.debtor["language"],
            debts,
            issue(self.seal, attempt_id, wanted.channel, point["address"]),
        )

    def _lists_again(self, facts: Facts) -> datetime | None:
        """When to ask again where a list could not be read: that is mended, and must hold nobody back for ever."""
        otherwise = decide(structs.replace(facts, dnc_listed=()), self.gate.books)
        soon = self.now + LISTS_AGAIN
        if otherwise.allowed:
            return soon
        return None if otherwise.retry_at is None else max(soon, otherwise.retry_at)

    def _refuse(self, wanted: WantedContact, known: Known, code: str, text: str, point: Row | None = None) -> Refused:
        row = self._row(wanted, known, point, None)
        row["reasons"] = [{"code": code, "rule": f"house.{code}", "rulebook": "house", "text": text}]
        self.verdicts.append(row | {"decision": "deny", "tzdb": TZDB_VERSION})
        return Refused(wanted, row["id"], None, (code,), None)

    def _store(
        self, wanted: WantedContact, known: Known, point: Row, facts: Facts, verdict: Verdict, attempt_id: UUID | None
    ) -> UUID:
        row = self._row(wanted, known, point, attempt_id)
        row |= {
            "decision": verdict.decision,
            "reasons": [structs.asdict(reason) for reason in verdict.reasons],
            "retry_at": verdict.retry_at,
            "flags": list(verdict.flags),
            "rulebooks": dict(name.partition("@")[::2] for name in verdict.rulebooks),
            "tzdb": verdict.tzdb,
            "inputs": Inputs(facts, verdict.because, verdict.zones, verdict.tallies),
        }
        self.verdicts.append(row)
        verdict_id: UUID = row["id"]
        return verdict_id

    def _row(self, wanted: WantedContact, known: Known, point: Row | None, attempt_id: UUID | None) -> dict[str, Any]:
        return {
            "id": _uuid7(),
            "tenant_id": known.debtor["tenant_id"],
            "attempt_id": attempt_id,
            "campaign_id": wanted.campaign_id,
            "debtor_id": wanted.debtor_id,
            "contact_point_id": None if point is None else point["id"],
            "channel": wanted.channel,
            "origin": wanted.origin,
            "at": self.now,
            "retry_at": None,
            "flags": [],
            "rulebooks": {},
            "inputs": {},
        }


def _own_refusal(
    wanted: WantedContact, known: Known, debts: tuple[int, ...], points: list[Row]
) -> tuple[str, str] | None:
    """What stands in the way before the gate is asked: (code, text)."""
    if known.debtor["status"] == "closed":
        return "closed", "the debtor's file is closed"
    if not debts or (wanted.debt_ids is not None and len(debts) != len(set(wanted.debt_ids))):
        return "no_debt", "no open debt to speak about, or one of those named is not open"
    if not points:
        return "no_contact_point", f"no usable contact point for {wanted.channel}"
    if wanted.channel == "voice" and known.in_call:
        return "in_progress", "an outgoing call with this person has not ended"
    return None


def _soonest(refused: Refused) -> tuple[bool, float]:
    return refused.retry_at is None, 0.0 if refused.retry_at is None else refused.retry_at.timestamp()


def _remember(wanted: WantedContact, known: Known, point: Row, debts: tuple[int, ...], now: datetime) -> None:
    """The contact just admitted counts for the next one with the same person in this batch."""
    voice = wanted.channel == "voice"
    known.in_call = known.in_call or voice
    outcome = "in_progress" if voice else "message_sent"
    event = HistoryEvent(now, "out", wanted.channel, str(point["id"]), outcome, tuple(str(debt) for debt in debts))
    known.events = [*(known.events or ()), event]


def _attempt(
    wanted: WantedContact, known: Known, point: Row, debts: tuple[int, ...], attempt_id: UUID, now: datetime
) -> dict[str, Any]:
    return {
        "id": attempt_id,
        "tenant_id": known.debtor["tenant_id"],
        "campaign_id": wanted.campaign_id,
        "debtor_id": wanted.debtor_id,
        "contact_point_id": point["id"],
        "debt_ids": list(debts),
        "channel": wanted.channel,
        "direction": "out",
        "origin": wanted.origin,
        "node": wanted.node,
        "queue_fence": wanted.queue_fence,
        "agent_id": wanted.agent_id,
        "at": now,
        "state": "committed",
    }


def _uuid7() -> UUID:
    return UUID(int=uuid_utils.uuid7().int)
