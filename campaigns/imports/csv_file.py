"""Reads a CSV file as records with their line numbers, in constant memory, whatever is in it."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from campaigns.imports.problems import file_refused
from campaigns.imports.survey import LONGEST_LINE, line_too_long

BLOCK = 1 << 18
DELIMITERS = ",;\t|"
LONGEST_RECORD_LINES = 200  # a street on several lines is quoted text; hundreds of lines are a quote never closed
_NEWLINE = re.compile(r"(?<=\n)")


class Record(NamedTuple):
    """One row. `problem` says why its cells could not be told apart; they are then the raw line."""

    line: int
    cells: Sequence[str]
    problem: str | None = None


class CsvFile:
    """Iterate once. `done` and `total` are bytes."""

    def __init__(self, path: Path, encoding: str, delimiter: str | None = None) -> None:
        self._path = path
        self._encoding = encoding
        self.total = path.stat().st_size
        self.done = 0
        self._line = 0  # of the last line given to the csv module
        self._record_line = 0
        self._record_chars = 0
        self._last = ""
        self.delimiter = delimiter or self._sniff()

    def __iter__(self) -> Iterator[Record]:
        reader = csv.reader(self._counted(), delimiter=self.delimiter, strict=True)
        while True:
            self._record_line, self._record_chars = self._line + 1, 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._broken(error)
                continue
            if cells:
                yield Record(self._record_line, cells)

    def _broken(self, error: csv.Error) -> Record:
        if "unexpected end of data" in str(error) or "field larger" in str(error):
            raise self._open_quote()
        reason = "a quote stands inside a cell; double it, and put quotes around the whole cell"
        return Record(self._record_line, [self._last.rstrip("\r\n")], reason)

    def _open_quote(self) -> Exception:
        message = "a quote is opened in this row and never closed; close it, or double the quotes within texts"
        return file_refused(f"{self._path.name}, line {self._record_line}", message)

    def _counted(self) -> Iterator[str]:
        for line in self._lines():
            self._line += 1
            self._record_chars += len(line)
            self._last = line
            if self._line - self._record_line > LONGEST_RECORD_LINES or self._record_chars > LONGEST_LINE:
                raise self._open_quote()
            yield line

    def _lines(self) -> Iterator[str]:
        rest, number = "", 0
        for text in self._texts():
            parts = _NEWLINE.split(rest + text)
            rest = parts.pop()
            number += len(parts)
            yield from parts
            if len(rest) > LONGEST_LINE:
                raise line_too_long(self._path.name, number + 1)
        if rest:
            yield rest

    def _texts(self) -> Iterator[str]:
        """Decoded blocks whose lines end with a newline, also those of files with carriage returns only."""
        decoder = codecs.getincrementaldecoder(self._encoding)("strict")
        old_mac: bool | None = None
        with self._path.open("rb") as file:
            while True:
                block = file.read(BLOCK)
                text = self._decoded(decoder, block)
                if old_mac is None and ("\n" in text or "\r" in text or not block):
                    old_mac = "\n" not in text
                self.done += len(block)
                yield text.replace("\r", "\n") if old_mac else text
                if not block:
                    return

    def _decoded(self, decoder: codecs.IncrementalDecoder, block: bytes) -> str:
        try:
            return decoder.decode(block, not block)
        except UnicodeDecodeError as error:
            message = f"byte {self.done + error.start} is not {self._encoding}; save the file as CSV UTF-8"
            raise file_refused(f"{self._path.name}, line {self._line + 1}", message) from None

    def _sniff(self) -> str:
        """The mark that parts the header's cells; within quotes it does not count."""
        first = ""
        for text in self._texts():
            first += text
            if (first.strip() and "\n" in first.lstrip()) or len(first) > LONGEST_LINE:
                break
        self.done = 0
        header = re.sub(r'"[^"]*"', "", first.lstrip().partition("\n")[0])
        found = Counter(mark for mark in header if mark in DELIMITERS)
        return found.most_common(1)[0][0] if found else ","
