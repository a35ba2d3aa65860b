"""Says in microseconds whether a number is on a list of millions: sorted hashes in a file that is mapped, not loaded.

The file, little-endian: magic `PLNUMBRS`, format u32, key u32 (1: the first 8 bytes of SHA-256 of the address), count
u64, SHA-256 digest of values and header, 8 bytes of zero, then `count` values u64, ascending, each once. An address is
hashed as it is written in E.164, with the plus; an e-mail address in lower case. A list may come as hashes alone, but
hashes are no secret: all telephone numbers can be tried within hours.

Two addresses may share a value: one that is not on a list of n is taken for listed with the probability n / 2**64
(5e-13 with ten million), and is then not contacted. One that is on it is always found.
"""

import hashlib
import mmap
import struct
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

MAGIC, FORMAT, KEY = b"PLNUMBRS", 1, 1
HEADER = struct.Struct("<8sIIQ32s8x")
SEALED = struct.Struct("<8sIIQ")  # what of the header the digest covers
VALUE_BYTES = 8
_BLOCK = 1 << 20


class NumberListError(Exception):
    """The file is no list, or not the one that was asked for; the text says why and how to mend it."""


def value_of(address: str) -> int:
    """What stands in a list for this E.164 number or e-mail address (in lower case)."""
    return int.from_bytes(hashlib.sha256(address.encode()).digest()[:VALUE_BYTES], "big")


def false_positive(count: int) -> float:
    """How probable it is that an address which is not among `count` others is taken for one of them."""
    return count / 2.0**64


def seal(content: "hashlib._Hash", count: int) -> str:
    """The digest of a list: that of its values, which `content` has taken in, and of its header."""
    content.update(SEALED.pack(MAGIC, FORMAT, KEY, count))
    return content.hexdigest()


class NumberList:
    """One open list. Look-ups read the mapped file: processes share its memory, and nothing is loaded beforehand."""

    __slots__ = ("_file", "_values", "count", "digest")

    def __init__(self, file: mmap.mmap, count: int, digest: str) -> None:
        self._file = file
        self._values = memoryview(file)[HEADER.size :].cast("Q")
        self.count = count
        self.digest = digest

    def __contains__(self, address: str) -> bool:
        return self.has(value_of(address))

    def has(self, value: int) -> bool:
        values = self._values
        at = bisect_left(values, value)
        return at < self.count and values[at] == value

    @property
    def values(self) -> memoryview:
        """All values, ascending. Valid until `close()`."""
        return self._values

    def close(self) -> None:
        self._values.release()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_list(path: Path, digest: str | None = None, progress: Callable[[int, int], None] | None = None) -> NumberList:
    """The list in this file, every byte of it checked. Raises NumberListError, and OSError where it cannot be read.

    `digest`: the one that the list must have; an older or another list is refused. `progress(bytes, of bytes)`.
    """
    if sys.byteorder != "little":
        raise NumberListError("lists are read on little-endian machines only, which this one is not")
    with path.open("rb") as file:
        size = path.stat().st_size
        if size < HEADER.size:
            raise NumberListError(f"{path.name} is cut off: {size} bytes, a list has {HEADER.size} at least")
        mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
    try:
        count, found = _check(mapped, path.name, progress)
        if digest is not None and found != digest:
            raise NumberListError(f"{path.name} is another list: its digest is {found[:12]}..., not {digest[:12]}...")
    except BaseException:
        mapped.close()
        raise
    return NumberList(mapped, count, found)


def _check(mapped: mmap.mmap, name: str, progress: Callable[[int, int], None] | None) -> tuple[int, str]:
    magic, form, key, count, digest = HEADER.unpack_from(mapped)
    if magic != MAGIC:
        raise NumberListError(f"{name} is no list of numbers; import the text or CSV file that it was made of")
    if (form, key) != (FORMAT, KEY):
        raise NumberListError(f"{name} has format {form}, key {key}; this program reads {FORMAT}, {KEY}")
    size = len(mapped)
    if size != HEADER.size + count * VALUE_BYTES:
        raise NumberListError(f"{name} is cut off or grown: {size} bytes, {count} numbers need another size")
    content = hashlib.sha256()
    with memoryview(mapped) as view:
        for at in range(HEADER.size, size, _BLOCK):
            content.update(view[at : at + _BLOCK])
            if progress is not None:
                progress(min(at + _BLOCK, size), size)
    if seal(content, count) != digest.hex():
        raise NumberListError(f"{name} is damaged: its content does not fit its digest; fetch or import it again")
    return count, digest.hex()


def on_any(lists: Iterable[NumberList], address: str) -> bool:
    """Whether the address is in the union of these lists."""
    value = value_of(address)
    return any(one.has(value) for one in lists)
