"""What can go wrong on the way to Asterisk, in the words of the exchange port."""

import re

from telephony.exchange import ExchangeError, ExchangeRefused, ExchangeUnavailable, ExchangeUnknown

__all__ = [
    "ExchangeError",
    "ExchangeRefused",
    "ExchangeUnavailable",
    "ExchangeUnknown",
    "WrongCredentials",
    "refusal",
    "without_numbers",
]

_LONG_NUMBER = re.compile(r"\+?\d{5,}")


class WrongCredentials(ExchangeRefused):
    """HTTP 401 or 403: no repetition helps until a person mends the settings."""


def without_numbers(text: str) -> str:
    """Text from the node that is fit for a log: what may be a phone number is blotted out."""
    return _LONG_NUMBER.sub("#", text)[:200]


def refusal(node: str, op: str, status: int, reason: str) -> ExchangeRefused:
    """The error for a status of 400 or above, in words that say which setting to mend where one is at fault."""
    if status == 401:
        return WrongCredentials(
            f"node {node} refused the user name or password (HTTP 401): make the settings `username` and `password` "
            "of this node agree with a [user] section of its ari.conf",
            status,
        )
    if status == 403:
        return WrongCredentials(
            f"node {node} forbade {op} (HTTP 403): set `read_only = no` in its ari.conf for the user named "
            "by the setting `username`",
            status,
        )
    return ExchangeRefused(f"node {node} refused {op}: HTTP {status} {without_numbers(reason)}".rstrip(), status)
