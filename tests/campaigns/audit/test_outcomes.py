"""What became of attempts and messages is in the chain: each end, each correction, later forgeries."""

import asyncio
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from campaigns.audit import files, sealing
from tests.builders import NOW, a_message, an_attempt
from tests.campaigns.audit.chains import TRUSTED
from tests.campaigns.audit.shelf import Shelf

pytestmark = pytest.mark.postgres

LEDGER = "SELECT kind, content->>'state', content->>'outcome' FROM outcome ORDER BY number"


async def _attempt(shelf: Shelf, **values: Any) -> Any:
    async with shelf.engine.begin() as conn:
        return await an_attempt(conn, shelf.tenant, shelf.debtor, **values)


async def _message(shelf: Shelf, **values: Any) -> Any:
    async with shelf.engine.begin() as conn:
        return await a_message(conn, shelf.tenant, shelf.debtor, **values)


async def test_an_attempt_is_written_down_at_its_end_and_at_each_correction_and_not_before(shelf: Shelf) -> None:
    attempt = await _attempt(shelf, state="committed", ended_at=None, outcome=None)
    await shelf.do("UPDATE attempt SET state = 'live', answered_at = :at WHERE id = :id", at=NOW, id=attempt)
    assert await shelf.all(LEDGER) == []
    await shelf.do("UPDATE attempt SET state = 'ended', outcome = 'conversation' WHERE id = :id", id=attempt)
    await shelf.do("UPDATE attempt SET queue_fence = 4 WHERE id = :id", id=attempt)  # no part of what became of it
    await shelf.do("UPDATE attempt SET outcome = 'voicemail_no_message' WHERE id = :id", id=attempt)
    ledger = [("attempt", "ended", "conversation"), ("attempt", "ended", "voicemail_no_message")]
    assert await shelf.all(LEDGER) == ledger
    await shelf.seal()
    report = await shelf.check()
    assert report.ok and report.outcomes == 2


async def test_a_message_is_written_down_at_its_final_state_and_when_the_carrier_knows_better(shelf: Shelf) -> None:
    message = await _message(shelf, state="sent", sent_at=NOW)
    assert await shelf.all(LEDGER) == []
    await shelf.do("UPDATE message SET state = 'failed', final_at = :at WHERE id = :id", at=NOW, id=message)
    await shelf.do("UPDATE message SET state = 'delivered' WHERE id = :id", id=message)
    await shelf.do("UPDATE message SET body = NULL WHERE id = :id", id=message)
    assert await shelf.all(LEDGER) == [("message", "failed", None), ("message", "delivered", None)]
    await shelf.seal()
    assert (await shelf.check()).ok


ATTACKS = {
    "UPDATE attempt SET outcome = 'busy' WHERE id = :second": {("outcome", "other", 2, 2)},
    "UPDATE attempt SET abandoned = true WHERE id = :second": {("outcome", "other", 2, 2)},
    "UPDATE attempt SET bridged_at = answered_at + interval '1 s' WHERE id = :second": {("outcome", "other", 2, 2)},
    "UPDATE attempt SET state = 'live' WHERE id = :second": {("outcome", "other", 2, 2)},
    "DELETE FROM attempt WHERE id = :second": {("outcome", "other", 2, 2)},
    "UPDATE message SET state = 'undelivered' WHERE id = :message": {("outcome", "other", 4, 4)},
    "UPDATE outcome SET content = jsonb_set(content, '{outcome}', '\"busy\"') WHERE number = 1": {
        ("outcome", "changed", 1, 1),
    },
    "DELETE FROM outcome WHERE number = 3": {("outcome", "removed", 3, 3), ("outcome", "other", 1, 1)},
    "UPDATE audit_head SET outcome_number = 9": {("head", "changed", 4, 4)},
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_each_attack_on_outcomes_is_named(shelf: Shelf, attack: str) -> None:
    first = await _attempt(shelf, outcome="no_answer")
    ids = {"second": await _attempt(shelf, answered_at=NOW, outcome="answered_dropped")}
    await shelf.do("UPDATE attempt SET outcome = 'invalid_number' WHERE id = :id", id=first)
    ids["message"] = await _message(shelf, state="delivered", final_at=NOW)
    await shelf.seal()
    await shelf.record(3)
    await shelf.seal()
    assert (await shelf.check()).ok
    await shelf.tamper(attack, **{name: value for name, value in ids.items() if f":{name}" in attack})
    assert await shelf.found() == ATTACKS[attack]


async def test_the_database_itself_refuses_to_change_outcomes(shelf: Shelf) -> None:
    await _attempt(shelf)
    for statement in ("UPDATE outcome SET kind = 'message'", "DELETE FROM outcome", "TRUNCATE outcome"):
        with pytest.raises(DBAPIError, match="never changed or removed"):
            await shelf.do(statement)
    await shelf.seal()
    with pytest.raises(DBAPIError, match="only moves forward"):
        await shelf.do("UPDATE audit_head SET outcome_number = 0, seq = seq + 1")


async def test_an_outcome_of_a_transaction_that_is_still_open_is_waited_for(shelf: Shelf) -> None:
    async with shelf.engine.begin() as slow:
        await an_attempt(slow, shelf.tenant, shelf.debtor)
        await _attempt(shelf)
        async with shelf.engine.begin() as conn:
            mark = await sealing.mark(conn)
            assert not await sealing.is_past(conn, mark)
    async with shelf.engine.begin() as conn:
        assert await sealing.is_past(conn, mark)
        assert (await sealing.seal(conn, shelf.tenant, now=NOW, upto=mark)).outcomes == 2
    assert (await shelf.check()).ok


async def test_attempts_end_beside_a_sealer_that_holds_the_chain(shelf: Shelf) -> None:
    attempt = await _attempt(shelf, state="committed", ended_at=None, outcome=None)
    async with shelf.engine.begin() as sealer:
        await sealer.execute(text("SELECT 1 FROM audit_head FOR UPDATE"))
        await shelf.record(1)
        await asyncio.wait_for(
            shelf.do("UPDATE attempt SET state = 'ended', outcome = 'busy' WHERE id = :id", id=attempt), 30
        )


async def test_more_outcomes_than_one_batch_takes_are_sealed_without_a_gap(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "OUTCOMES", 3)
    for _ in range(8):
        await _attempt(shelf)
    await shelf.seal()
    batches = await shelf.all("SELECT detail->>'from', detail->>'to' FROM audit WHERE action = 'outcomes.sealed'")
    assert batches == [("1", "3"), ("4", "6"), ("7", "8")]
    assert (await shelf.check()).outcomes == 8


async def test_an_export_holds_the_batches_of_outcomes(shelf: Shelf, tmp_path: Any) -> None:
    await _attempt(shelf)
    await shelf.seal()
    path = tmp_path / "trail.jsonl"
    async with shelf.engine.connect() as conn:
        path.write_bytes(b"".join([line async for line in files.lines(conn, shelf.tenant, 1, 1)]))
    row = orjson.loads(path.read_bytes().splitlines()[1])
    assert row["action"] == "outcomes.sealed" and orjson.loads(row["detail"])["count"] == 1
    assert files.check(path, TRUSTED).ok
