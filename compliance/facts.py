"""Everything the gate reads about one intended contact. A fact that was not gathered is None, and denies."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice
from operator import attrgetter, le
from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

Channel = Literal["voice", "sms", "whatsapp", "email"]
CHANNELS: tuple[Channel, ...] = ("voice", "sms", "whatsapp", "email")
ELECTRONIC: frozenset[str] = frozenset({"sms", "whatsapp", "email"})
PointKind = Literal["mobile", "landline", "work", "tollfree", "email"]
Origin = Literal["dialer", "announcement", "agent", "callback", "reply"]
CallOutcome = Literal[
    "no_answer",
    "busy",
    "invalid_number",
    "answered_dropped",
    "voicemail_no_message",
    "limited_content_message",
    "voicemail_message",
    "ringless_voicemail",
    "conversation",
    "abandoned",
    "amd_machine",
]
Outcome = Literal[CallOutcome, "message_sent", "message_received", "message_failed", "in_progress"]
RequestKind = Literal[
    "inconvenient_time",
    "inconvenient_place",
    "stop_calling",
    "cease_all",
    "refuses_to_pay",
    "attorney",
    "dispute",
    "callback_consent",
    "callback_consent_revoked",
    "wrong_number",
    "third_party_reported",
]
HoldKind = Literal["dispute", "hardship", "deceased", "bankruptcy", "breathing_space", "legal", "unclear_reply"]

# What one event counts as; a history row carries the union as `mask`.
CALL, CONVERSATION, CONTACT, PHONE_COMMUNICATION, E_MESSAGE, COMMUNICATION, UNANSWERED, DIALED = (
    1 << bit for bit in range(8)
)
# What a rulebook may count besides.
BUSY, NOT_IN_SERVICE, INBOUND = (1 << bit for bit in range(8, 11))
_CALLS = frozenset(
    {
        "no_answer",
        "answered_dropped",
        "voicemail_no_message",
        "limited_content_message",
        "voicemail_message",
        "ringless_voicemail",
        "conversation",
        "abandoned",
        "amd_machine",
    }
)
_UNANSWERED = _CALLS - {"conversation", "answered_dropped", "abandoned"}


class FactsError(ValueError):
    """The facts contradict themselves; the message says what to mend."""


class Consent(Struct, frozen=True):
    channel: Channel
    at: datetime
    by: Literal["written", "oral", "used_with_collector"]
    expires: datetime | None = None


class OptOut(Struct, frozen=True):
    channel: Channel
    at: datetime
    debts: tuple[str, ...] = ()


class NumberCheck(Struct, frozen=True):
    kind: str
    at: datetime
    result: str


class ContactPoint(Struct, frozen=True):
    """`address` is E.164 or an email address; `person` names a third party whose point this is."""

    id: str
    kind: PointKind
    address: str
    consents: tuple[Consent, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
    party: Literal["consumer", "third_party"] = "consumer"
    person: str | None = None
    number_checks: tuple[NumberCheck, ...] = ()


class Address(Struct, frozen=True):
    country: str
    region: str | None = None
    timezone: str | None = None
    city: str | None = None
    postal_code: str | None = None


class RefusedTime(Struct, frozen=True):
    """Local `[start, end)` in seconds of the day on these weekdays (Monday 0); the end may lie after midnight."""

    weekdays: frozenset[int]
    start: int = 0
    end: int = 86400


class Request(Struct, frozen=True):
    """What the person, or somebody for the person, told the collector.

    `at` is the time of receipt; from `ends` on it binds no more.
    """

    at: datetime
    kind: RequestKind
    debts: tuple[str, ...] = ()
    deny: tuple[RefusedTime, ...] = ()
    until: date | None = None
    place: Literal["home", "work"] | None = None
    form: Literal["written", "electronic", "oral"] | None = None
    within_validation_period: bool | None = None
    verified_at: datetime | None = None
    on_date: date | None = None
    expires: datetime | date | None = None
    contact_point: str | None = None
    name: str | None = None
    ends: datetime | None = None


class Debtor(Struct, frozen=True):
    """`own_zone`: the time zone where the person says to be; replaces every other hint."""

    points: tuple[ContactPoint, ...]
    addresses: tuple[Address, ...] = ()
    requests: tuple[Request, ...] = ()
    own_zone: str | None = None


class Debt(Struct, frozen=True):
    id: str
    type: str | None = None
    account_at_placement: str | None = None
    creditor: str | None = None


class Hold(Struct, frozen=True):
    """A stop set by the house or by law; `until` None means until somebody lifts it. No debts: all debts."""

    kind: HoldKind
    since: datetime
    until: datetime | None = None
    debts: tuple[str, ...] = ()


class HistoryEvent(Struct, frozen=True):
    """One earlier event; `at` is its start. An outcome that is not known counts as the worst that it may become.

    `mask` and `call_debts` are worked out from the rest: what the event counts as, and for which debts as a call.
    """

    at: datetime
    direction: Literal["out", "in"]
    channel: Channel
    contact_point: str
    outcome: str
    debts: tuple[str, ...] = ()
    call_counted_for: tuple[str, ...] | None = None
    mask: int = -1
    call_debts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "mask", _mask(self.direction, self.channel, self.outcome))
        counted = self.call_counted_for
        force_setattr(self, "call_debts", self.debts if counted is None else counted)


class IntendedContact(Struct, frozen=True):
    at: datetime
    channel: Channel
    contact_point: str
    debts: tuple[str, ...]
    origin: Origin = "dialer"
    purpose: Literal["collection", "location"] = "collection"


class Facts(Struct, frozen=True, kw_only=True):
    """The whole question.

    `rulebooks` None: chosen by addresses and numbers. `also` bind besides: the creditor's, the campaign's. `history`,
    `dnc_listed` (names of do-not-contact lists that hit) and `holds` None: not looked up, which denies. `switches`: the
    channels that the tenant turned on, by the rulebooks' names for them; None is not looked up and none is on. History
    is kept in order of time.
    """

    debtor: Debtor
    debts: tuple[Debt, ...]
    contact: IntendedContact
    history: tuple[HistoryEvent, ...] | None = None
    rulebooks: tuple[str, ...] | None = None
    also: tuple[str, ...] = ()
    switches: tuple[str, ...] | None = None
    dnc_listed: tuple[str, ...] | None = None
    holds: tuple[Hold, ...] | None = None

    def __post_init__(self) -> None:
        contact = self.contact
        if contact.at.utcoffset() != timedelta(0):
            raise FactsError("contact.at has no time zone or is not in UTC; give an aware UTC time")
        if (self.point.kind == "email") != (contact.channel == "email"):
            raise FactsError(f"contact point {contact.contact_point} does not take channel {contact.channel}")
        history = self.history
        if history:
            ats = [event.at for event in history]
            if not all(map(le, ats, islice(ats, 1, None))):
                force_setattr(self, "history", tuple(sorted(history, key=attrgetter("at"))))

    @property
    def point(self) -> ContactPoint:
        for point in self.debtor.points:
            if point.id == self.contact.contact_point:
                return point
        raise FactsError(f"contact point {self.contact.contact_point} is not among the debtor's contact points")


def _mask(direction: str, channel: str, outcome: str) -> int:
    out = direction == "out"
    if channel == "voice":
        return _voice_mask(out, outcome)
    if outcome in ("message_received", "message_failed"):
        return 0
    if outcome == "conversation":  # a live chat counts as a contact, never as a telephone conversation
        return CONTACT | COMMUNICATION if out else COMMUNICATION | INBOUND
    if not out:
        return 0
    mask = CONTACT | E_MESSAGE | COMMUNICATION
    return mask | PHONE_COMMUNICATION if channel == "sms" else mask


def _voice_mask(out: bool, outcome: str) -> int:
    if not out:
        return CONVERSATION | COMMUNICATION | INBOUND if outcome in ("conversation", "in_progress") else 0
    if outcome == "busy":
        return DIALED | UNANSWERED | BUSY
    if outcome == "invalid_number":
        return DIALED | NOT_IN_SERVICE
    spoken = CONTACT | PHONE_COMMUNICATION | COMMUNICATION
    if outcome == "conversation":
        return DIALED | CALL | CONVERSATION | spoken
    if outcome == "voicemail_message":
        return DIALED | CALL | UNANSWERED | spoken
    if outcome in _CALLS:
        return DIALED | CALL | (UNANSWERED if outcome in _UNANSWERED else 0)
    return DIALED | CALL | CONVERSATION | UNANSWERED | spoken
