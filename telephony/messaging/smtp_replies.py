"""What a mail server's refusal means, by the step at which it came and its reply codes (RFC 5321, RFC 3463). Pure."""

import re
from typing import Literal

from telephony.messaging.codes import CODES
from telephony.messaging.port import Rejected, Sent, Unknown

Stage = Literal["greeting", "tls", "login", "sender", "recipient", "data"]
"""How far the talk with the server was; from `data` on the message may have been taken."""

CLOSING = 421
_ENHANCED = re.compile(r"\s*[245]\.(\d{1,3})\.(\d{1,3})(?!\S)")
_NO_MAILBOX = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)})
_TOO_BIG = frozenset({(2, 3), (3, 4)})
_OURS = {"greeting": "smtp_refuses_us", "tls": "smtp_tls", "login": "smtp_login", "sender": "smtp_sender"}


class ServerFault(Exception):
    """The server did not let us in. `code` is one of telephony.messaging.codes; no personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def rejected(code: str) -> Rejected:
    """The answer for one of our own codes, with its class and pause."""
    rule = CODES[code]
    return Rejected(code, rule.kind, rule.retry_after_s)


def lost(stage: Stage, because: str) -> Sent:
    """No reply: before the message was handed over nothing was sent, afterwards nobody knows."""
    return Unknown(because) if stage == "data" else rejected("smtp_connect")


def refusal(stage: Stage, code: int, text: str) -> Sent:
    """What a reply that is no success means. `text` is the server's; nothing of it is kept."""
    if not 400 <= code < 600:
        return lost(stage, f"smtp {code}")
    if code < 500:
        passing = code == CLOSING or stage not in ("recipient", "data")
        return rejected("smtp_busy" if passing else "smtp_later")
    detail = _detail(text)
    if code == 530 or detail == (7, 0):  # authentication required, at whatever step it is said
        return rejected("smtp_login" if stage != "tls" else "smtp_tls")
    if stage in _OURS:
        return rejected(_OURS[stage])
    return rejected(_about_the_message(stage, code, detail))


def _about_the_message(stage: Stage, code: int, detail: tuple[int, int] | None) -> str:
    if code == 552 or detail in _TOO_BIG:
        # 552 5.2.2 is a full mailbox; a bare 552 a message that is too long
        return "smtp_mailbox" if detail == (2, 2) else "smtp_too_big"
    if detail in _NO_MAILBOX or (detail is None and stage == "recipient" and code in (551, 553)):
        return "smtp_no_mailbox"
    if (detail is not None and detail[0] in (1, 2)) or (detail is None and stage == "recipient" and code == 550):
        # a bare 550 is said of mailboxes that are not there and of senders that are not wanted
        return "smtp_mailbox"
    return "smtp_refused"


def _detail(text: str) -> tuple[int, int] | None:
    """Subject and detail of an enhanced status code: (1, 1) of `5.1.1 No such user`."""
    found = _ENHANCED.match(text)
    return None if found is None else (int(found[1]), int(found[2]))
