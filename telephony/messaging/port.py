"""The port to a message carrier: what the messenger asks of one, and what carriers tell us.

`send` never raises for what the carrier did: Accepted, Rejected (nothing was sent) or Unknown (it may have been sent;
never repeat blindly, settle it by a delivery report or `lookup`/`find`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import structlog

from telephony.messaging.codes import ErrorClass
from telephony.permit import NotPermitted, Permit

log = structlog.get_logger()
Channel = Literal["sms", "whatsapp", "email"]
Form = Sequence[tuple[str, str]]
"""The fields of a webhook as they came: order, case, blanks and repetitions untouched, for the signature."""

STATUS_RANK: Mapping[str, int] = {
    "accepted": 1,
    "scheduled": 1,
    "queued": 2,
    "sending": 3,
    "sent": 4,
    "partially_delivered": 5,
    "delivered": 6,
    "undelivered": 6,
    "failed": 6,
    "canceled": 6,
    "read": 7,
}
"""How far along each status is. Carriers report out of order: a status counts only when its rank is higher."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message to hand over. `validity_s` is how long the carrier may keep trying (None: the carrier's default).

    `permit`: that the gate allowed this message; it is spent by the request. `subject`, `language` (a tag like pt-BR)
    and `unsubscribe_url`, which stops e-mails without a login, are of e-mails.
    """

    message_id: UUID
    channel: Channel
    to: str
    body: str
    status_callback: str
    permit: Permit
    validity_s: int | None = None
    subject: str = ""
    language: str = ""
    unsubscribe_url: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier took it under `provider_id`; `status` is the first status, for which no report comes."""

    provider_id: str
    status: str
    segments: int = 1


@dataclass(frozen=True, slots=True)
class Rejected:
    """The carrier said no: nothing was sent."""

    code: str
    kind: ErrorClass
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer that can be trusted: it may have been sent. `because` holds no personal data."""

    because: str


Sent = Accepted | Rejected | Unknown


def not_permitted(envelope: "Envelope") -> Rejected | None:
    """Spend the permit: None when it was good, else the answer in place of sending."""
    try:
        envelope.permit.use(envelope.channel, envelope.to)
    except NotPermitted as problem:
        log.error("messaging.not_permitted", message_id=str(envelope.message_id), problem=str(problem))
        return Rejected("not_permitted", "content")
    return None


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """A carrier's word on one message. `status` is a key of STATUS_RANK; `error_code` '' when there is none."""

    provider_id: str
    status: str
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message from a person. `provider_id` is unique at the provider: the same one twice is the same message."""

    provider: str
    provider_id: str
    channel: Channel
    from_address: str
    to_address: str
    body: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a carrier can do. `confirms_opt_out`: it answers STOP itself, so that we must not.

    `receipts` False: no report comes, the carrier's acceptance is its last word. `lookup` False: it cannot be asked.
    """

    channels: frozenset[Channel]
    receipts: bool = True
    lookup: bool = True
    idempotency: bool = False
    confirms_opt_out: bool = False
    shortest_validity_s: int = 1
    longest_validity_s: int = 14400
    max_body_chars: int = 1600


class Provider(Protocol):
    """One carrier account."""

    name: str
    capabilities: Capabilities

    async def send(self, envelope: Envelope) -> Sent:
        """Hand one message over, exactly one request; within the provider's own deadline.

        The first thing it does is to spend the envelope's permit: `not_permitted` without a good one.
        """
        ...

    async def lookup(self, provider_id: str) -> DeliveryEvent | None:
        """The present status of one message; None: the carrier does not know it. Raises LookupUnavailable."""
        ...

    async def find(
        self, channel: Channel, to: str, body: str, since: datetime, until: datetime
    ) -> Sequence[DeliveryEvent]:
        """Messages to `to` with that very body made between the instants, oldest first. Raises LookupUnavailable."""
        ...

    def verify(self, path_and_query: str, form: Form, headers: Mapping[str, str]) -> bool:
        """Whether a webhook at this path of our public address was signed by the carrier."""
        ...

    def parse_status(self, form: Form) -> DeliveryEvent | None: ...
    def parse_inbound(self, form: Form) -> InboundMessage | None: ...
    async def close(self) -> None: ...


class LookupUnavailable(Exception):
    """The carrier could not be asked; the message stays unsettled, ask again later."""
