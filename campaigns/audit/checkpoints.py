"""Signs the end of a chain, and says whether a signed end is genuine.

Version 1: the signed bytes are one JSON array without white space, signed by Ed25519 (RFC 8032):

    ["promiseline.audit.checkpoint.v1",tenant,number,seq,"hash","at","previous"]

`previous` is SHA-256 of the signed bytes of checkpoint number - 1, and 64 zeros before the first.
Numbers and sequence have no gaps, so `seq` is also the count of the rows that are covered.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from campaigns.audit.chain import GENESIS, instant

VERSION = "promiseline.audit.checkpoint.v1"
KEY_BYTES = 32


class KeyProblem(ValueError):
    """The text is no key; the message says what a key looks like and never repeats the text."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Up to row `seq`, whose hash is `hash`, the chain was as it was at `at`."""

    tenant_id: int
    number: int
    seq: int
    hash: bytes
    at: datetime
    previous: bytes
    public_key: bytes
    signature: bytes


def signed_bytes(point: Checkpoint) -> bytes:
    return _payload(point.tenant_id, point.number, point.seq, point.hash, point.at, point.previous)


def digest(point: Checkpoint | None) -> bytes:
    """What the next checkpoint calls `previous`; of None: what the first one does."""
    return GENESIS if point is None else hashlib.sha256(signed_bytes(point)).digest()


def sign(
    key: Ed25519PrivateKey, before: Checkpoint | None, *, tenant_id: int, seq: int, hash: bytes, at: datetime
) -> Checkpoint:
    """The checkpoint behind `before`. The same arguments give the same bytes: Ed25519 draws no random numbers."""
    number = 1 if before is None else before.number + 1
    previous = digest(before)
    signature = key.sign(_payload(tenant_id, number, seq, hash, at, previous))
    public = key.public_key().public_bytes_raw()
    return Checkpoint(tenant_id, number, seq, hash, at, previous, public, signature)


def is_genuine(point: Checkpoint) -> bool:
    """Whether the signature is that of the key which the checkpoint names; whether that key is trusted is not asked."""
    try:
        Ed25519PublicKey.from_public_bytes(point.public_key).verify(point.signature, signed_bytes(point))
    except (InvalidSignature, ValueError):
        return False
    return True


def private_key(words: str) -> Ed25519PrivateKey:
    """The key of 32 bytes in base64, as `openssl rand -base64 32` makes; raises KeyProblem."""
    return Ed25519PrivateKey.from_private_bytes(_key_bytes(words))


def public_key(words: str) -> bytes:
    """The 32 bytes of a public key as `promiseline audit key` prints them; raises KeyProblem."""
    return _key_bytes(words)


def key_text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _key_bytes(words: str) -> bytes:
    try:
        key = base64.b64decode(words.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyProblem("this is no key: give 32 bytes in base64 (44 characters)")
    return key


def _payload(tenant_id: int, number: int, seq: int, hash: bytes, at: datetime, previous: bytes) -> bytes:
    return orjson.dumps([VERSION, tenant_id, number, seq, hash.hex(), instant(at), previous.hex()])
