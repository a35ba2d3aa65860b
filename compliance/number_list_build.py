"""Builds a list of numbers from hashes in any order, however many, in bounded memory: by first byte, then sorted."""

import hashlib
import os
import tempfile
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from compliance.number_list import FORMAT, HEADER, KEY, MAGIC, VALUE_BYTES, NumberList, seal

HOLD_BYTES = 64 << 20
"""So much is held before it is put aside on disk."""
_PARTS = 256


@dataclass(frozen=True, slots=True)
class Built:
    count: int
    digest: str  # SHA-256, hexadecimal
    size: int  # bytes of the file


class ListBuilder:
    """Takes hashes, then writes the list. A context manager: what it put aside on disk is gone at the end."""

    def __init__(self, hold_bytes: int = HOLD_BYTES, folder: Path | None = None) -> None:
        """`folder`: where hashes are put aside; by default the system's for temporary files."""
        self._hold, self._folder = hold_bytes, folder
        self._parts = [bytearray() for _ in range(_PARTS)]
        self._aside: IO[bytes] | None = None
        self._pieces: list[list[tuple[int, int]]] = [[] for _ in range(_PARTS)]  # place and length in `_aside`

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._aside is not None:
            self._aside.close()

    def add_addresses(self, addresses: Iterable[bytes]) -> None:
        """E.164 numbers, or e-mail addresses in lower case."""
        sha, parts = hashlib.sha256, self._parts
        for address in addresses:
            digest = sha(address).digest()
            parts[digest[0]] += digest[:VALUE_BYTES]
        self._put_aside(self._hold)

    def add_digests(self, digests: bytes) -> None:
        """SHA-256 digests of such addresses, 32 bytes each, one after the other."""
        if len(digests) % 32:
            raise ValueError(f"digests of 32 bytes each are wanted, not {len(digests)} bytes")
        parts = self._parts
        for at in range(0, len(digests), 32):
            parts[digests[at]] += digests[at : at + VALUE_BYTES]
        self._put_aside(self._hold)

    def add_list(self, other: NumberList) -> None:
        """All that is on another list: the union."""
        step = self._hold // VALUE_BYTES or 1
        for at in range(0, other.count, step):
            values = array("Q", other.values[at : at + step])
            values.byteswap()
            content = values.tobytes()
            self._spread(content)
            self._put_aside(self._hold)

    def _spread(self, content: bytes) -> None:
        """Ascending values, so that those of one part stand together."""
        at = 0
        while at < len(content):
            part = content[at]
            end = _end_of_part(content, part, at)
            self._parts[part] += content[at:end]
            at = end

    def _put_aside(self, above: int) -> None:
        if sum(map(len, self._parts)) <= above:
            return
        if self._aside is None:
            self._aside = tempfile.TemporaryFile(dir=self._folder)
        self._aside.seek(0, os.SEEK_END)
        place = self._aside.tell()
        for number, part in enumerate(self._parts):
            if part:
                self._pieces[number].append((place, len(part)))
                place += self._aside.write(part)
                part.clear()

    def write(self, path: Path, progress: Callable[[int, int], None] | None = None) -> Built:
        """The list as a file, on disk for good; call it once. `progress(parts, of parts)`."""
        content, count = hashlib.sha256(), 0
        with path.open("wb") as file:
            file.write(bytes(HEADER.size))
            for number in range(_PARTS):
                values = self._sorted(number)
                count += len(values)
                content.update(values)
                file.write(values)
                if progress is not None:
                    progress(number + 1, _PARTS)
            digest = seal(content, count)
            file.seek(0)
            file.write(HEADER.pack(MAGIC, FORMAT, KEY, count, bytes.fromhex(digest)))
            file.flush()
            os.fsync(file.fileno())
        return Built(count, digest, HEADER.size + count * VALUE_BYTES)

    def _sorted(self, number: int) -> "array[int]":
        content, self._parts[number] = self._parts[number], bytearray()
        for place, length in self._pieces[number]:
            assert self._aside is not None  # noqa: S101 - a piece is put aside there
            self._aside.seek(place)
            content += self._aside.read(length)
        values = array("Q")
        values.frombytes(content)
        values.byteswap()  # as a number, the first byte of a digest is the highest
        return array("Q", sorted(set(values)))


def _end_of_part(content: bytes, part: int, start: int) -> int:
    """Where the values that begin with another byte begin, by halving: they are in order."""
    low, high = start // VALUE_BYTES, len(content) // VALUE_BYTES
    while low < high:
        middle = (low + high) // 2
        if content[middle * VALUE_BYTES] > part:
            high = middle
        else:
            low = middle + 1
    return low * VALUE_BYTES
