"""What an import is given, what it asks of its surroundings, and what it reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

PHONES = ("phone_1", "phone_2", "phone_3", "phone_4")
CONSENTS = ("sms_consent_at", "whatsapp_consent_at", "email_consent_at", "voice_consent_at")
COLUMNS = (
    "debtor_reference",
    "given_name",
    "family_name",
    "full_name",
    "language",
    "date_of_birth",
    "country",
    "region",
    "city",
    "postal_code",
    "street",
    "timezone",
    "own_timezone",
    *PHONES,
    *(f"{phone}_kind" for phone in PHONES),
    "email",
    *CONSENTS,
    "debt_reference",
    "product",
    "principal",
    "balance",
    "currency",
    "due_date",
    "last_payment_date",
)
"""All columns that a file may have; given_name and family_name may come as one full_name."""

DATES = ("date_of_birth", "due_date", "last_payment_date", *CONSENTS)
PHONE_KINDS = ("mobile", "landline", "work", "tollfree")
Phase = Literal["survey", "reading", "merging"]
Progress = Callable[[Phase, int, int], None]
"""Phase, done, total: bytes of the file (rows of a sheet) while surveying and reading, shares of 100 while merging."""


class Phone(NamedTuple):
    e164: str
    kind: str  # one of PHONE_KINDS


class Place(NamedTuple):
    country: str  # ISO 3166-1 alpha-2
    region: str | None  # the part of ISO 3166-2 behind the country
    city: str | None
    timezone: str | None
    postal_code: str | None = None


class Hours(NamedTuple):
    """What decides when a person may be contacted; either part empty: unknown, the person is never contacted."""

    zones: tuple[str, ...]
    rulebooks: tuple[str, ...]


class Parts(Protocol):
    """What an import asks of the packages beside this one. It is pickled for worker processes."""

    def phone(self, written: str, country: str) -> Phone | str:
        """The number in E.164, or why it is none and how to mend it, without repeating it."""
        ...

    def hours(self, places: tuple[Place, ...], phones: tuple[str, ...], own_timezone: str | None) -> Hours:
        """Zones and rulebooks that bind contacts with a person of these addresses and E.164 numbers."""
        ...


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How this file's columns and cells are to be understood; see campaigns.imports.mapping for the file format."""

    columns: Mapping[str, str] = field(default_factory=dict)  # our column -> the header cell in the file
    defaults: Mapping[str, str] = field(default_factory=dict)  # our column -> cell where the file has none
    date_format: str | None = None  # as strptime takes it; null: ISO 8601
    decimal_mark: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class ImportOptions:
    tenant_id: int = 1
    actor: str = "cli"
    mapping: FileMapping = field(default_factory=FileMapping)
    country: str | None = None  # of rows that say none
    dry_run: bool = False
    partial: bool = False
    again: bool = False
    rejects: Path | None = None
    workers: int | None = None  # null: by the size of the file
    chunk_rows: int = 5_000


class Reject(NamedTuple):
    line: int  # of the file, from 1; the row's first line
    column: str  # our name of the column, or several, with commas
    reason: str  # no personal data
    row: tuple[str, ...]  # the operator's own cells


@dataclass(slots=True)
class ImportReport:
    """`state`: done, refused (nothing was taken), checked (a dry run without rejects) or already_done."""

    file: str
    state: str = "running"
    batch_id: int | None = None
    rows: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    debtors_created: int = 0
    debtors_updated: int = 0
    debts_created: int = 0
    debts_updated: int = 0
    phones: int = 0
    zone_unknown: int = 0  # debtors who will never be contacted until an address or number tells the zone
    resumed_at_line: int = 0
    encoding: str = ""
    delimiter: str = ""
    columns_ignored: Sequence[str] = ()
    first_rejects: list[Reject] = field(default_factory=list)
    rejects_file: str | None = None
    seconds: float = 0.0
    finished_before: datetime | None = None  # with already_done

    @property
    def taken(self) -> bool:
        return self.state in ("done", "checked", "already_done")


FIRST_REJECTS = 20  # as many are shown at once; the reject file holds all
