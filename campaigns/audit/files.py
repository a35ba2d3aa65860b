"""An exported part of a chain as JSON lines: what a third party checks with the public key and nothing else.

The first line is a header, the last one the end; between them rows in order of sequence and each checkpoint behind the
row that it signs. Digests, salts and signatures are hex; texts stand exactly as they were hashed. Only \\n ends a line:
U+2028 may stand in a text.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.audit import reading
from campaigns.audit.chain import GENESIS, Sealed, instant
from campaigns.audit.checker import Checker, Report
from campaigns.audit.checkpoints import Checkpoint
from campaigns.audit.reading import Known, Progress
from campaigns.problems import refuse

VERSION = "promiseline.audit.export.v1"


class Header(msgspec.Struct, frozen=True, tag_field="kind", tag="header", forbid_unknown_fields=True):
    """`previous`: the hash of row `first` - 1. `details` False: the details were left out, their digests are there."""

    version: str
    tenant: int
    first: int
    previous: str
    details: bool


class RowLine(msgspec.Struct, frozen=True, tag_field="kind", tag="row", forbid_unknown_fields=True):
    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail_digest: str
    hash: str
    salt: str | None
    detail: str | None


class PointLine(msgspec.Struct, frozen=True, tag_field="kind", tag="checkpoint", forbid_unknown_fields=True):
    number: int
    seq: int
    hash: str
    at: str
    previous: str
    public_key: str
    signature: str


class EndLine(msgspec.Struct, frozen=True, tag_field="kind", tag="end", forbid_unknown_fields=True):
    seq: int
    hash: str


Line = Header | RowLine | PointLine | EndLine
_decoder = msgspec.json.Decoder(Line)
_encoder = msgspec.json.Encoder()


async def lines(
    conn: AsyncConnection, tenant_id: int, first: int, last: int, *, details: bool = True
) -> AsyncIterator[bytes]:
    """Rows `first` to `last`, widened to begin behind a checkpoint and to end at one, where there are any."""
    signed = [point async for point in reading.checkpoints(conn, tenant_id)]
    start = max((point for point in signed if point.seq < first), key=lambda point: point.seq, default=None)
    last = min((point.seq for point in signed if point.seq >= last), default=last)
    first = 1 if start is None else start.seq + 1
    previous = GENESIS if start is None else start.hash
    yield _line(Header(VERSION, tenant_id, first, previous.hex(), details))
    signed = [point for point in signed if first - 1 <= point.seq <= last]
    end, end_hash = first - 1, previous
    async for row in reading.rows(conn, tenant_id, first, last):
        while signed and signed[0].seq < row.seq:
            yield _line(point_line(signed.pop(0)))
        yield _line(row_line(row, details))
        end, end_hash = row.seq, row.hash
    for point in signed:
        yield _line(point_line(point))
    yield _line(EndLine(end, end_hash.hex()))


def read(file: BinaryIO) -> Iterator[Line]:
    """The lines of an export; raises campaigns.problems.Refused with the line that is none."""
    empty = True
    for number, raw in enumerate(file, start=1):
        try:
            line = _decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise refuse(f"line {number}", f"this is no line of an audit export ({problem})") from None
        if (number == 1) != isinstance(line, Header):
            raise refuse(f"line {number}", "an audit export has one header, and it is the first line")
        if isinstance(line, Header) and line.version != VERSION:
            raise refuse("line 1", f"the format is {line.version}, this program reads {VERSION}")
        empty = False
        yield line
    if empty:
        raise refuse("line 1", "the file is empty; write one with: promiseline audit export FILE")


def check(path: Path, trusted: frozenset[bytes], progress: Progress | None = None) -> Report:
    """A file by itself: no database is asked. `progress` is in bytes. Raises Refused, OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        found = read(file)
        header = next(found)
        assert isinstance(header, Header)  # noqa: S101 - read() gives nothing else first
        checker = Checker(
            header.tenant, trusted, header.first - 1, _bytes(header.previous), header.details, header.first == 1
        )
        _feed(checker, header, found, lambda: progress and progress(file.tell(), size))
    if progress is not None:
        progress(size, size)
    return checker.end()


def known(path: Path, tenant_id: int) -> Iterator[Known]:
    """What a file says of the chain, to hold a database against it."""
    with path.open("rb") as file:
        for line in read(file):
            if isinstance(line, Header) and line.tenant != tenant_id:
                raise refuse("file", f"it is of tenant {line.tenant}, not of tenant {tenant_id}; give --tenant")
            if isinstance(line, RowLine):
                yield Known(line.seq, _bytes(line.hash))
            elif isinstance(line, PointLine):
                yield Known(line.seq, _bytes(line.hash), line.number)


def _feed(checker: Checker, header: Header, found: Iterator[Line], told: Callable[[], object]) -> None:
    proven, ended = header.first == 1, False
    for number, line in enumerate(found):
        if isinstance(line, RowLine):
            checker.row(sealed_row(header, line))
        elif isinstance(line, PointLine):
            point = checkpoint_of(header, line)
            proven = proven or (line.seq == header.first - 1 and point.public_key in checker.trusted)
            checker.checkpoint(point)
        elif isinstance(line, EndLine):
            ended = True
            checker.head(line.seq, _bytes(line.hash))
        if number % reading.PAGE == 0:
            told()
    if not ended:
        checker.headless()
    if not proven:
        checker.unproven(1, header.first - 1)


def sealed_row(header: Header, line: RowLine) -> Sealed:
    salt = None if line.salt is None else _bytes(line.salt)
    return Sealed(
        0, header.tenant, line.seq, _instant(line.at), line.actor, line.action, line.subject,
        _bytes(line.detail_digest), _bytes(line.hash), salt, line.detail,
    )  # fmt: skip


def row_line(row: Sealed, details: bool) -> RowLine:
    salt = row.salt.hex() if details and row.salt is not None else None
    return RowLine(
        row.seq, instant(row.at), row.actor, row.action, row.subject, row.detail_digest.hex(), row.hash.hex(), salt,
        row.detail if details else None,
    )  # fmt: skip


def checkpoint_of(header: Header, line: PointLine) -> Checkpoint:
    return Checkpoint(
        header.tenant, line.number, line.seq, _bytes(line.hash), _instant(line.at), _bytes(line.previous),
        _bytes(line.public_key), _bytes(line.signature),
    )  # fmt: skip


def point_line(point: Checkpoint) -> PointLine:
    return PointLine(
        point.number, point.seq, point.hash.hex(), instant(point.at), point.previous.hex(), point.public_key.hex(),
        point.signature.hex(),
    )  # fmt: skip


def _bytes(hexes: str) -> bytes:
    try:
        return bytes.fromhex(hexes)
    except ValueError:
        raise refuse("file", "a digest, salt or signature is no hex") from None


def _instant(words: str) -> datetime:
    with suppress(ValueError):
        at = datetime.fromisoformat(words)
        if at.tzinfo is not None:
            return at
    raise refuse("file", "a time is no instant like 2026-03-04T15:00:00.000000Z")


def _line(line: Line) -> bytes:
    return _encoder.encode(line) + b"\n"
