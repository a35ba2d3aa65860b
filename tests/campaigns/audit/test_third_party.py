"""Exports and proofs are verified by a program that shares no line with ours, from docs and docstrings alone."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.campaigns.audit.chains import KEY
from tests.campaigns.audit.shelf import Shelf
from tests.campaigns.audit.test_proof import filled, proved
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


def proven(proof: Any, public: bytes) -> list[str]:
    """What each item says; raises where something does not fit."""
    details: dict[int, Any] = {}
    for segment in proof["segments"]:
        tenant, previous = segment["header"]["tenant"], bytes.fromhex(segment["header"]["previous"])
        for line in segment["rows"]:
            said = [line["at"], line["actor"], line["action"], line["subject"], line["detail_digest"]]
            row = plain(["promiseline.audit.v1", tenant, line["seq"], *said])
            previous = hashlib.sha256(previous + row).digest()
            if line["detail"] is not None:
                detail = hashlib.sha256(bytes.fromhex(line["salt"]) + line["detail"].encode()).hexdigest()
                assert detail == line["detail_digest"]
                details[line["seq"]] = json.loads(line["detail"])
        point = segment["checkpoint"]
        assert (point["seq"], point["hash"]) == (line["seq"], previous.hex())
        said = [point["number"], point["seq"], point["hash"], point["at"], point["previous"]]
        payload = plain(["promiseline.audit.checkpoint.v1", tenant, *said])
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(point["signature"]), payload)
    for item in proof["items"]:
        number = str(json.loads(item["bytes"])[2])
        assert item["digests"][number] == hashlib.sha256(item["bytes"].encode()).hexdigest()
        batch = b"".join(bytes.fromhex(item["digests"][each]) for each in sorted(item["digests"], key=int))
        assert details[item["seq"]]["digest"] == hashlib.sha256(batch).hexdigest()
        if item["content"] is not None:
            content = bytes.fromhex(item["content"]["salt"]) + item["content"]["bytes"].encode()
            assert json.loads(item["bytes"])[-1] == hashlib.sha256(content).hexdigest()
    return [item["bytes"] for item in proof["items"]]


async def test_a_proof_of_one_contact_is_verified_by_another_program(shelf: Shelf) -> None:
    await filled(shelf)
    proof = await proved(shelf, content=True)
    verdict, *outcomes = proven(proof, PUBLIC)
    assert '"allow"' in verdict and len(outcomes) == 2
    with pytest.raises(InvalidSignature):
        proven(proof, bytes(31) + b"\x01")
    proof["items"][0]["bytes"] = verdict.replace("allow", "deny")
    with pytest.raises(AssertionError):
        proven(proof, PUBLIC)
