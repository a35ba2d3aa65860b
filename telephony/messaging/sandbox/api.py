"""Twilio's Messages API in front of the sandbox carrier: the part that the messenger uses, over real HTTP."""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from telephony.messaging.sandbox.carrier import WHATSAPP, Carrier, Held

API = "/2010-04-01"
CARRIER = web.AppKey("carrier", Carrier)
LONGEST_BODY = 1600
LONGEST_VALIDITY_S = 36000
ERROR_TEXTS: Mapping[str, str] = {
    "20003": "Authenticate",
    "21211": "Invalid 'To' Phone Number",
    "21602": "Message body is required",
    "21603": "A 'From' phone number is required",
    "21604": "A 'To' phone number is required",
    "21609": "Invalid 'StatusCallback' URL",
    "21610": "Attempt to send to unsubscribed recipient",
    "21617": "The concatenated message body exceeds the 1600 character limit",
    "21910": "Invalid 'From' and 'To' pair",
}


def make_app(carrier: Carrier) -> web.Application:
    app = web.Application(middlewares=[_authenticated])
    app[CARRIER] = carrier
    account = API + "/Accounts/{account}"
    app.router.add_post(account + "/Messages.json", _create)
    app.router.add_get(account + "/Messages.json", _list)
    app.router.add_get(account + "/Messages/{sid}.json", _fetch)
    app.router.add_get(account + ".json", _account)
    app.router.add_post("/sandbox/texts", _person_texts)
    return app


@web.middleware
async def _authenticated(request: web.Request, handler: Any) -> web.StreamResponse:
    settings = request.app[CARRIER].settings
    wanted = base64.b64encode(f"{settings.account_sid}:{settings.auth_token}".encode()).decode("ascii")
    given = request.headers.get("Authorization", "").removeprefix("Basic ")
    if not hmac.compare_digest(given, wanted):
        return _error("20003", 401)
    if request.match_info.get("account", settings.account_sid) != settings.account_sid:
        return _error("20404", 404)
    reply: web.StreamResponse = await handler(request)
    return reply


def _error(code: str, status: int = 400) -> web.Response:
    text = ERROR_TEXTS.get(code, f"Error {code}")
    more = f"https://www.twilio.com/docs/errors/{code}"
    return web.json_response({"code": int(code), "message": text, "more_info": more, "status": status}, status=status)


def _refusal(fields: Mapping[str, str], carrier: Carrier) -> str | None:
    """The error code that Twilio would answer, or None."""
    to, sender, body = fields.get("To", ""), _sender(fields), fields.get("Body", "")
    number = to.removeprefix(WHATSAPP)
    callback = fields.get("StatusCallback", "")
    checks = (
        (not to, "21604"),
        (not sender, "21603"),
        (not body, "21602"),
        (not (number.startswith("+") and number[1:].isdigit() and 8 <= len(number) <= 16), "21211"),
        (to.startswith(WHATSAPP) != sender.startswith(WHATSAPP), "21910"),
        (len(body) > LONGEST_BODY, "21617"),
        (bool(callback) and not callback.startswith(("http://", "https://")), "21609"),
        (not 1 <= _validity(fields) <= LONGEST_VALIDITY_S, "20422"),
        (carrier.opted_out(sender, to), "21610"),
    )
    return next((code for wrong, code in checks if wrong), None)


def _sender(fields: Mapping[str, str]) -> str:
    return fields.get("From") or fields.get("MessagingServiceSid") or ""


def _validity(fields: Mapping[str, str]) -> int:
    value = fields.get("ValidityPeriod", str(LONGEST_VALIDITY_S))
    return int(value) if value.isdigit() else 0


async def _create(request: web.Request) -> web.StreamResponse:
    carrier = request.app[CARRIER]
    fields = {name: str(value) for name, value in (await request.post()).items()}
    to, sender, body = fields.get("To", ""), _sender(fields), fields.get("Body", "")
    script = carrier.fate(to)
    await carrier.clock.sleep(script.accept_latency_s)
    code = _refusal(fields, carrier) or script.reject
    if code is not None:
        carrier.reject(to, sender, body, code)
        return _error(code)
    if script.http_status is not None:
        carrier.reject(to, sender, body, f"http {script.http_status}")
        headers = {} if script.retry_after_s is None else {"Retry-After": str(script.retry_after_s)}
        return web.Response(status=script.http_status, headers=headers, text="")
    held = carrier.accept(to, sender, body, fields.get("StatusCallback", ""), _validity(fields), script)
    if script.drop_reply:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    return web.json_response(_resource(held, carrier), status=201)


async def _fetch(request: web.Request) -> web.StreamResponse:
    carrier = request.app[CARRIER]
    held = carrier.messages.get(request.match_info["sid"])
    return _error("20404", 404) if held is None else web.json_response(_resource(held, carrier))


async def _list(request: web.Request) -> web.StreamResponse:
    carrier = request.app[CARRIER]
    query = request.query
    after = _instant(query.get("DateSent>"))
    found = [
        held
        for held in reversed(carrier.messages.values())
        if query.get("To", held.to) == held.to
        and query.get("From", held.from_) == held.from_
        and (after is None or held.created_at >= after)
    ]
    page = {"end": max(0, len(found) - 1), "start": 0, "page": 0, "page_size": 1000, "uri": request.path}
    page |= {"first_page_uri": request.path, "next_page_uri": None, "previous_page_uri": None}
    return web.json_response(page | {"messages": [_resource(held, carrier) for held in found[:1000]]})


async def _account(request: web.Request) -> web.StreamResponse:
    settings = request.app[CARRIER].settings
    fields = {"sid": settings.account_sid, "status": "active", "friendly_name": "sandbox", "type": "Full"}
    return web.json_response(fields)


async def _person_texts(request: web.Request) -> web.StreamResponse:
    """Not Twilio's: lets a test or a person at the keyboard text back. Fields From, To, Body."""
    form = await request.post()
    sid = await request.app[CARRIER].person_texts(str(form["From"]), str(form["To"]), str(form["Body"]))
    return web.json_response({"sid": sid}, status=201)


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _resource(held: Held, carrier: Carrier) -> dict[str, Any]:
    account = carrier.settings.account_sid
    uri = f"{API}/Accounts/{account}/Messages/{held.sid}.json"
    service = held.from_ if held.from_.startswith("MG") else None
    dates = {"date_created": held.created_at, "date_sent": held.sent_at, "date_updated": held.updated_at}
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": held.body,
        **{name: None if at is None else format_datetime(at) for name, at in dates.items()},
        "direction": "outbound-api",
        "error_code": int(held.error_code) if held.error_code else None,
        "error_message": None,
        "from": None if service else held.from_,
        "messaging_service_sid": service,
        "num_media": "0",
        "num_segments": str(held.segments),
        "price": None,
        "price_unit": "USD",
        "sid": held.sid,
        "status": held.status,
        "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
        "to": held.to,
        "uri": uri,
    }
