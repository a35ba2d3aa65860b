"""Reads the days and instants that a person writes on the command line; each refusal names the option."""

from datetime import UTC, date, datetime

from campaigns.problems import refuse


def instant(option: str, words: str) -> datetime | None:
    """An instant with its offset, in UTC; None of nothing. Raises Refused."""
    if not words:
        return None
    found = _parsed(option, words, "an instant like 2026-03-31T15:00:00Z")
    if found.tzinfo is None:
        raise refuse(option, f"{words!r} has no offset from UTC: write {words}Z for UTC")
    return found.astimezone(UTC)


def day_or_instant(option: str, words: str | None) -> datetime | None:
    """The beginning of a day, or an instant; what has no offset is in UTC; None of nothing. Raises Refused."""
    if not words:
        return None
    found = _parsed(option, words, "a day like 2026-03-01 or an instant like 2026-03-01T12:00:00Z")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def day(option: str, words: str) -> date | None:
    """None of nothing. Raises Refused."""
    if not words:
        return None
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise refuse(option, f"{words!r} is no day; write one like 2026-03-31") from None


def _parsed(option: str, words: str, like: str) -> datetime:
    try:
        return datetime.fromisoformat(words)
    except ValueError:
        raise refuse(option, f"{words!r} is no day or instant; write {like}") from None
