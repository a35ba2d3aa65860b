"""A proof of one contact is checked with the key alone; whatever is changed in it, removed or put in, is found."""

from collections.abc import Callable
from typing import Any

import msgspec
import orjson
import pytest
from sqlalchemy import text

from campaigns.audit import proof, proving, verdict_rows
from campaigns.audit.proof import Proof, check
from campaigns.problems import Refused
from tests.builders import NOW, an_attempt
from tests.campaigns.audit.chains import OTHER, TRUSTED
from tests.campaigns.audit.shelf import Shelf

pytestmark = pytest.mark.postgres
Wire = dict[str, Any]


async def proved(shelf: Shelf, verdict_number: int = 2, *, content: bool = False) -> Wire:
    attempt = text("SELECT attempt_id FROM verdict WHERE number = :number AND tenant_id = :tenant")
    async with shelf.engine.connect() as conn:
        values = {"number": verdict_number, "tenant": shelf.tenant}
        attempt_id = (await conn.execute(attempt, values)).scalar_one()
        verdict, outcomes = await proving.of_attempt(conn, shelf.tenant, attempt_id, None)
        made = await proving.prove(conn, shelf.tenant, verdict, outcomes, content=content)
    wire: Wire = orjson.loads(orjson.dumps(msgspec.to_builtins(made)))
    return wire


def checked(wire: Wire, trusted: frozenset[bytes] = TRUSTED) -> tuple[str, ...]:
    return check(msgspec.convert(wire, Proof), trusted).findings


async def filled(shelf: Shelf) -> None:
    """Two checkpoints: verdicts 1 to 3 under the first, a corrected end of verdict 2 under the second."""
    await shelf.record(2)
    await shelf.verdicts(3)
    await shelf.seal()
    await shelf.record(3)
    await shelf.do(
        "UPDATE attempt SET disposition = 'wrong_number' WHERE id = (SELECT attempt_id FROM verdict WHERE number = 2)"
    )
    await shelf.verdicts(1)
    await shelf.seal()


async def test_verdict_and_outcomes_are_proven_by_the_checkpoints_that_sign_them(shelf: Shelf) -> None:
    await filled(shelf)
    wire = await proved(shelf)
    assert checked(wire) == () and check(msgspec.convert(wire, Proof), TRUSTED).unproven == ()
    assert [orjson.loads(item["bytes"])[0].split(".")[1] for item in wire["items"]] == ["verdict", "outcome", "outcome"]
    assert [segment["checkpoint"]["number"] for segment in wire["segments"]] == [1, 2]
    shown = [row["detail"] for segment in wire["segments"] for row in segment["rows"] if row["detail"]]
    assert len(shown) == 3 and all('"digest"' in detail for detail in shown), "details of the batches and no others"
    assert "+1212" not in str(wire) and "+1212" in str(await proved(shelf, content=True))


async def test_every_batch_is_found_wherever_it_lies(shelf: Shelf) -> None:
    for count in (1, 3, 2, 5):
        await shelf.verdicts(count)
        await shelf.record(count)
        await shelf.seal(sign=False)
    for number in range(1, 12):
        wire = await proved(shelf, number)
        assert wire["items"][0]["seq"] is not None and str(number) in wire["items"][0]["digests"]


async def test_what_is_not_signed_or_not_sealed_is_named(shelf: Shelf) -> None:
    await shelf.verdicts(2)
    wire = await proved(shelf)
    assert wire["segments"] == []
    assert check(msgspec.convert(wire, Proof), TRUSTED).unproven == ("verdict 2", "outcome 2")
    await shelf.seal(sign=False)
    half = msgspec.convert(await proved(shelf), Proof)
    assert check(half, TRUSTED).findings == () and len(check(half, TRUSTED).unproven) == 2
    await shelf.seal()
    assert check(msgspec.convert(await proved(shelf), Proof), TRUSTED).unproven == ()


async def test_a_key_that_nobody_trusts_proves_nothing(shelf: Shelf) -> None:
    await filled(shelf)
    wire = await proved(shelf)
    for trusted in (frozenset[bytes](), frozenset({OTHER.public_key().public_bytes_raw()})):
        assert any("key that is not trusted" in words for words in checked(wire, trusted))


def _item(number: int, name: str, change: Callable[[Any], Any]) -> Callable[[Wire], None]:
    def attack(wire: Wire) -> None:
        wire["items"][number][name] = change(wire["items"][number][name])

    return attack


def _row(name: str, change: Callable[[Any], Any], at: int = 0) -> Callable[[Wire], None]:
    def attack(wire: Wire) -> None:
        row = wire["segments"][0]["rows"][at]
        row[name] = change(row[name])

    return attack


def _without(*path: Any) -> Callable[[Wire], None]:
    def attack(wire: Wire) -> None:
        part: Any = wire
        for step in path[:-1]:
            part = part[step]
        del part[path[-1]]

    return attack


def _reordered(wire: Wire) -> None:
    rows = wire["segments"][0]["rows"]
    rows[0], rows[1] = rows[1], rows[0]


def _renumbered(wire: Wire) -> None:
    for row in wire["segments"][0]["rows"]:
        row["seq"] += 1
    wire["segments"][0]["checkpoint"]["seq"] += 1
    wire["items"][0]["seq"] += 1


def _swapped(wire: Wire) -> None:
    wire["items"][0]["digests"]["2"], wire["items"][0]["digests"]["3"] = (
        wire["items"][0]["digests"]["3"], wire["items"][0]["digests"]["2"],
    )  # fmt: skip


