"""The page that ends e-mails: no login, no script, no personal data; done before it says so, twice as well as once."""

import asyncio
import io
from datetime import timedelta
from html import escape
from typing import Any

import pytest
import structlog
from aiohttp import ClientResponse
from sqlalchemy import insert, text
from sqlalchemy.exc import OperationalError

from agent_ui.app import POLICIES
from agent_ui.misses import MOST_SOURCES, Misses
from agent_ui.policy import TOKEN_HOLDER, Proof
from agent_ui.unsubscribe.page import page
from agent_ui.unsubscribe.words import WORDS, language_of, liked
from campaigns.db import tables as t
from campaigns.retention.service import ERASE
from campaigns.templates.defaults import LANGUAGES
from dialer.unsubscribing import Unsubscribing
from tests.agent_ui.conftest import Web
from tests.builders import NOW, a_contact_point, a_creditor, a_debtor, uuid7

MAIL = "dana.doe@example.org"
TOKEN = "AbCdEfGhIjKlMnOpQrSt_-"
PATH = f"/unsubscribe/{TOKEN}"


async def an_email(web: Web, language: str = "en", token: str = TOKEN, address: str = MAIL, **tenant: Any) -> int:
    """A sent e-mail with that token, and another that waits; the person."""
    async with web.deps.engine.begin() as conn:
        settings = {"business_name": "Northwind & Sons", **tenant}
        await conn.execute(t.tenant.update().values(settings=settings))
        debtor = await a_debtor(conn, web.tenant, await a_creditor(conn, web.tenant), language=language)
        point = await a_contact_point(conn, web.tenant, debtor, address, "email", position=1)
        row = {
            "tenant_id": web.tenant, "debtor_id": debtor, "contact_point_id": point, "channel": "email",
            "origin": "message_step", "template": "missed_call", "language": language, "not_before": NOW,
            "created_at": NOW,
        }  # fmt: skip
        for state, mark in (("sent", token), ("queued", None)):
            made = {"id": uuid7(), "dedupe_key": f"{token}:{state}", "state": state, "unsubscribe_token": mark}
            await conn.execute(insert(t.message).values(**row, **made))
    return debtor


async def rows(web: Web, query: str) -> list[Any]:
    async with web.deps.engine.connect() as conn:
        return list((await conn.execute(text(query))).all())


async def opted_out(web: Web) -> list[Any]:
    return [tuple(row) for row in await rows(web, "SELECT address, channel, source FROM opt_out ORDER BY id")]


async def post(web: Web, path: str = PATH, **headers: str) -> ClientResponse:
    """As a mail program does it: from anywhere, without cookies."""
    form = {"List-Unsubscribe": "One-Click"}
    return await web.browser().http.post(web.base + path, data=form, headers=headers)


async def get(web: Web, path: str = PATH, **headers: str) -> ClientResponse:
    return await web.browser().http.get(web.base + path, headers=headers)


async def test_asking_changes_nothing_and_shows_one_button(web: Web) -> None:
    await an_email(web)
    response = await get(web)
    shown = await response.text()
    assert response.status == 200 and response.content_type == "text/html"
    assert shown.count("<button") == 1 and '<form method="post">' in shown and "<script" not in shown
    assert "Northwind &amp; Sons" in shown
    assert await opted_out(web) == []


async def test_the_button_closes_the_address_before_it_says_so(web: Web) -> None:
    await an_email(web)
    response = await post(web)
    assert response.status == 200 and WORDS["en"].done in await response.text()
    assert await opted_out(web) == [(MAIL, "email", "unsubscribe")]
    assert [row.state for row in await rows(web, "SELECT state FROM message ORDER BY state")] == ["cancelled", "sent"]
    (audit,) = await rows(web, "SELECT action, actor FROM audit WHERE action = 'opt_out.recorded'")
    assert audit.actor == "system"


async def test_the_second_time_says_the_same_and_changes_nothing(web: Web) -> None:
    await an_email(web)
    first, second = await (await post(web)).text(), await (await post(web)).text()
    assert first == second
    assert len(await opted_out(web)) == 1
    assert (await get(web)).status == 200


async def test_many_clicks_at_once_are_one_opt_out(web: Web) -> None:
    await an_email(web)
    answers = await asyncio.gather(*(post(web) for _ in range(8)))
    assert {one.status for one in answers} == {200}
    assert len(await opted_out(web)) == 1


async def test_who_opened_e_mails_again_can_end_them_again(web: Web) -> None:
    await an_email(web)
    await post(web)
    async with web.deps.engine.begin() as conn:
        await conn.execute(text("UPDATE opt_out SET lifted_at = at"))
    await post(web)
    assert len(await opted_out(web)) == 2


async def test_another_site_may_post_since_mail_programs_do(web: Web) -> None:
    """On purpose, and for this one route: RFC 8058 posts without Origin and cookies, or from a web mail's page."""
    await an_email(web)
    response = await post(web, Origin="https://mail.example.net", **{"Sec-Fetch-Site": "cross-site"})
    assert response.status == 200
    assert len(await opted_out(web)) == 1
    assert TOKEN_HOLDER.roles is None and TOKEN_HOLDER.proof is Proof.SENT_ADDRESS
    exempt = [route for route, policy in web.server.app[POLICIES].items() if policy.proof is Proof.SENT_ADDRESS]
    assert [(one.method, one.resource.canonical) for one in exempt if one.resource] == [
        ("POST", "/unsubscribe/{token}")
    ]


