"""What each carrier error code means for the message, for the number and for consent, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ErrorClass = Literal[
    "stop_provider",  # our account: send nothing more, alarm
    "not_accepted",  # too fast: nothing was sent, the same message may be tried again
    "deferred",  # not now, and this message alone: nothing was sent, it may be tried again later
    "bad_address",  # this number cannot take it: next number or channel
    "no_route",  # the carrier does not serve that country: another carrier
    "opted_out",  # the person told the carrier to stop: evidence of revocation
    "carrier_passing",  # handset or network, may pass
    "blocked",  # filtered by policy: more copies make it worse
    "landline",  # use voice
    "sender",  # our sender is not registered for this
    "expired",  # validity passed: decide again
    "session_closed",  # WhatsApp's 24 h window: template needed
    "content",  # our request or template is wrong
    "not_on_channel",  # no WhatsApp account: fall back
    "undecided",  # an unlisted code: no repeat
]
NumberEffect = Literal["none", "invalid", "no_sms", "no_whatsapp", "suspect"]


@dataclass(frozen=True, slots=True)
class CodeRule:
    """`retry_after_s` None: never the same message again. `opt_out`: write it to our own ledger."""

    code: str
    kind: ErrorClass
    meaning: str
    retry_after_s: float | None = None
    number: NumberEffect = "none"
    opt_out: bool = False


_HOURS = 3600.0
_RULES = (
    CodeRule("20003", "stop_provider", "wrong credentials", retry_after_s=300),
    CodeRule("20005", "stop_provider", "account suspended", retry_after_s=300),
    CodeRule("30002", "stop_provider", "account suspended", retry_after_s=300),
    CodeRule("20429", "not_accepted", "too many requests", retry_after_s=2),
    CodeRule("14107", "not_accepted", "too many messages a second", retry_after_s=2),
    CodeRule("21611", "not_accepted", "the sender's queue is full", retry_after_s=600),
    CodeRule("30001", "not_accepted", "the sender's queue is full", retry_after_s=600),
    CodeRule("63017", "not_accepted", "account sends too fast", retry_after_s=10),
    CodeRule("63018", "not_accepted", "WhatsApp rate limit", retry_after_s=60),
    CodeRule("21211", "bad_address", "not a telephone number", number="invalid"),
    CodeRule("21214", "bad_address", "number cannot be reached", number="invalid"),
    CodeRule("21217", "bad_address", "not a telephone number", number="invalid"),
    CodeRule("21612", "bad_address", "no route from this sender", number="no_sms"),
    CodeRule("21614", "bad_address", "not a mobile number", number="no_sms"),
    CodeRule("21408", "no_route", "country not permitted or under embargo"),
    CodeRule("21610", "opted_out", "the person sent STOP to this sender", opt_out=True),
    CodeRule("63014", "opted_out", "the person blocked this sender", opt_out=True),
    CodeRule("30003", "carrier_passing", "handset unreachable", retry_after_s=4 * _HOURS),
    CodeRule("30005", "carrier_passing", "handset unknown", number="suspect"),
    CodeRule("30008", "carrier_passing", "unknown carrier error", retry_after_s=4 * _HOURS),
    CodeRule("30017", "carrier_passing", "carrier congestion", retry_after_s=4 * _HOURS),
    CodeRule("30004", "blocked", "blocked"),
    CodeRule("30007", "blocked", "filtered by the carrier"),
    CodeRule("63032", "blocked", "Meta chose not to deliver"),
    CodeRule("63049", "blocked", "Meta chose not to deliver"),
    CodeRule("30006", "landline", "landline or unreachable carrier", number="no_sms"),
    CodeRule("21606", "sender", "this sender cannot send that"),
    CodeRule("30032", "sender", "toll-free sender not verified"),
    CodeRule("30034", "sender", "10DLC sender not registered"),
    CodeRule("30863", "sender", "toll-free use case refused"),
    CodeRule("30943", "sender", "10DLC use case refused"),
    CodeRule("30036", "expired", "validity period passed"),
    CodeRule("63016", "session_closed", "outside WhatsApp's 24 h window"),
    CodeRule("21602", "content", "no message text"),
    CodeRule("21609", "content", "status callback address is not valid"),
    CodeRule("21617", "content", "text too long"),
    CodeRule("63021", "content", "template parameters refused"),
    CodeRule("63024", "not_on_channel", "not on WhatsApp", number="no_whatsapp"),
    CodeRule("smtp_connect", "not_accepted", "the mail server cannot be reached", retry_after_s=30),
    CodeRule("smtp_busy", "not_accepted", "the mail server takes nothing now", retry_after_s=60),
    CodeRule("smtp_refuses_us", "stop_provider", "the mail server refuses this client", retry_after_s=300),
    CodeRule("smtp_tls", "stop_provider", "no trusted TLS with the mail server", retry_after_s=300),
    CodeRule("smtp_login", "stop_provider", "the mail server refuses the login", retry_after_s=300),
    CodeRule("smtp_sender", "stop_provider", "the mail server refuses the From address", retry_after_s=300),
    # servers that greylist take the same message after five minutes or so
    CodeRule("smtp_later", "deferred", "put off by the mail server", retry_after_s=900),
    CodeRule("smtp_no_mailbox", "bad_address", "there is no such mailbox", number="invalid"),
    CodeRule("smtp_mailbox", "bad_address", "the mailbox takes nothing", number="suspect"),
    CodeRule("smtp_address", "bad_address", "an address that mail servers cannot carry", number="suspect"),
    CodeRule("smtp_refused", "blocked", "refused by the mail server's policy"),
    CodeRule("smtp_too_big", "content", "longer than the mail server takes"),
)
CODES: Mapping[str, CodeRule] = {rule.code: rule for rule in _RULES}


def rule_for(code: str) -> CodeRule:
    """The rule of a code; an unlisted one is never repeated."""
    return CODES.get(code) or CodeRule(code, "undecided", "not listed")
