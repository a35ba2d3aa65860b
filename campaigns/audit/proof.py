"""The proof that one contact's verdict and outcomes are bound to a signed chain; checked by itself, with the key alone.

Version 1. `items` are the bytes that verdicts.py and outcomes.py describe, each with the number of the chained row that
binds its batch and the digests of the whole batch. `segments` are parts of the chain in the lines of an export
(files.py): from the first such row to the checkpoint that signs it. Details stand only in the rows that bind a batch.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import orjson

from campaigns.audit import outcomes, verdicts
from campaigns.audit.batches import BINDS, Batch, Bound, compare, read_batch
from campaigns.audit.chain import digest_of
from campaigns.audit.checker import Checker
from campaigns.audit.files import Header, PointLine, RowLine, checkpoint_of, sealed_row
from campaigns.problems import refuse

VERSION = "promiseline.proof.v1"
FORMATS: dict[str, Bound] = {verdicts.VERSION: "verdict", outcomes.VERSION: "outcome"}


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a verdict's content digest is of; it tells of the person, so only a whole proof holds it."""

    salt: str
    bytes: str


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One verdict or outcome. `seq` None: its batch is not sealed yet, so that nothing holds it."""

    bytes: str
    seq: int | None = None
    digests: dict[str, str] = {}
    content: Content | None = None


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`checkpoint` None: these rows are not signed yet."""

    header: Header
    rows: tuple[RowLine, ...]
    checkpoint: PointLine | None


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    items: tuple[Item, ...]
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """`findings`: what is not as it was sealed, in sentences. `unproven`: numbers of items that no signature holds."""

    findings: tuple[str, ...]
    unproven: tuple[str, ...]


def fields_of(item: Item) -> list[object]:
    """What the bytes say: the format, the tenant, the number, and what that format has. Raises Refused."""
    try:
        found = orjson.loads(item.bytes)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, list) or len(found) < 6 or found[0] not in FORMATS or not isinstance(found[2], int):
        raise refuse("proof", "an item is no verdict and no outcome of a format that this program reads")
    return found


def check(proof: Proof, trusted: frozenset[bytes]) -> Checked:
    """`trusted`: the public keys whose checkpoints count. Raises Refused where it is no proof at all."""
    if proof.version != VERSION:
        raise refuse("proof", f"the format is {proof.version}, this program reads {VERSION}")
    findings = [finding for segment in proof.segments for finding in _of_segment(segment, trusted)]
    unproven = []
    for item in proof.items:
        fields = fields_of(item)
        name = f"{FORMATS[str(fields[0])]} {fields[2]}"
        holder = next((part for part in proof.segments for row in part.rows if row.seq == item.seq), None)
        if holder is None or holder.checkpoint is None:
            unproven.append(name)
        if holder is not None:
            findings += [f"{name}: {words}" for words in _of_item(item, fields, holder)]
        if item.content is not None and _digest_of_content(item.content) != fields[-1]:
            findings.append(f"{name}: its content is not what was sealed")
    return Checked(tuple(findings), tuple(unproven))


def _of_segment(segment: Segment, trusted: frozenset[bytes]) -> Iterator[str]:
    header = segment.header
    checker = Checker(header.tenant, trusted, header.first - 1, _hex(header.previous), details=False, whole=False)
    for line in segment.rows:
        checker.row(sealed_row(header, line))
        if line.detail is not None and digest_of(_hex(line.salt or ""), line.detail).hex() != line.detail_digest:
            yield f"row {line.seq}: its detail is not what was sealed"
    if segment.checkpoint is not None:
        checker.checkpoint(checkpoint_of(header, segment.checkpoint))
    yield from (finding.says for finding in checker.end().findings)


def _of_item(item: Item, fields: list[object], holder: Segment) -> Iterator[str]:
    row = next(row for row in holder.rows if row.seq == item.seq)
    of = FORMATS[str(fields[0])]
    batch: Batch | None = read_batch(of, row.detail or "") if BINDS.get(row.action) == of else None
    if batch is None:
        yield f"row {row.seq} binds no {of}s"
        return
    if fields[1] != holder.header.tenant:
        yield f"it is of tenant {fields[1]}, the chain of tenant {holder.header.tenant}"
    digests = sorted((int(number), _hex(digest)) for number, digest in item.digests.items() if number.isdecimal())
    if any(True for _ in compare(batch, digests)):
        yield f"the digests of its batch are not what row {row.seq} binds"
    if item.digests.get(str(fields[2])) != hashlib.sha256(item.bytes.encode()).hexdigest():
        yield "it is not what was sealed"


def _digest_of_content(content: Content) -> str:
    return hashlib.sha256(_hex(content.salt) + content.bytes.encode()).hexdigest()


def _hex(words: str) -> bytes:
    try:
        return bytes.fromhex(words)
    except ValueError:
        raise refuse("proof", "a digest or salt is no hex") from None
