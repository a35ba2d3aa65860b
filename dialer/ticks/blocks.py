"""Writes records as compressed, checked blocks and reads them back; says which file and record is broken. Pure."""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from dialer.ticks.model import Record

MAGIC = b"PLTICKS1"
HEAD = struct.Struct("!II")  # length of the compressed bytes, their CRC-32
BIGGEST_BLOCK = 64 * 2**20
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Record])


class BrokenTicks(ValueError):
    """A file that cannot be believed; the text names the file and the record."""


def block(records: list[Record]) -> bytes:
    packed = zlib.compress(_encoder.encode(records), 6)
    return HEAD.pack(len(packed), zlib.crc32(packed)) + packed


def read(file: BinaryIO, name: str) -> Iterator[Record]:
    """The records in their order; returns early at a block that was cut off. Raises BrokenTicks.

    A process that was killed, or a full disk, leaves its last block unfinished: what stands before it is whole. Whether
    it was so is told by `cut_off(file)` afterwards.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise BrokenTicks(f"{name} holds no recorded ticks: it does not begin like such a file")
    number = 0
    while True:
        head = file.read(HEAD.size)
        if len(head) < HEAD.size:
            return
        length, check = HEAD.unpack(head)
        if length > BIGGEST_BLOCK:
            raise BrokenTicks(f"{name}, after record {number}: the next block says it has {length} bytes")
        packed = file.read(length)
        if len(packed) < length:
            return
        for record in _records(packed, check, f"{name}, after record {number}"):
            number += 1
            yield record


def cut_off(file: BinaryIO) -> bool:
    """Whether the last block of the file is unfinished. Reads the file from its beginning."""
    file.seek(0, 2)
    size = file.tell()
    place = len(MAGIC)
    while place + HEAD.size <= size:
        file.seek(place)
        place += HEAD.size + HEAD.unpack(file.read(HEAD.size))[0]
    return place != size


def _records(packed: bytes, check: int, where: str) -> list[Record]:
    if zlib.crc32(packed) != check:
        raise BrokenTicks(f"{where}: the block is not what was written (its check sum differs)")
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(packed, BIGGEST_BLOCK)
        if unpacking.unconsumed_tail:
            raise BrokenTicks(f"{where}: the block is larger than any that is written")
        return _decoder.decode(plain)
    except (zlib.error, msgspec.MsgspecError) as problem:
        raise BrokenTicks(f"{where}: the block cannot be read ({problem})") from None
