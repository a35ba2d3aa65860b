"""Do-not-contact lists as people handle them: for whom a list holds, what a version is, and whether it is overdue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["entries", "hashed"]
Scope = Literal["global", "creditor", "campaign"]
EntryKind = Literal["exact", "prefix"]
Mode = Literal["add", "replace"]
SHORTEST_PREFIX, LONGEST_PREFIX = 1, 10  # digits behind the plus


@dataclass(frozen=True, slots=True)
class NumberList:
    """One list. `entries` are those of the version in force; `whose` names the creditor or campaign of its scope."""

    id: int
    tenant_id: int
    name: str
    kind: Kind
    scope: Scope
    creditor_id: int | None
    campaign_id: int | None
    whose: str | None
    source: str
    evidence: str
    created_at: datetime
    created_by: str
    refresh_by: datetime | None
    overdue_denies: bool
    version: int
    digest: str | None
    entries: int
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None

    def overdue(self, now: datetime) -> bool:
        return self.ended_at is None and self.refresh_by is not None and self.refresh_by <= now


@dataclass(frozen=True, slots=True)
class Version:
    """One import. `digest` only of hashed lists."""

    version: int
    mode: Mode
    at: datetime
    by: str
    file_name: str
    file_sha256: str
    lines: int
    rejected: int
    entries: int
    digest: str | None
    evidence: str


@dataclass(frozen=True, slots=True)
class Source:
    """What was imported, for the ledger."""

    file_name: str
    file_sha256: str
    lines: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An address or prefix on a list, with how, when and by whom; `ended_at` where it is there no longer."""

    list_name: str
    kind: EntryKind
    address: str
    source: str
    at: datetime
    by: str
    evidence: str
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None


def prefix_problem(prefix: str) -> str | None:
    """What is wrong with the beginning of numbers, and how to mend it; None where it is right."""
    digits = prefix.removeprefix("+")
    if not prefix.startswith("+") or not digits.isascii() or not digits.isdigit() or digits.startswith("0"):
        return "a prefix is the beginning of numbers in E.164: plus, country code, digits, like +4890"
    if not SHORTEST_PREFIX <= len(digits) <= LONGEST_PREFIX:
        return f"a prefix has {SHORTEST_PREFIX} to {LONGEST_PREFIX} digits; for one number add the number itself"
    return None


def prefixes_of(address: str) -> list[str]:
    """Every prefix that would cover this address; none of an e-mail address."""
    return [address[:end] for end in range(2, min(len(address), LONGEST_PREFIX + 2))] if address[:1] == "+" else []
