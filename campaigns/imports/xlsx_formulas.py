"""Finds the cells of a sheet whose formula has an error or no stored value: to a reader of values they are empty.

An empty cell may mean much: without its region a debtor would be contacted by the rules of the country alone.
"""

import zipfile
from pathlib import Path, PurePosixPath
from typing import Any
from xml.parsers import expat

BLOCK = 1 << 20
_SIGNS = (b"<f", b'"e"', b"'e'")  # of a formula, of an error; a sheet of plain values has none of them
_LONGEST_SIGN = 3


def cells_without_value(path: Path, sheet: str) -> dict[int, str]:
    """For each row (from 1) of the sheet the first such cell, like C7. Raises zipfile.BadZipFile, expat.ExpatError."""
    with zipfile.ZipFile(path) as packed:
        member = _member(packed, sheet)
        if member is None or not _has_formulas(packed, member):
            return {}
        found = _Cells()
        with packed.open(member) as file:
            while block := file.read(BLOCK):
                found.parser.Parse(block, False)
            found.parser.Parse(b"", True)
        return found.bad


def _member(packed: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of the package that holds the sheet of this name."""
    ids = {at.get("name"): at.get("r:id") for at in _elements(packed, "xl/workbook.xml", "sheet")}
    targets = {
        at.get("Id"): at.get("Target", "") for at in _elements(packed, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    target = targets.get(ids.get(sheet), "")
    name = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
    return name if name in packed.namelist() else None


def _elements(packed: zipfile.ZipFile, member: str, tag: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    if member in packed.namelist():
        parser = _parser()
        parser.StartElementHandler = lambda name, at: found.append(at) if name.split(":")[-1] == tag else None
        parser.Parse(packed.read(member), True)
    return found


def _has_formulas(packed: zipfile.ZipFile, member: str) -> bool:
    tail = b""
    with packed.open(member) as file:
        while block := file.read(BLOCK):
            seen = tail + block
            if any(sign in seen for sign in _SIGNS):
                return True
            tail = block[-_LONGEST_SIGN:]
    return False


def _parser() -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = _no_entities
    return parser


def _no_entities(*_: object) -> None:
    raise expat.ExpatError("a workbook declares no entities")


class _Cells:
    """Follows rows, cells, formulas and values; keeps nothing of what the cells hold."""

    def __init__(self) -> None:
        self.bad: dict[int, str] = {}
        self.parser = _parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._row = self._column = 0
        self._kind, self._cell = "", ""
        self._formula = self._in_value = self._value = False

    def _start(self, name: str, at: dict[str, str]) -> None:
        match name.split(":")[-1]:
            case "row":
                self._row = int(at.get("r") or self._row + 1)
                self._column = 0
            case "c":
                self._column += 1
                self._kind, self._cell = at.get("t", ""), at.get("r") or f"{self._column}. cell"
                self._formula = self._value = False
            case "f":
                self._formula = True
            case "v":
                self._in_value = True

    def _text(self, text: str) -> None:
        self._value = self._value or (self._in_value and bool(text.strip()))

    def _end(self, name: str) -> None:
        match name.split(":")[-1]:
            case "v":
                self._in_value = False
            case "c":
                # a formula may well have an empty text as its value
                lost = self._formula and not self._value and self._kind != "str"
                if self._kind == "e" or lost:
                    self.bad.setdefault(self._row, self._cell)
