"""Texts are kept by name, channel and language, and filled for the person they go to."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.problems import Problem, Refused
from campaigns.templates import service
from campaigns.templates.model import Text
from campaigns.templates.service import Wanted
from tests.builders import NOW, a_creditor, a_debtor, a_tenant

BUSINESS = {"business_name": "Northwind", "business_phone": "+12125550100"}


def body_of(made: Text | Problem) -> str:
    assert isinstance(made, Text), made.message
    return made.body


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
    assert body_of(texts["es-MX"]).startswith("Northwind intentó comunicarse con Ana. Llame al +12125550100.")
    assert body_of(texts["pl"]).startswith("Northwind próbuje skontaktować się z: Ana.")
    assert body_of(texts["sw"]).startswith("Northwind tried to reach Ana.")


async def test_debts_are_filled_from_the_oldest_open_one(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant, name="Acme")
    person = await a_debtor(conn, tenant, creditor, balances=(100_000, 25_000))
    await _save(conn, tenant, "letter", "en", "{{creditor}} {{amount}} {{currency}} {{due_date}}")
    texts = await service.render(conn, [Wanted(1, tenant, person, "letter", "sms", "en")])
    assert texts[1] == Text("Acme $1,250.00 USD November 29, 2025")


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
    assert (await service.texts_of(conn, tenant))[("x", "sms")] == {"en": Text("two")}


async def _save_mail(conn: AsyncConnection, tenant: int, subject: str, body: str, language: str = "en") -> int:
    return await service.save(
        conn, tenant_id=tenant, name="letter", channel="email", language=language, body=body, subject=subject, now=NOW,
        actor="user:1",
    )  # fmt: skip


STOP = "https://dial.example.com/unsubscribe/AAAA"


async def test_an_email_has_a_subject_and_its_own_way_out(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn, settings=BUSINESS)
    await service.install_defaults(conn, tenant)
    person = await a_debtor(conn, tenant, await a_creditor(conn, tenant), given_name="Ana")
    wanted = [Wanted(tag, tenant, person, "missed_call", "email", tag, STOP) for tag in ("es", "fa", "sw")]
    texts = await service.render(conn, wanted)
    for made in texts.values():
        assert isinstance(made, Text)
        assert "Northwind" in made.subject and "Ana" in made.body and made.body.endswith("\n" + STOP)
    assert body_of(texts["sw"]).startswith("Northwind tried to reach Ana.")
    (without,) = (await service.render(conn, [Wanted(1, tenant, person, "missed_call", "email", "en")])).values()
    assert isinstance(without, Problem) and "no address to unsubscribe at" in without.message


async def test_an_email_that_shows_the_debt_outside_or_has_no_way_out_is_not_saved(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    with pytest.raises(Refused, match=r"\{\{amount\}\} tells of the debt to whoever sees the screen"):
        await _save_mail(conn, tenant, "You owe {{amount}}", "{{unsubscribe_url}}")
    with pytest.raises(Refused, match="an e-mail needs a subject"):
        await _save_mail(conn, tenant, " ", "{{unsubscribe_url}}")
    with pytest.raises(Refused, match=r"unknown variable \{\{nick\}\}"):
        await _save_mail(conn, tenant, "Hello {{nick}}", "{{unsubscribe_url}}")
    with pytest.raises(Refused, match="must say how to stop them"):
        await _save_mail(conn, tenant, "Hello", "Please call")
    await _save_mail(conn, tenant, "Hello {{given_name}}", "Call us. Unsubscribe: {{unsubscribe_url}}")
    kept = (await service.texts_of(conn, tenant))[("letter", "email")]
    assert kept == {"en": Text("Call us. Unsubscribe: {{unsubscribe_url}}", "Hello {{given_name}}")}


async def test_a_text_has_no_subject_and_no_address_to_unsubscribe_at(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    with pytest.raises(Refused, match="stops e-mails alone"):
        await _save(conn, tenant, "x", "en", "Stop: {{unsubscribe_url}}")
    with pytest.raises(Refused, match="sms has no subject"):
        await service.save(
            conn, tenant_id=tenant, name="x", channel="sms", language="en", body="x", subject="y", now=NOW, actor="a"
        )


async def test_what_names_bring_makes_no_second_line_in_a_subject(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn, settings={"business_name": "North\r\nBcc: all@example.org"})
    person = await a_debtor(conn, tenant, await a_creditor(conn, tenant))
    await _save_mail(conn, tenant, "From {{business_name}}", "x {{unsubscribe_url}}")
    (made,) = (await service.render(conn, [Wanted(1, tenant, person, "letter", "email", "en", STOP)])).values()
    assert isinstance(made, Text) and made.subject == "From North Bcc: all@example.org"
