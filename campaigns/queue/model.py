"""What the queue hands out and takes back. One row stands for one debtor in one campaign."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

QueueState = Literal["ready", "leased", "waiting", "suspended", "done"]
SettledState = Literal["ready", "waiting", "suspended", "done"]

PROMISE_PENDING = "promise_pending"
OPTED_OUT = "opted_out"
DISPUTE = "dispute"
HARDSHIP = "hardship"
CLOSED = "closed"
CLAIMS_PAID = "claims_paid"


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A debtor that is ours until the lease ends. `fence` proves it: what is settled with an older one is refused."""

    debtor_id: int
    score: int  # 0..100000
    step: int
    tries: int
    fence: int
    window_group_id: int
    skips: int = 0  # previews of this debtor that agents skipped since the last try


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a claimed row goes back."""

    debtor_id: int
    fence: int
    state: SettledState
    callable_from: datetime
    step: int
    tries: int
    held_because: str | None = None  # only with state suspended

    def __post_init__(self) -> None:
        if (self.state == "suspended") != (self.held_because is not None):
            raise ValueError(f"state {self.state} and held_because {self.held_because!r} contradict each other")


@dataclass(frozen=True, slots=True)
class WindowGroup:
    """All persons of a campaign whose contact hours open and close together.

    `rulebooks` are those of the law, `creditors` those that the campaign's creditor brings besides.
    """

    id: int
    zones: tuple[str, ...]
    rulebooks: tuple[str, ...]
    creditors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueCounts:
    ready: int = 0
    leased: int = 0
    waiting: int = 0
    suspended: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class FillReport:
    """What `fill` did, and whom it could not take and why."""

    added: int
    already_there: int
    ended: int  # rows of debtors that are no longer to be contacted: closed, paid, number gone
    zone_unknown: int
    no_phone: int
    no_open_debt: int
