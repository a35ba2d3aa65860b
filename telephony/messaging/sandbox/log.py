"""What the sandbox carrier saw, append-only: the independent record that audits compare with our own tables."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any


@dataclass(frozen=True, slots=True)
class LogEntry:
    """`what`: accepted, rejected, status, callback, callback_failed, inbound, opted_out, opted_in, confirmation.

    The text is only there as `body_sha256`; numbers are there because an audit needs them: the file is the sandbox's.
    """

    at: datetime
    what: str
    sid: str = ""
    to: str = ""
    from_: str = ""
    status: str = ""
    code: str = ""
    body_sha256: str = ""


class CarrierLog:
    """Entries in memory, and one JSON object a line in `path` where one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self._entries: list[LogEntry] = []
        self._file: IO[str] | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")

    @property
    def entries(self) -> tuple[LogEntry, ...]:
        return tuple(self._entries)

    def of(self, what: str) -> list[LogEntry]:
        return [entry for entry in self._entries if entry.what == what]

    def add(self, entry: LogEntry) -> None:
        self._entries.append(entry)
        if self._file is not None:
            fields: dict[str, Any] = asdict(entry) | {"at": entry.at.isoformat()}
            self._file.write(json.dumps(fields) + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def body_digest(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8")).hexdigest()
