"""Supervisors make a list, import a file with progress, a dry run and its rejects, and end the list with a reason."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from aiohttp import FormData
from sqlalchemy import select
from structlog.testing import capture_logs

from agent_ui.sessions import COOKIE
from campaigns.db import tables as t
from compliance.rulebooks.loader import load_rulebooks
from dialer.contact import GateContext
from dialer.number_shelf import NumberShelf
from telephony.clock import SystemClock
from tests.agent_ui.conftest import Browser, Web, WebMaker
from tests.agent_ui.test_lists import audited, checked, shown
from tests.builders import a_creditor, a_do_not_contact_list, a_tenant

pytestmark = pytest.mark.postgres
A, B = "+12125550142", "+12125550143"


@pytest.fixture
async def web(make_web: WebMaker, engine: Any, tmp_path: Path) -> AsyncIterator[Web]:
    shelf = NumberShelf(engine, tmp_path / "lists", SystemClock())
    gate = GateContext(load_rulebooks(), shelf)
    yield await make_web({"upload_limit_bytes": 100_000, "upload_silence_s": 5.0}, parts={"gate": gate})
    await shelf.close()


async def made(browser: Browser, **values: Any) -> int:
    response = await browser.call("POST", "/api/lists", {"name": "Letters", **values})
    assert response.status == 201, await response.text()
    return int((await response.json())["id"])


def form(text: str | bytes, name: str = "numbers.csv", **options: Any) -> FormData:
    data = FormData(quote_fields=False)  # as browsers send names
    data.add_field("options", orjson.dumps(options).decode(), content_type="application/json")
    data.add_field("file", text.encode() if isinstance(text, str) else text, filename=name, content_type="text/csv")
    return data


async def sent(browser: Browser, of: int, data: FormData) -> tuple[int, list[dict[str, Any]], str]:
    """The status, the lines of JSON, and what stands behind the report."""
    headers = {"Origin": browser.base, "X-CSRF-Token": browser.csrf}
    response = await browser.http.post(f"{browser.base}/api/lists/{of}/import", data=data, headers=headers)
    body = await response.read()
    if response.status != 200:
        return response.status, [orjson.loads(body)], ""
    lines: list[dict[str, Any]] = []
    rest = body
    while rest and not (lines and "report" in lines[-1]):
        line, _, rest = rest.partition(b"\n")
        lines.append(orjson.loads(line))
    return 200, lines, rest.decode("utf-8-sig")


@pytest.mark.parametrize("kind", ["entries", "hashed"])
async def test_a_list_is_made_filled_by_a_file_and_binds(web: Web, kind: str) -> None:
    browser = await web.logged_in("supervisor")
    of = await made(browser, kind=kind, source="State registry", evidence="contract 9", refresh_by="2999-12-31")
    with capture_logs() as logs:
        status, lines, rejects = await sent(browser, of, form(f"phone\n{A}\n{B}\n", evidence="mail of 3 May"))
    assert (status, rejects) == (200, "")
    assert {"reading"} <= {line["phase"] for line in lines if "phase" in line}
    report = lines[-1]["report"]
    assert (report["state"], report["version"], report["lines"], report["entries"]) == ("done", 1, 2, 2)
    assert report["file"] == "numbers.csv"
    assert (await checked(browser, A))["listed"] is True
    row = (await shown(browser))["Letters"]
    assert (row["version"], row["entries"], row["refresh_by"]) == (1, 2, "2999-12-31T00:00:00+00:00")
    actor = f"user:{web.users['supervisor']}"
    assert await audited(web) == [("list.created", actor), ("list.imported", actor)]
    assert "5550142" not in str(logs)


async def test_a_dry_run_takes_nothing_and_says_what_would_be(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    of = await made(browser)
    _, lines, _ = await sent(browser, of, form(f"{A}\n{B}\n", dry_run=True))
    assert (lines[-1]["report"]["state"], lines[-1]["report"]["entries"]) == ("checked", 2)
    assert (await checked(browser, A))["listed"] is False
    assert (await shown(browser))["Letters"]["version"] == 0


async def test_rejects_are_told_and_follow_whole_and_partial_takes_the_rest(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    of = await made(browser)
    text = "\n".join([A, *(f"no number {number}" for number in range(300)), "2125550143"])
    _, lines, rejects = await sent(browser, of, form(text))
    report = lines[-1]["report"]
    assert (report["state"], report["rejected"], lines[-1]["rejects_follow"]) == ("refused", 301, True)
    assert report["first_rejects"][0] == {
        "line": 2, "reason": "no telephone number, SHA-256 digest or e-mail address", "written": "no number 0",
    }  # fmt: skip
    assert len(rejects.splitlines()) == 302
    assert rejects.splitlines()[0] == "line,column,reason,number"
    assert (await checked(browser, A))["listed"] is False
    _, lines, _ = await sent(browser, of, form(text, partial=True, country="us"))
    assert (lines[-1]["report"]["state"], lines[-1]["report"]["entries"]) == ("done", 2)
    assert (await checked(browser, B))["listed"] is True


async def test_a_replacing_file_ends_what_it_lacks(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    of = await made(browser)
    await sent(browser, of, form(f"{A}\n"))
    await sent(browser, of, form(f"{B}\n", mode="replace"))
    assert (await checked(browser, A))["listed"] is False
    assert (await checked(browser, B))["listed"] is True


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("", {}, "file: the file is empty"),
        ("PK\x03\x04", {}, "file: this is a workbook"),
        ("a,b\n1,2\n", {}, "file: the columns are a, b, and it is not plain which holds"),
        (f"a,b\n1,{A}\n", {"column": "c"}, "column: there is no column 'c'"),
        ("ab" * 32 + "\n", {}, "file: digests go into hashed lists only"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_read_is_refused_in_the_words_of_the_page(
    web: Web, text: str, options: dict[str, Any], says: str
) -> None:
    browser = await web.logged_in("supervisor")
    _, lines, _ = await sent(browser, await made(browser), form(text, **options))
    error = lines[-1]["error"]
    assert error["message"].startswith(says), error
    assert "in the field Column" in error["message"] or "columns" not in error["message"]
    assert error["field"] == says.partition(":")[0] and "--" not in error["message"]


async def test_what_is_too_large_or_no_such_form_is_refused_before_it_is_read(web: Web, tmp_path: Path) -> None:
    browser = await web.logged_in("supervisor")
    of = await made(browser)
    assert (await (await browser.call("GET", "/api/lists")).json())["upload_limit_bytes"] == 100_000
    status, lines, _ = await sent(browser, of, form(f"{A}\n" * 9_000))
    assert (status, lines[0]["error"]["code"]) == (413, "file_too_large")
    only_file = FormData()
    only_file.add_field("file", b"x", filename="x.csv")
    status, lines, _ = await sent(browser, of, only_file)
    assert (status, lines[0]["error"]["field"]) == (422, "options")
    status, lines, _ = await sent(browser, of, form(f"{A}\n", mode="perhaps"))
    assert (status, lines[0]["error"]["field"]) == (422, "mode")
    plain = await browser.call("POST", f"/api/lists/{of}/import", {"mode": "add"})
    assert plain.status == 415
    assert (await shown(browser))["Letters"]["version"] == 0


async def test_a_name_that_leads_out_of_its_folder_leads_nowhere(web: Web, tmp_path: Path) -> None:
    browser = await web.logged_in("supervisor")
    _, lines, _ = await sent(browser, await made(browser), form(f"{A}\n", name="../../etc/cron.d/x"))
    assert lines[-1]["report"]["file"] == "x"


async def test_a_list_ends_with_a_reason_and_takes_no_file_any_more(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    of = await made(browser)
    await sent(browser, of, form(f"{A}\n"))
    no_reason = await browser.call("POST", f"/api/lists/{of}/end", {"reason": " "})
    assert (no_reason.status, (await no_reason.json())["error"]["field"]) == (422, "reason")
    assert (await browser.call("POST", f"/api/lists/{of}/end", {"reason": "the contract ended"})).status == 200
    assert (await shown(browser))["Letters"]["end_reason"] == "the contract ended"
    assert (await checked(browser, A))["listed"] is False
    again = await browser.call("POST", f"/api/lists/{of}/end", {"reason": "once more"})
    assert (again.status, (await again.json())["error"]["field"]) == (422, "list")
    _, lines, _ = await sent(browser, of, form(f"{B}\n"))
    assert lines[-1]["error"]["field"] == "list"


async def test_a_list_of_a_creditor_names_one_and_what_is_wrong_is_said_at_its_field(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        await a_creditor(conn, web.tenant, name="Banco")
        strange = await a_do_not_contact_list(conn, await a_tenant(conn, "Other"), name="Hidden")
    browser = await web.logged_in("supervisor")
    await made(browser, scope="creditor", whose="Banco")
    assert (await shown(browser))["Letters"]["whose"] == "Banco"
    for body, field in (
        ({"name": "Letters"}, "name"),
        ({"name": " "}, "name"),
        ({"name": "New", "scope": "creditor", "whose": "Nobody"}, "whose"),
        ({"name": "New", "refresh_by": "2001-01-01"}, "refresh_by"),
        ({"name": "New", "kind": "cloud"}, "kind"),
    ):
        refused = await browser.call("POST", "/api/lists", body)
        assert (refused.status, (await refused.json())["error"]["field"]) == (422, field), body
    assert (await browser.call("POST", f"/api/lists/{strange}/end", {"reason": "x"})).status == 404
    status, _, _ = await sent(browser, strange, form(f"{A}\n"))
    assert status == 404
    async with web.deps.engine.connect() as conn:
        assert (await conn.execute(select(t.do_not_contact))).first() is None


async def half_sent(web: Web, browser: Browser, of: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which a form began and stopped in the middle of its file."""
    parts = urlsplit(browser.base)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    body = (
        '--x\r\nContent-Disposition: form-data; name="options"\r\n\r\n{}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="numbers.csv"\r\n\r\n' + f"{A}\n"
    )
    head = (
        f"POST /api/lists/{of}/import HTTP/1.1\r\nHost: {parts.netloc}\r\nOrigin: {browser.base}\r\n"
        f"Cookie: {COOKIE}={browser.cookie}\r\nX-CSRF-Token: {browser.csrf}\r\nContent-Length: 5000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    writer.write((head + body).encode())
    await writer.drain()
    return reader, writer


async def test_an_upload_that_falls_silent_is_given_up_and_holds_nobody_up(
    make_web: WebMaker, engine: Any, tmp_path: Path
) -> None:
    shelf = NumberShelf(engine, tmp_path / "lists", SystemClock())
    web = await make_web({"upload_silence_s": 0.2}, parts={"gate": GateContext(load_rulebooks(), shelf)})
    browser = await web.logged_in("supervisor")
    of = await made(browser)
    reader, writer = await half_sent(web, browser, of)
    assert b" 408 " in await reader.readline()
    writer.close()
    status, lines, _ = await sent(browser, of, form(f"{A}\n"))
    assert (status, lines[-1]["report"]["entries"]) == (200, 1)
    await shelf.close()


async def test_an_upload_that_is_broken_off_takes_nothing_and_leaves_nothing(
    web: Web, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("uploads")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    browser = await web.logged_in("supervisor")
    of = await made(browser)
    with capture_logs() as logs:
        _, writer = await half_sent(web, browser, of)
        other = await web.logged_in("admin")
        while (await sent(other, of, form("")))[0] != 409:
            pass  # until the first is seen to be under way
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(5):
            while (answered := await sent(other, of, form(f"{B}\n")))[0] == 409:
                pass
    assert answered[1][-1]["report"]["entries"] == 1
    assert (await checked(browser, A))["listed"] is False
    assert "http.failed" not in str(logs)
    assert list(folder.iterdir()) == []
