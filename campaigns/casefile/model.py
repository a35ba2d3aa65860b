"""The shapes of a person's file as the console shows it; the same fields as in agent_ui/web/src/protocol.ts."""

from typing import Literal, TypedDict

TimelineKind = Literal["call", "message", "note", "promise", "request", "inbound"]


class Money(TypedDict):
    minor: int
    currency: str


class DebtView(TypedDict):
    id: int
    reference: str
    creditor: str
    product: str
    principal: Money
    balance: Money
    due_date: str
    days_past_due: int
    status: str


class TimelineItem(TypedDict):
    at: str
    kind: TimelineKind
    text: str
    detail: str


class PromiseView(TypedDict):
    id: int
    amount: Money
    due_date: str
    state: str
    created_at: str


class ScorePart(TypedDict):
    name: str
    points: float
    because: str


class ScoreView(TypedDict):
    total: float
    parts: list[ScorePart]


class PromiseLimits(TypedDict):
    min_minor: int
    max_days: int


class MayContact(TypedDict):
    """`because` says the first reason, `reasons` all; `retry_at` null: nobody knows when, or it is allowed."""

    channel: str
    allowed: bool
    because: str
    reasons: list[str]
    retry_at: str | None


class WishView(TypedDict):
    id: int
    kind: str
    at: str
    ends_at: str | None
    review_on: str | None
    ended_at: str | None


class SayView(TypedDict):
    when: Literal["first", "every"]
    text: str
    source: str


class WordsView(TypedDict):
    when: Literal["opening", "voicemail"]
    text: str
    source: str


class FileView(TypedDict):
    """Null on the console until the right party is recorded."""

    debtor_id: int
    name: str
    language: str
    city: str | None
    country: str
    local_time: str
    timezone: str
    debts: list[DebtView]
    score: ScoreView
    timeline: list[TimelineItem]
    promises: list[PromiseView]
    promise_limits: PromiseLimits
    may_contact: list[MayContact]
    wishes: list[WishView]
    tone: dict[str, str] | None
    say: list[SayView]


class Check(TypedDict):
    key: Literal["date_of_birth", "postal_code", "last4"]
    label: str
    expected: str


class PersonView(TypedDict):
    """All that may be shown before the right party is recorded: nothing of a debt."""

    debtor_id: int
    ask_for: str
    language: str
    checks: list[Check]
