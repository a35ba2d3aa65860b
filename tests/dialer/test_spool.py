"""A reply that comes while the database is away is neither lost nor taken twice."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from campaigns.db.engine import make_engine
from dialer.carrier_webhook import CarrierWebhook
from dialer.inbound import Inbound
from dialer.spool import ReplySpool
from telephony.messaging.port import InboundMessage
from tests.builders import NOW
from tests.dialer.messaging_rig import KEY, PHONE, SENDER, rig

STOP = InboundMessage("twilio", "SM1", "sms", PHONE, SENDER, "STOP")
FORM = [("MessageSid", "SM1"), ("From", PHONE), ("To", SENDER), ("Body", "STOP"), ("NumMedia", "0")]
pytestmark = pytest.mark.postgres


def away() -> AsyncEngine:
    """A database that nobody serves."""
    return make_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none", pool_size=1)


async def test_a_stop_that_came_while_the_database_was_away_counts_from_when_it_came(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "spool"
    gone = away()
    async with rig(engine) as it:
        lost = Inbound(gone, it.tenant, it.clock)
        web = CarrierWebhook(it.provider, it.messenger.reports, lost, KEY, ReplySpool(folder, lost), it.clock)
        await web.inbound(FORM)
        (kept,) = folder.iterdir()
        assert kept.stat().st_mode & 0o077 == 0 and folder.stat().st_mode & 0o077 == 0, "for nobody else to read"
        assert PHONE not in kept.name
        assert not await ReplySpool(folder, lost).take_all(), "the database is still away"
        assert list(folder.iterdir()) == [kept]

        came = it.clock.now()
        it.clock.advance(3600)
        spool = ReplySpool(folder, it.inbound)  # as after a restart
        taking = asyncio.create_task(spool.run())
        try:
            async with asyncio.timeout(10):
                while list(folder.iterdir()):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
        (opt_out,) = await it.rows(t.opt_out)
        assert opt_out["address"] == PHONE and NOW <= opt_out["at"] <= came
        late = await it.queue()
        assert (await it.send(late))["state"] == "refused"
    await gone.dispose()


async def _starting_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What PostgreSQL answers while it recovers: SQLSTATE 57P03."""
    await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)
    said = {"S": "FATAL", "V": "FATAL", "C": "57P03", "M": "the database system is starting up"}
    body = "".join(f"{kind}{what}\0" for kind, what in said.items()).encode() + b"\0"
    writer.write(b"E" + (len(body) + 4).to_bytes(4) + body)
    await writer.drain()
    writer.close()


async def test_a_database_that_is_starting_is_away_and_refuses_no_reply(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await asyncio.start_server(_starting_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    starting = make_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{port}/none?ssl=disable", pool_size=1)
    async with server, rig(engine) as it:
        lost = Inbound(starting, it.tenant, it.clock)
        spool = ReplySpool(tmp_path, lost)
        await CarrierWebhook(it.provider, it.messenger.reports, lost, KEY, spool, it.clock).inbound(FORM)
        assert not await spool.take_all()
        assert await ReplySpool(tmp_path, it.inbound).take_all()
        assert len(await it.rows(t.opt_out)) == 1
    await starting.dispose()


async def test_a_reply_that_was_stored_but_not_yet_deleted_is_not_taken_twice(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with rig(engine) as it:
        spool = ReplySpool(tmp_path, it.inbound)
        await spool.keep(STOP, NOW)
        await it.inbound.handle_inbound(STOP)
        assert await spool.take_all()
        assert len(await it.rows(t.inbound_message)) == len(await it.rows(t.opt_out)) == 1


async def test_what_cannot_be_stored_does_not_hold_up_the_others(engine: AsyncEngine, tmp_path: Path) -> None:
    async with rig(engine) as it:
        spool = ReplySpool(tmp_path, it.inbound)
        (tmp_path / "0.json").write_bytes(b"{")
        fax = replace(STOP, provider_id="SM0", channel="fax")  # type: ignore[arg-type]
        await spool.keep(fax, NOW)
        await spool.keep(STOP, NOW)
        assert await spool.take_all()
        assert len(await it.rows(t.opt_out)) == 1
        assert {file.suffix for file in tmp_path.iterdir()} == {".refused"}  # noqa: ASYNC240


async def test_a_stop_with_a_nul_in_it_is_a_stop(engine: AsyncEngine) -> None:
    async with rig(engine) as it:
        assert (await it.inbound.handle_inbound(replace(STOP, body="ST\0OP"))).meaning == "stop"


async def test_a_reply_that_no_disk_takes_is_not_thanked_for(engine: AsyncEngine) -> None:
    gone = away()
    async with rig(engine) as it:
        lost = Inbound(gone, it.tenant, it.clock)
        web = CarrierWebhook(
            it.provider, it.messenger.reports, lost, KEY, ReplySpool(Path("/dev/null/x"), lost), it.clock
        )
        with pytest.raises(OSError, match="/dev/null"):
            await web.inbound(FORM)
    await gone.dispose()