@pytest.mark.parametrize("token", ["AAAAAAAAAAAAAAAAAAAAAA", "short", "x" * 500, "%00" * 8, "..%2f..%2fhealthz"])
async def test_an_unknown_token_gets_a_kind_page_that_says_how_to_mend_it(web: Web, token: str) -> None:
    await an_email(web)
    for response in (await get(web, f"/unsubscribe/{token}"), await post(web, f"/unsubscribe/{token}")):
        shown = await response.text()
        assert response.status == 404 and response.content_type == "text/html"
        assert WORDS["en"].unknown in shown and "<button" not in shown
    assert await opted_out(web) == []


async def test_a_token_of_another_tenant_is_unknown(web: Web) -> None:
    await an_email(web)
    other = Unsubscribing(web.deps.engine, web.tenant + 1, web.clock)
    assert await other.stop(TOKEN) is None and await other.find(TOKEN) is None
    assert await opted_out(web) == []


async def test_who_guesses_must_wait_and_is_heard_again(web: Web) -> None:
    await an_email(web)
    for n in range(30):
        assert (await post(web, f"/unsubscribe/{n:022d}")).status == 404
    response = await post(web, f"/unsubscribe/{99:022d}")
    assert response.status == 429 and int(response.headers["Retry-After"]) > 0
    assert WORDS["en"].busy in await response.text()
    web.clock.advance(timedelta(minutes=16))
    assert (await post(web)).status == 200


def test_counting_guesses_takes_no_more_room_than_it_is_given() -> None:
    misses = Misses()
    for n in range(MOST_SOURCES + 50):
        misses.count(str(n).encode(), NOW)
    assert len(misses._at) == MOST_SOURCES
    for _ in range(100):
        misses.count(b"x", NOW)
    assert misses.wait_s(b"x", NOW) > 0 == misses.wait_s(b"y", NOW)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_speaks_the_persons_language(web: Web, language: str) -> None:
    await an_email(web, language)
    asked, done = await (await get(web)).text(), await (await post(web)).text()
    direction = "rtl" if language in ("fa", "ar") else "ltr"
    for shown in (asked, done):
        assert f'<html lang="{language}" dir="{direction}">' in shown
    assert escape(WORDS[language].ask) in asked and escape(WORDS[language].done) in done


@pytest.mark.parametrize(
    ("asks_for", "language"),
    [("fa-IR,fa;q=0.9,en;q=0.8", "fa"), ("pt-BR,es;q=0.5", "es"), ("de", "de"), ("", "en"), ("*", "en"),
     ("x" * 9000, "en")],
)  # fmt: skip
def test_without_a_person_the_browsers_language_is_used(asks_for: str, language: str) -> None:
    assert liked(asks_for) == language


def test_a_language_without_a_page_is_answered_in_english() -> None:
    assert (language_of("tr"), language_of("pt-BR"), language_of("pa-IN")) == ("en", "en", "pa")


def test_every_language_says_everything_and_names_no_debt() -> None:
    assert set(WORDS) == set(LANGUAGES)
    for language, words in WORDS.items():
        said = [words.title, words.ask, words.button, words.done, words.unknown, words.busy, words.away]
        assert all(said) and len(set(said)) >= 6, language


def test_what_a_business_is_called_is_never_markup() -> None:
    assert "<b>" not in page("en", "x", business_name="<b>Bold</b>") and "&lt;b&gt;" in page(
        "en", "x", business_name="<b>Bold</b>"
    )


async def test_the_page_asks_for_nothing_that_it_may_not_load(web: Web) -> None:
    await an_email(web)
    response = await get(web)
    assert "style-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store" and response.headers["X-Robots-Tag"] == "noindex"
    shown = await response.text()
    assert "style=" not in shown and "http" not in shown.replace("http-equiv", "")
    style = await get(web, "/unsubscribe.css")
    assert style.status == 200 and style.content_type == "text/css"
    assert "prefers-color-scheme: dark" in await style.text()


async def test_neither_page_nor_address_nor_log_holds_personal_data(web: Web) -> None:
    await an_email(web)
    written = io.StringIO()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(written),
    )
    try:
        shown = await (await get(web)).text() + await (await post(web)).text()
    finally:
        structlog.reset_defaults()
    assert "unsubscribe.done" in written.getvalue()
    for secret in (MAIL, "dana", "Dana", "Doe", "example.org"):
        assert secret not in shown and secret not in written.getvalue()
    assert TOKEN not in written.getvalue()


async def test_while_the_database_is_away_it_does_not_say_done(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(self: Unsubscribing, token: str) -> None:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError())

    monkeypatch.setattr(Unsubscribing, "stop", away)
    response = await post(web)
    shown = await response.text()
    assert response.status == 503 and "Retry-After" in response.headers
    assert WORDS["en"].away in shown and WORDS["en"].done not in shown and "<button" in shown


async def test_an_erased_person_has_no_address_to_close(web: Web) -> None:
    debtor = await an_email(web)
    async with web.deps.engine.begin() as conn:
        await conn.execute(text("UPDATE message SET body = 'x'"))
        for statement in ERASE:
            names = statement.compile().params
            values = {"debtor": debtor, "now": NOW}
            await conn.execute(statement, {name: value for name, value in values.items() if name in names})
    assert (await post(web)).status == 404
    assert await opted_out(web) == []
