"""Carriers' webhooks: signed, small, counted; handed on as they came."""

from uuid import UUID

import pytest
from aiohttp import ClientResponse
from yarl import URL

from tests.agent_ui.conftest import Web
from tests.agent_ui.twins import SIGNED

MESSAGE = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000"
STATUS = f"/hooks/twilio/status/{MESSAGE}"
FORM = "application/x-www-form-urlencoded"


async def post(
    web: Web, path: str, body: bytes | str, signature: str = SIGNED, content_type: str = FORM
) -> ClientResponse:
    headers = {"X-Signature": signature, "Content-Type": content_type}
    return await web.browser().http.post(URL(web.base + path, encoded=True), data=body, headers=headers)


async def test_a_delivery_report_reaches_its_handler(web: Web) -> None:
    response = await post(web, STATUS, "MessageSid=SM1&MessageStatus=delivered")
    assert response.status == 204
    assert web.webhook.statuses == [(UUID(MESSAGE), [("MessageSid", "SM1"), ("MessageStatus", "delivered")])]


async def test_a_reply_reaches_its_handler_and_is_answered_with_empty_twiml(web: Web) -> None:
    response = await post(web, "/hooks/twilio/inbound", "From=%2B12125550123&Body=STOP")
    assert (response.status, response.content_type) == (200, "text/xml")
    assert (await response.text()).endswith("<Response></Response>")
    assert web.webhook.inbounds == [[("From", "+12125550123"), ("Body", "STOP")]]


async def test_fields_stay_as_they_came(web: Web) -> None:
    await post(web, "/hooks/twilio/inbound", "B=+two++blanks+&A=&B=again&C=%D8%B3%D9%84%D8%A7%D9%85")
    assert web.webhook.inbounds == [[("B", " two  blanks "), ("A", ""), ("B", "again"), ("C", "سلام")]]


async def test_the_signature_is_over_the_path_exactly_as_it_was_called(web: Web) -> None:
    await post(web, STATUS + "?a=%2F&b=1", "x=1")
    assert web.webhook.paths == [STATUS + "?a=%2F&b=1"]


@pytest.mark.parametrize("path", [STATUS, "/hooks/twilio/inbound"])
async def test_a_call_without_the_right_signature_is_refused_and_counted(web: Web, path: str) -> None:
    response = await post(web, path, "Body=STOP", signature="bad")
    assert response.status == 403
    assert web.webhook.statuses == []
    assert web.webhook.inbounds == []
    metrics = await (await web.browser().call("GET", "/metrics")).text()
    kind = "status" if "status" in path else "inbound"
    assert f'promiseline_webhooks_total{{kind="{kind}",provider="twilio",result="refused"}} 1.0' in metrics


@pytest.mark.parametrize(
    ("path", "body", "content_type", "status"),
    [
        ("/hooks/unknown/inbound", "x=1", FORM, 404),
        ("/hooks/twilio/status/not-a-uuid", "x=1", FORM, 404),
        ("/hooks/twilio/inbound", "{}", "application/json", 415),
        ("/hooks/twilio/inbound", b"x=\xff", FORM, 400),
        ("/hooks/twilio/inbound", "&".join(f"f{n}=1" for n in range(201)), FORM, 400),
        ("/hooks/twilio/inbound", "Body=" + "x" * 70_000, FORM, 413),
    ],
)
async def test_a_call_that_is_not_as_it_must_be_is_refused(
    web: Web, path: str, body: bytes | str, content_type: str, status: int
) -> None:
    assert (await post(web, path, body, content_type=content_type)).status == status
    assert web.webhook.inbounds == []


async def test_a_handler_that_fails_makes_the_carrier_call_again(web: Web) -> None:
    web.webhook.fault = ConnectionRefusedError()
    assert (await post(web, STATUS, "x=1")).status == 503
    web.webhook.fault = RuntimeError("inside")
    response = await post(web, STATUS, "x=1")
    assert response.status == 500
    assert "inside" not in await response.text()
