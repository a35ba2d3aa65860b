"""What roles other than web serve: operators' routes, and no way in."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from agent_ui.app import POLICIES, make_operations_app
from tests.agent_ui.conftest import Web


@pytest.fixture
async def client(web: Web) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    app = make_operations_app(replace(web.deps, registry=CollectorRegistry()))
    paths = {route.resource.canonical for route in app[POLICIES] if route.resource is not None}
    assert paths == {"/healthz", "/readyz", "/metrics"}
    async with TestClient(TestServer(app)) as made:
        yield made


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_operators_are_answered(client: TestClient, path: str) -> None:  # type: ignore[type-arg]
    reply = await client.get(path)

    assert reply.status == 200
    assert "Content-Security-Policy" in reply.headers


@pytest.mark.parametrize("path", ["/", "/agent", "/api/me", "/live/", "/hooks/twilio/inbound"])
async def test_nobody_else_is(client: TestClient, path: str) -> None:  # type: ignore[type-arg]
    assert (await client.get(path)).status == 404
    assert (await client.post(path)).status == 404
