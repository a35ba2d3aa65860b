"""Looks through a file once before anything is written: what it is, its digest, its encoding, lines beyond measure."""

import codecs
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from campaigns.imports.problems import FileRefused, file_refused

BLOCK = 1 << 20
LONGEST_LINE = 1 << 20  # bytes; a debtor's row has a few hundred
_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls): save it as .xlsx or as CSV UTF-8"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"SQLite format 3\x00", "a database"),
    (b"{\\rtf", "a text document: save the table as CSV UTF-8"),
)
_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CP1252_GAPS = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
SAVE_AS = "in Excel choose Save As, CSV UTF-8; or set `encoding` in the mapping file"


@dataclass(frozen=True, slots=True)
class Survey:
    kind: Literal["csv", "xlsx"]
    sha256: str
    size: int
    encoding: str  # empty for a workbook


def survey(path: Path, encoding: str | None = None, progress: Callable[[int, int], None] | None = None) -> Survey:
    """Reads blocks of 1 MiB and keeps none. Raises FileRefused."""
    if not path.exists():
        raise file_refused(path.name, "there is no such file; check the path")
    if not path.is_file():
        raise file_refused(path.name, "this is a folder or device; give a CSV or XLSX file")
    if not os.access(path, os.R_OK):
        raise file_refused(path.name, "this user may not read the file; change its permissions, or copy it")
    size = path.stat().st_size
    if size == 0:
        raise file_refused(
            path.name, "the file is empty; export it again, with a header line and one row for each debt"
        )
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"PK\x03\x04"):
        return Survey("xlsx", _digest(path), size, "")
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise file_refused(path.name, f"this is {what}; only CSV and XLSX files can be imported")
    found = _known(path, encoding) if encoding else _by_first_bytes(start)
    look = _Look(path.name, found)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            look.take(block)
            if progress:
                progress(look.seen, size)
    return Survey("csv", look.sha.hexdigest(), size, look.encoding())


def _known(path: Path, encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        message = "`encoding` is unknown; write one like utf-8, utf-16, cp1252, cp1250 or cp1256"
        raise file_refused(f"{path.name}, mapping", message) from None


def _by_first_bytes(start: bytes) -> str | None:
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = start[:400]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        # half of an ASCII text in UTF-16 is zero bytes, and all at the same side
        if len(sample) >= 8 and sample[first::2].count(0) > len(sample) // 3 and not sample[1 - first :: 2].count(0):
            return name
    return None


class _Look:
    """Takes blocks; tells at the end (or raises before) how they are encoded."""

    def __init__(self, name: str, encoding: str | None) -> None:
        self.sha = hashlib.sha256()
        self.seen = 0
        self._name = name
        self._given = encoding
        self._decoder = codecs.getincrementaldecoder(encoding or "utf-8")("strict")
        self._line = 1
        self._line_start = 0
        self._wide = (encoding or "").startswith("utf-16")
        self._bad: tuple[int, int] | None = None  # byte and line where UTF-8 ends
        self._gap: tuple[int, int] | None = None  # ... and where cp1252 ends
        self._multibyte = False
        self._controls = 0

    def take(self, block: bytes) -> None:
        self.sha.update(block)
        if self._bad is None:
            self._decode(block, final=False)
        if self._given is None:
            self._note(block)
        self._lines(block)
        self.seen += len(block)

    def encoding(self) -> str:
        if self._bad is None:
            self._decode(b"", final=True)
        if self._controls > 64 and self._controls > self.seen // 500:
            raise file_refused(self._name, "this is no text; only CSV and XLSX files can be imported")
        if self._bad is None:
            return self._given or "utf-8"
        if self._given is None and not self._multibyte and self._gap is None:
            return "cp1252"
        byte, line = self._bad if self._multibyte or self._given else (self._gap or self._bad)
        known = "" if self._given is None and not self._multibyte else f" {self._given or 'UTF-8'}"
        raise self._refused(byte, line, known)

    def _refused(self, byte: int, line: int, known: str) -> FileRefused:
        what = f"byte {byte} is not{known}" if known else f"byte {byte} belongs to no encoding that can be guessed"
        return file_refused(f"{self._name}, line {line}", f"{what}; {SAVE_AS}")

    def _decode(self, block: bytes, *, final: bool) -> None:
        held = len(self._decoder.getstate()[0])
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            inside = max(0, error.start - held)
            self._bad = (self.seen - held + error.start, self._line + block.count(b"\n", 0, inside))

    def _note(self, block: bytes) -> None:
        self._multibyte = self._multibyte or _MULTIBYTE.search(block) is not None
        self._controls += len(_CONTROLS.findall(block[:65536]))
        gap = _CP1252_GAPS.search(block) if self._gap is None else None
        if gap is not None:
            self._gap = (self.seen + gap.start(), self._line + block.count(b"\n", 0, gap.start()))

    def _lines(self, block: bytes) -> None:
        if self._wide:
            return  # a byte 0A is no line end there; the reader looks again
        mark = b"\n" if b"\n" in block else b"\r"
        first = block.find(mark)
        length = (first if first >= 0 else len(block)) + self.seen - self._line_start
        if length > LONGEST_LINE:
            raise line_too_long(self._name, self._line)
        if first >= 0:
            self._line += block.count(mark)
            self._line_start = self.seen + block.rfind(mark) + 1


def line_too_long(name: str, line: int) -> FileRefused:
    message = "the line is longer than 1 MiB, which no row of debtors is; check that the export ends its lines"
    return file_refused(f"{name}, line {line}", message)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
