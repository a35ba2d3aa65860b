"""Reads a text or CSV file of numbers, SHA-256 digests or e-mail addresses, ten million lines in seconds.

Most lines of an outside list look alike: a whole block of them is told apart by one pattern, and only what it does not
fit is looked at line by line.
"""

import codecs
import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from campaigns.imports.model import Parts
from campaigns.imports.problems import file_refused
from campaigns.imports.survey import LONGEST_LINE, line_too_long

BLOCK = 1 << 18
BATCH = 20_000
DELIMITERS = ",;\t|"
NAMES = frozenset(
    {"phone", "number", "phone number", "phone_number", "msisdn", "telephone", "tel", "e164", "e.164", "mobile"}
    | {"sha256", "sha-256", "hash", "digest", "email", "e-mail", "address"}
)
_NUMBERS = re.compile(rb"(?:\+[1-9][0-9]{6,14}\n)+")
_DIGESTS = re.compile(rb"(?:[0-9a-fA-F]{64}\n)+")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_FILLING = str.maketrans("", "", " -().\u00a0\u2011/")
_NO_LISTS = ((b"PK\x03\x04", "a workbook or ZIP archive"), (b"\x1f\x8b", "a gzip archive"), (b"%PDF", "a PDF"))
Progress = Callable[[int, int], None]  # bytes
Reject = Callable[[int, str, str], None]  # line, what stands there, why it is not taken


class Sink(Protocol):
    """Takes what was read. Addresses are E.164, or e-mail in lower case."""

    def add_addresses(self, addresses: Sequence[bytes], /) -> None: ...

    def add_digests(self, digests: bytes, /) -> None: ...


@dataclass(slots=True)
class Read:
    """`lines` that hold something, without a header."""

    lines: int = 0
    rejected: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class How:
    """`column`: its name or place from 1, several joined by + (area code and number); None: it is told by the file.

    `country`: of numbers that are written without their country's code, ISO 3166-1.
    """

    column: str | None = None
    country: str = ""


def read_numbers(path: Path, sink: Sink, parts: Parts, how: How, reject: Reject, progress: Progress) -> Read:
    """Everything in the file goes to the sink or to `reject`. Raises FileRefused when it cannot be read at all."""
    return _Reading(path, sink, parts, how, reject, progress).run()


