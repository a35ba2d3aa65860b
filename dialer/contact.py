"""Admits contacts: the one way to any call or message. Locks the person, asks the gate, writes verdict and attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from compliance.rulebooks.loader import Books
    from compliance.verdict import Verdict

Channel = Literal["voice", "sms", "whatsapp", "email"]
Origin = Literal["dialer", "agent", "callback", "message_step", "reply"]


@dataclass(frozen=True, slots=True)
class WantedContact:
    """One contact that somebody wants to make now.

    `contact_point_id` None: the first by position that the gate allows. `debt_ids` None: all open debts of the debtor.
    `rulebooks` None: the gate chooses by addresses and numbers. `origin` is attempt.origin's word; `node` and
    `queue_fence` are kept on the attempt so that a restart can settle it.
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
    purpose: Literal["collection", "location"] = "collection"


@dataclass(frozen=True, slots=True)
class GateContext:
    """What every decision needs and no debtor has: the rulebooks."""

    books: "Books"


@dataclass(frozen=True, slots=True)
class Admitted:
    """The contact may be made, and its attempt row (state committed) is written: use the line after the commit."""

    wanted: WantedContact
    attempt_id: UUID
    verdict_id: UUID
    verdict: "Verdict"
    contact_point_id: int
    address: str  # E.164, or an e-mail address
    language: str
    debt_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The contact may not be made. `reasons` are all codes in the way; `retry_at` None: never, or nobody knows."""

    wanted: WantedContact
    verdict_id: UUID | None
    verdict: "Verdict | None"
    reasons: tuple[str, ...]
    retry_at: datetime | None
    review: bool = False


async def admit(
    conn: AsyncConnection, wanted: Sequence[WantedContact], *, now: datetime, gate: GateContext
) -> list[Admitted | Refused]:
    """One answer for each wanted contact, in the same order, in the caller's transaction (READ COMMITTED).

    Locks the debtors' rows until that transaction ends, in order of id: hold no other debtor's lock when you call.
    A caller that rolls back has made no attempt and must not use the line.
    """
    raise NotImplementedError
