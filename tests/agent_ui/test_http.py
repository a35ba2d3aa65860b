"""What holds for every HTTP answer: headers, errors, policies; and the pages, health and figures."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionResetError, web as aio
from aiohttp.test_utils import make_mocked_request
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs
from yarl import URL

from agent_ui.headers import content_security_policy
from agent_ui.middleware import errors
from agent_ui.policy import ADMIN, PROVIDER, PUBLIC, Route, UndeclaredPolicy, add_routes, refuse_undeclared
from agent_ui.ports import CheckResult
from campaigns.users.passwords import Passwords
from tests.agent_ui.conftest import Browser, Web, WebMaker

PAGES = ["/", "/agent", "/supervisor"]


async def code(response: Any) -> str:
    return str((await response.json())["error"]["code"])


# ---- headers


@pytest.mark.parametrize("path", ["/", "/api/me", "/healthz", "/assets/none.js", "/nowhere", "/live/"])
async def test_every_answer_carries_the_security_headers(web: Web, path: str) -> None:
    headers = (await web.browser().call("GET", path)).headers
    host = web.base.removeprefix("http://")
    assert headers["Content-Security-Policy"] == (
        f"default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self' ws://{host}; "
        "img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
        "object-src 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Server" not in headers
    assert "Strict-Transport-Security" not in headers


async def test_more_addresses_that_pages_may_open_are_added_to_the_policy(web: Web) -> None:
    settings = replace(
        web.deps.settings, public_base_url="https://dial.example.com", connect_sources=("wss://pbx.example.com:8089",)
    )
    policy = content_security_policy(settings)
    assert "connect-src 'self' wss://dial.example.com wss://pbx.example.com:8089;" in policy


async def test_answers_of_the_api_are_kept_by_no_cache(web: Web) -> None:
    browser = await web.logged_in("agent")
    for path in ("/api/me", "/api/nowhere", "/readyz"):
        assert (await browser.call("GET", path)).headers["Cache-Control"] == "no-store"


# ---- errors


async def test_an_unknown_address_and_a_wrong_method_are_errors_as_json(web: Web) -> None:
    nowhere = await web.browser().call("GET", "/api/nowhere")
    method = await web.browser().call("DELETE", "/api/login")
    assert (nowhere.status, await code(nowhere)) == (404, "not_found")
    assert (method.status, await code(method), method.headers["Allow"]) == (405, "method_not_allowed", "POST")


async def test_a_fault_gives_a_number_to_quote_and_nothing_of_its_inside(make_web: WebMaker) -> None:
    class Broken(Passwords):
        async def verify(self, password_hash: str | None, password: str) -> bool:
            raise RuntimeError("password=secret")

    web = await make_web(parts={"passwords": Broken()})
    response = await web.browser().login("agent")
    error = (await response.json())["error"]
    assert (response.status, error["code"]) == (500, "internal")
    assert "secret" not in str(error)
    assert "Traceback" not in str(error)


async def test_a_browser_that_left_while_it_was_answered_is_no_fault_of_the_server() -> None:
    async def left(_: aio.Request) -> aio.StreamResponse:
        raise ClientConnectionResetError("Cannot write to closing transport")

    with capture_logs() as logs:
        response = await errors(make_mocked_request("GET", "/live/"), left)
    assert (response.status, logs) == (499, [])


async def test_a_database_that_is_gone_is_told_as_such(make_web: WebMaker) -> None:
    nowhere = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    web = await make_web(parts={"engine": nowhere})
    response = await web.browser().login("agent")
    assert (response.status, await code(response)) == (503, "database_unavailable")
    ready = await web.browser().call("GET", "/readyz")
    check = (await ready.json())["checks"][0]
    assert (ready.status, check["name"], check["ok"]) == (503, "database", False)
    assert check["mend"]
    assert (await web.browser().call("GET", "/healthz")).status == 200


# ---- policies


async def _nothing(_: aio.Request) -> aio.Response:
    return aio.Response()


def test_a_route_that_came_in_without_a_policy_stops_the_start() -> None:
    app = aio.Application()
    policies = add_routes(app, [Route("GET", "/known", _nothing, ADMIN)])
    refuse_undeclared(app, policies)
    app.router.add_get("/forgotten", _nothing)
    with pytest.raises(UndeclaredPolicy, match="/forgotten"):
        refuse_undeclared(app, policies)


def test_a_public_route_that_changes_something_stops_the_start() -> None:
    with pytest.raises(UndeclaredPolicy, match="POST /open"):
        add_routes(aio.Application(), [Route("POST", "/open", _nothing, PUBLIC)])
    add_routes(aio.Application(), [Route("POST", "/signed", _nothing, PROVIDER)])


# ---- pages


@pytest.fixture
def static(tmp_path: Path) -> Path:
    root = tmp_path / "static"
    (root / "assets").mkdir(parents=True)
    for page in ("index", "agent", "supervisor"):
        (root / f"{page}.html").write_text(f"<title>{page}</title>")
    (root / "assets" / "app-1a2b3c.js").write_text("export {}")
    (root / "manifest.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "assets" / "way-out.txt").symlink_to(tmp_path / "secret.txt")
    return root


async def test_the_built_pages_are_served_and_asked_for_anew_each_time(make_web: WebMaker, static: Path) -> None:
    web = await make_web({"static_dir": static})
    for path, name in zip(PAGES, ("index", "agent", "supervisor"), strict=True):
        response = await web.browser().call("GET", path)
        assert (response.status, response.content_type) == (200, "text/html")
        assert response.headers["Cache-Control"] == "no-cache"
        assert await response.text() == f"<title>{name}</title>"


async def test_assets_are_kept_for_ever(make_web: WebMaker, static: Path) -> None:
    web = await make_web({"static_dir": static})
    response = await web.browser().call("GET", "/assets/app-1a2b3c.js")
    assert response.status == 200
    assert response.content_type in ("text/javascript", "application/javascript")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../manifest.json",
        "/assets/..%2fmanifest.json",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%5c..%5csecret.txt",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/way-out.txt",
        "/assets/%00",
        "/assets/" + "x" * 3000,
        "/assets/.",
    ],
)
async def test_no_path_leads_out_of_the_assets(make_web: WebMaker, static: Path, path: str) -> None:
    web = await make_web({"static_dir": static})
    browser = web.browser()
    response = await browser.http.get(URL(web.base + path, encoded=True))
    assert response.status == 404
    assert "secret" not in await response.text()


@pytest.mark.parametrize("path", PAGES)
async def test_where_the_front_end_is_not_built_the_page_says_how_to_build_it(web: Web, path: str) -> None:
    response = await web.browser().call("GET", path)
    assert (response.status, response.content_type) == (503, "text/html")
    assert "make setup" in await response.text()


# ---- health and figures


@dataclass
class CheckTwin:
    name: str
    required: bool
    result: CheckResult | Exception

    async def check(self) -> CheckResult:
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


async def readiness(make_web: WebMaker, *checks: CheckTwin, **settings: Any) -> tuple[int, Any]:
    web = await make_web(settings, {"readiness": checks})
    response = await web.browser().call("GET", "/readyz")
    return response.status, await response.json()


async def test_all_well_is_ready_with_each_checks_reason(make_web: WebMaker) -> None:
    status, body = await readiness(make_web, CheckTwin("valkey", True, CheckResult(True, "Valkey answers.")))
    assert (status, body["ready"]) == (200, True)
    assert [(check["name"], check["ok"], check["reason"]) for check in body["checks"]] == [
        ("database", True, "PostgreSQL answers."),
        ("valkey", True, "Valkey answers."),
    ]


async def test_a_required_part_that_fails_makes_it_unready_and_says_how_to_mend_it(make_web: WebMaker) -> None:
    failed = CheckResult(False, "Asterisk node a does not answer.", "Start it.")
    status, body = await readiness(make_web, CheckTwin("asterisk:a", True, failed))
    assert (status, body["ready"]) == (503, False)
    assert body["checks"][1]["mend"] == "Start it."


async def test_a_part_that_can_be_missed_leaves_it_ready(make_web: WebMaker) -> None:
    status, body = await readiness(make_web, CheckTwin("valkey", False, CheckResult(False, "Gone.", "Start it.")))
    assert (status, body["ready"]) == (200, True)


async def test_a_check_that_is_itself_broken_is_a_reason_and_not_a_fault(make_web: WebMaker) -> None:
    status, body = await readiness(make_web, CheckTwin("odd", True, ValueError("secret")))
    assert (status, body["checks"][1]["ok"]) == (503, False)
    assert "secret" not in str(body)


async def test_checks_are_made_once_a_second_however_many_ask(make_web: WebMaker) -> None:
    asked = []

    class Counting(CheckTwin):
        async def check(self) -> CheckResult:
            asked.append(self.name)
            return await super().check()

    web = await make_web(parts={"readiness": (Counting("part", True, CheckResult(True, "well")),)})
    await asyncio.gather(*(web.browser().call("GET", "/readyz") for _ in range(20)))
    assert asked == ["part"]


async def test_strangers_hear_only_whether_it_is_ready(make_web: WebMaker) -> None:
    web = await make_web()
    response = await web.browser().call("GET", "/readyz", headers={"X-Forwarded-For": "203.0.113.1"})
    assert await response.json() == {"ready": True}


async def figures(browser: Browser, **headers: str) -> Any:
    return await browser.call("GET", "/metrics", headers=headers)


async def test_figures_are_for_the_machine_itself_when_no_token_is_set(web: Web) -> None:
    await web.logged_in("agent")
    response = await figures(web.browser())
    text = await response.text()
    assert response.status == 200
    assert 'promiseline_http_requests_total{method="POST",route="/api/login",status="200"} 1.0' in text
    assert 'promiseline_logins_total{result="done"} 1.0' in text
    assert (await figures(web.browser(), **{"X-Forwarded-For": "203.0.113.1"})).status == 403


async def test_figures_need_the_token_where_one_is_set(make_web: WebMaker) -> None:
    web = await make_web({"metrics_token": "t0ken"})
    assert (await figures(web.browser())).status == 403
    assert (await figures(web.browser(), Authorization="Bearer wrong")).status == 403
    assert (await figures(web.browser(), Authorization="Bearer é")).status == 403
    assert (await figures(web.browser(), Authorization="Bearer t0ken")).status == 200


async def test_no_figure_names_a_person(make_web: WebMaker) -> None:
    registry = CollectorRegistry()
    web = await make_web(parts={"registry": registry})
    await web.browser().login("Dana Doe", "wrong")
    await web.browser().call("GET", "/api/debtors/Dana")
    assert "Dana" not in await (await figures(web.browser())).text()