class _Reading:
    def __init__(self, path: Path, sink: Sink, parts: Parts, how: How, reject: Reject, progress: Progress) -> None:
        self._path, self._sink, self._parts, self._how = path, sink, parts, how
        self._tell, self._progress = reject, progress
        self._line = 0  # of the last one taken
        self._addresses: list[bytes] = []
        self._digests: list[bytes] = []
        self._read = Read()
        self._content = hashlib.sha256()

    def run(self) -> Read:
        first = self._look()
        delimiter = next((mark for mark in DELIMITERS if mark in first), None)
        if delimiter is None and self._how.column in (None, "1"):
            for block in self._blocks():
                self._take(block)
        else:
            self._table(first, delimiter or ",")
        self._flush()
        self._read.sha256 = self._content.hexdigest()
        return self._read

    def _look(self) -> str:
        """The first line that holds something."""
        name = self._path.name
        if not self._path.is_file():
            raise file_refused(name, "there is no such file; check the path")
        with self._path.open("rb") as file:
            start = file.read(1 << 16)
        for magic, what in _NO_LISTS:
            if start.startswith(magic):
                raise file_refused(name, f"this is {what}; save the numbers as text or CSV, one in a line")
        if b"\0" in start:
            raise file_refused(name, "this is no text in UTF-8 or ASCII; save it as CSV UTF-8")
        lines = start.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").splitlines()
        found = next((line for line in lines if line.strip()), None)
        if found is None:
            raise file_refused(name, "the file is empty; export it again, one number in a line")
        return found

    def _blocks(self) -> Iterator[bytes]:
        """Whole lines, ended by a newline each."""
        total, done, held = self._path.stat().st_size, 0, b""
        with self._path.open("rb") as file:
            while block := file.read(BLOCK):
                self._content.update(block)
                held += block.removeprefix(codecs.BOM_UTF8) if done == 0 else block
                done += len(block)
                end = held.rfind(b"\n") + 1
                if end == 0 and len(held) > LONGEST_LINE:
                    raise line_too_long(self._path.name, self._line + 1)
                whole, held = held[:end], held[end:]
                if whole:
                    yield whole.replace(b"\r\n", b"\n") if b"\r" in whole else whole
                self._progress(done, total)
        if held:
            yield held.rstrip(b"\r") + b"\n"

    def _take(self, block: bytes) -> None:
        if _NUMBERS.fullmatch(block):
            numbers = block.split(b"\n")
            numbers.pop()
            self._count(len(numbers))
            self._sink.add_addresses(numbers)
        elif _DIGESTS.fullmatch(block):
            digests = bytes.fromhex(block.decode())
            self._count(len(digests) // 32)
            self._sink.add_digests(digests)
        else:
            for line in block.decode("utf-8", "replace").split("\n")[:-1]:
                self._line += 1
                self._one(self._line, line)

    def _count(self, lines: int) -> None:
        self._line += lines
        self._read.lines += lines

    def _one(self, line: int, written: str) -> None:
        text = written.strip().strip("'\"").strip()
        if not text:
            return
        if self._read.lines == 0 and _is_header(text):
            return
        self._read.lines += 1
        if _DIGEST.fullmatch(text):
            self._digests.append(bytes.fromhex(text))
        else:
            found = self._address(text)
            if found.startswith("!"):
                self._read.rejected += 1
                self._tell(line, written, found[1:])
                return
            self._addresses.append(found.encode())
        if len(self._addresses) + len(self._digests) >= BATCH:
            self._flush()

    def _address(self, text: str) -> str:
        """The address, or ! and why there is none."""
        if "@" in text:
            return text.lower() if _EMAIL.fullmatch(text) else "!no e-mail address: write it like dana@example.com"
        plain = text.translate(_FILLING)
        plain = f"+{plain[2:]}" if plain.startswith("00") else plain
        if _NUMBER.fullmatch(plain):
            return plain
        if plain.startswith("+") or not self._how.country:
            return "!" + _why_no_number(plain)
        found = self._parts.phone(text, self._how.country)
        return f"!{found}" if isinstance(found, str) else found.e164

    def _flush(self) -> None:
        if self._addresses:
            self._sink.add_addresses(self._addresses)
        if self._digests:
            self._sink.add_digests(b"".join(self._digests))
        self._addresses, self._digests = [], []

    def _table(self, first: str, delimiter: str) -> None:
        cells = next(csv.reader([first], delimiter=delimiter))
        places, header = self._columns([cell.strip().lower() for cell in cells])
        reader = csv.reader(self._text_lines(), delimiter=delimiter)
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if header:
                header = False
                continue
            self._line = reader.line_num
            if len(row) <= max(places):
                self._read.lines += 1
                self._read.rejected += 1
                self._tell(self._line, delimiter.join(row), f"the row has {len(row)} cells, the number is in another")
                continue
            self._one(self._line, "".join(row[place].strip() for place in places))

    def _text_lines(self) -> Iterator[str]:
        for block in self._blocks():
            for line in block.decode("utf-8", "replace").split("\n")[:-1]:
                yield line + "\n"

    def _columns(self, cells: list[str]) -> tuple[list[int], bool]:
        """Where the number stands, and whether the first line is a header."""
        header = not any(_DIGEST.fullmatch(cell) or _digits(cell) >= 3 for cell in cells)
        if self._how.column is not None:
            return [self._place(part.strip().lower(), cells) for part in self._how.column.split("+")], header
        if header:
            fits = [place for place, cell in enumerate(cells) if cell in NAMES]
        else:
            fits = [place for place, cell in enumerate(cells) if _DIGEST.fullmatch(cell) or _digits(cell) >= 7]
        if len(fits) != 1:
            said = f"the columns are {', '.join(cells)}" if header else f"the first line has {len(cells)} cells"
            message = f"{said}, and it is not plain which holds the numbers: name it with --column"
            raise file_refused(self._path.name, message)
        return fits, header

    def _place(self, name: str, cells: list[str]) -> int:
        if name in cells:
            return cells.index(name)
        if name.isdigit() and 1 <= int(name) <= len(cells):
            return int(name) - 1
        raise file_refused("--column", f"there is no column {name!r}; give a name of the header or 1 to {len(cells)}")


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _is_header(text: str) -> bool:
    return text.lower() in NAMES or (_digits(text) == 0 and "@" not in text)


def _why_no_number(plain: str) -> str:
    if plain.startswith("+"):
        return "no number in E.164: plus, country code, 7 to 15 digits in all, like +4520123456"
    if plain.isdigit():
        return "written without country code: write it as +45..., or name the country of such numbers with --country"
    return "no telephone number, SHA-256 digest or e-mail address"
