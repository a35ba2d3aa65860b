"""An export is verified by a program that shares no line with ours, from docs and docstrings alone."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.campaigns.audit.chains import KEY
from tests.campaigns.audit.shelf import Shelf
from tests.campaigns.audit.test_reading import exported

pytestmark = pytest.mark.postgres
PUBLIC = KEY.public_key().public_bytes_raw()


def plain(values: list[object]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def verified(text: str, public: bytes) -> int:
    """How many rows; raises where something does not fit."""
    header, *lines = [json.loads(line) for line in text.rstrip("\n").split("\n")]
    previous, before, signed = bytes.fromhex(header["previous"]), bytes(32), 0
    seq: int = header["first"] - 1
    for line in lines:
        if line["kind"] == "row":
            seq += 1
            assert line["seq"] == seq
            said = [line["at"], line["actor"], line["action"], line["subject"], line["detail_digest"]]
            row = plain(["promiseline.audit.v1", header["tenant"], seq, *said])
            previous = hashlib.sha256(previous + row).digest()
            assert previous.hex() == line["hash"]
            if line["detail"] is not None:
                detail = hashlib.sha256(bytes.fromhex(line["salt"]) + line["detail"].encode()).hexdigest()
                assert detail == line["detail_digest"]
        elif line["kind"] == "checkpoint":
            assert line["seq"] == seq and line["hash"] == previous.hex() and line["previous"] == before.hex()
            said = [line["number"], line["seq"], line["hash"], line["at"], line["previous"]]
            payload = plain(["promiseline.audit.checkpoint.v1", header["tenant"], *said])
            Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(line["signature"]), payload)
            before, signed = hashlib.sha256(payload).digest(), seq
    assert signed == seq
    return seq


async def test_an_export_is_verified_by_another_program(shelf: Shelf, tmp_path: Path) -> None:
    odd = 'quote " backslash \\ newline \n bell \x07 del \x7f é 🙂 \u2028 </script>'
    await shelf.record(2, actor=odd, subject=odd, detail={"é": [1.50, 10**18, None, odd.replace("\x07", "")]})
    await shelf.verdicts(2)
    await shelf.seal()
    await shelf.record(1)
    await shelf.seal()
    text = b"".join(await exported(shelf, tmp_path / "trail.jsonl")).decode()
    assert (await shelf.check()).ok

    assert verified(text, PUBLIC) == 5
    with pytest.raises(InvalidSignature):
        verified(text, bytes(31) + b"\x01")
    with pytest.raises(AssertionError):
        verified(text.replace("x.done", "x.gone", 1), PUBLIC)
