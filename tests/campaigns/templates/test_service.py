"""Texts are kept by name, channel and language, and filled for the person they go to."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.problems import Problem, Refused
from campaigns.templates import service
from campaigns.templates.service import Wanted
from tests.builders import NOW, a_creditor, a_debtor, a_tenant

BUSINESS = {"business_name": "Northwind", "business_phone": "+12125550100"}


async def _save(conn: AsyncConnection, tenant: int, name: str, language: str, body: str) -> int:
    return await service.save(
        conn, tenant_id=tenant, name=name, channel="sms", language=language, body=body, now=NOW, actor="user:1"
    )


async def test_the_defaults_are_installed_once(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    assert await service.install_defaults(conn, tenant) == 24
    assert await service.install_defaults(conn, tenant) == 0


async def test_a_text_is_filled_in_the_persons_language_or_what_comes_nearest(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn, settings=BUSINESS)
    await service.install_defaults(conn, tenant)
    creditor = await a_creditor(conn, tenant)
    person = await a_debtor(conn, tenant, creditor, given_name="Ana")
    wanted = [Wanted(tag, tenant, person, "missed_call", "sms", tag) for tag in ("es-MX", "pl", "sw")]
    texts = await service.render(conn, wanted)
    assert str(texts["es-MX"]).startswith("Northwind intentó comunicarse con Ana. Llame al +12125550100.")
    assert str(texts["pl"]).startswith("Northwind próbuje skontaktować się z: Ana.")
    assert str(texts["sw"]).startswith("Northwind tried to reach Ana.")


async def test_debts_are_filled_from_the_oldest_open_one(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant, name="Acme")
    person = await a_debtor(conn, tenant, creditor, balances=(100_000, 25_000))
    await _save(conn, tenant, "letter", "en", "{{creditor}} {{amount}} {{currency}} {{due_date}}")
    texts = await service.render(conn, [Wanted(1, tenant, person, "letter", "sms", "en")])
    assert texts[1] == "Acme $1,250.00 USD November 29, 2025"


async def test_what_cannot_be_filled_says_why_and_how_to_mend_it(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    person = await a_debtor(conn, tenant, creditor, balances=())
    await service.install_defaults(conn, tenant)
    await _save(conn, tenant, "letter", "en", "{{amount}}")
    await conn.execute(
        text("INSERT INTO template (tenant_id, name, channel, language, body) VALUES (:t, 'old', 'sms', 'en', :b)"),
        {"t": tenant, "b": "Hi {{nick}}"},
    )
    names = ("missed_call", "letter", "nothing", "old")
    texts = await service.render(conn, [Wanted(name, tenant, person, name, "sms", "pl") for name in names])
    said = {key: one.message for key, one in texts.items() if isinstance(one, Problem)}
    assert "set business_name in the tenant's settings" in said["missed_call"]
    assert "no open debt" in said["letter"]
    assert "no template nothing for sms in pl or en" in said["nothing"]
    assert "unknown variable {{nick}}" in said["old"]


async def test_a_bad_template_is_not_saved(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    with pytest.raises(Refused, match="unknown variable"):
        await _save(conn, tenant, "x", "en", "{{nick}}")
    with pytest.raises(Refused, match="letters, digits"):
        await _save(conn, tenant, "a b", "en", "x")
    first = await _save(conn, tenant, "x", "en", "one")
    assert await _save(conn, tenant, "x", "en", "two") == first
    assert (await service.bodies(conn, tenant))[("x", "sms")] == {"en": "two"}