def _other_tenant(wire: Wire) -> None:
    wire["segments"][0]["header"]["tenant"] += 1


ATTACKS: dict[str, Callable[[Wire], None]] = {
    "decision": _item(0, "bytes", lambda said: said.replace('"allow"', '"deny"')),
    "channel": _item(0, "bytes", lambda said: said.replace('"voice"', '"sms"')),
    "the outcome": _item(1, "bytes", lambda said: said.replace("no_answer", "busy")),
    "digest of the row": _item(0, "digests", lambda all_: all_ | {"2": "00" * 32}),
    "digest of a neighbour": _item(0, "digests", lambda all_: all_ | {"1": "00" * 32}),
    "a neighbour removed": _item(0, "digests", lambda all_: {n: d for n, d in all_.items() if n != "1"}),
    "a verdict put in": _item(0, "digests", lambda all_: all_ | {"4": "00" * 32}),
    "digests swapped": _swapped,
    "held by a row of another kind": _item(0, "seq", lambda seq: seq + 1),
    "actor of a row": _row("actor", lambda _: "user:1"),
    "time of a row": _row("at", lambda at: at.replace("2026", "2025")),
    "detail of the batch": _row("detail", lambda said: said.replace('"to": 3', '"to": 4')),
    "salt of the batch": _row("salt", lambda salt: "00" + salt[2:] if not salt.startswith("00") else "11" + salt[2:]),
    "hash of a row": _row("hash", lambda _: "00" * 32),
    "a row removed": _without("segments", 0, "rows", 1),
    "the end cut off": _without("segments", 0, "rows", -1),
    "rows reordered": _reordered,
    "everything a number later": _renumbered,
    "another tenant's chain": _other_tenant,
    "what stood before": lambda wire: wire["segments"][0]["header"].update(previous="00" * 32),
    "signature": lambda wire: wire["segments"][0]["checkpoint"].update(signature="00" * 64),
    "checkpoint of another row": lambda wire: wire["segments"][0].update(checkpoint=wire["segments"][1]["checkpoint"]),
}


@pytest.fixture
async def honest(shelf: Shelf) -> Wire:
    await filled(shelf)
    return await proved(shelf)


async def test_each_change_of_a_proof_is_found(honest: Wire) -> None:
    before = orjson.dumps(honest)
    silent = []
    for name, attack in ATTACKS.items():
        wire: Wire = orjson.loads(before)
        attack(wire)
        assert orjson.dumps(wire) != before, name
        if not checked(wire):
            silent.append(name)
    assert silent == []


async def test_another_verdicts_bytes_do_not_stand_in_for_this_one(shelf: Shelf) -> None:
    await filled(shelf)
    mine, other = await proved(shelf, 2), await proved(shelf, 4)
    mine["items"][0]["bytes"] = other["items"][0]["bytes"]
    assert any("not what was sealed" in words for words in checked(mine))


async def test_content_that_was_shown_is_what_was_sealed(shelf: Shelf) -> None:
    await filled(shelf)
    wire = await proved(shelf, content=True)
    assert checked(wire) == ()
    wire["items"][0]["content"]["bytes"] = wire["items"][0]["content"]["bytes"].replace("0100", "0199")
    assert checked(wire) == ("verdict 2: its content is not what was sealed",)


async def test_a_verdict_whose_content_is_erased_is_still_proven(shelf: Shelf) -> None:
    await filled(shelf)
    verdict = text("SELECT id FROM verdict WHERE number = 2")
    async with shelf.engine.begin() as conn:
        await verdict_rows.erase(conn, (await conn.execute(verdict)).scalar_one(), actor="cli", now=NOW)
    wire = await proved(shelf, content=True)
    assert checked(wire) == () and wire["items"][0]["content"] is None
    async with shelf.engine.connect() as conn:
        assert await proving.erased_by(conn, shelf.tenant, 2) == ("cli", NOW.isoformat())


async def test_a_row_changed_in_the_database_proves_nothing(shelf: Shelf) -> None:
    await filled(shelf)
    await shelf.tamper("UPDATE verdict SET at = at + interval '1 hour' WHERE number = 2")
    assert any("not what row" in words for words in checked(await proved(shelf)))
    assert checked(await proved(shelf, 4)) == (), "another batch is not harmed"


async def test_an_attempt_without_a_verdict_has_no_item_but_its_outcome(shelf: Shelf) -> None:
    async with shelf.engine.begin() as conn:
        attempt = await an_attempt(conn, shelf.tenant, shelf.debtor)
    await shelf.seal()
    async with shelf.engine.connect() as conn:
        verdict, outcomes = await proving.of_attempt(conn, shelf.tenant, attempt, None)
        made = await proving.prove(conn, shelf.tenant, verdict, outcomes)
    assert verdict is None and len(made.items) == 1 and check(made, TRUSTED).findings == ()


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        ({"version": "v9", "items": [], "segments": []}, "v9"),
        ({"version": proof.VERSION, "items": [{"bytes": "[]"}], "segments": []}, "no verdict and no outcome"),
        ({"version": proof.VERSION, "items": [{"bytes": "{"}], "segments": []}, "no verdict and no outcome"),
    ],
)
def test_what_is_no_proof_is_refused(wire: Wire, says: str) -> None:
    with pytest.raises(Refused, match=says):
        checked(wire)
