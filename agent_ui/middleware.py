"""What happens around every request: its id and log line, errors as JSON, the session, the route's policy."""

import hmac
import secrets
import time

import structlog
from aiohttp import ClientConnectionResetError, web
from aiohttp.typedefs import Handler, Middleware
from sqlalchemy.exc import IntegrityError

from agent_ui.context import IDENTITY, REQUEST_ID
from agent_ui.deps import WebSettings
from agent_ui.metrics import WebMetrics
from agent_ui.policy import SAFE_METHODS, Policies, Policy, Proof
from agent_ui.problems import Problem, error_wire, from_refused, not_logged_in
from agent_ui.sessions import COOKIE, Ended, Identity, SessionStore, hash_token
from campaigns.problems import Refused
from dialer.faults import database_gone

log = structlog.get_logger()

CLIENT_GONE = 499
"""As other servers count it; no standard has a number for it."""


def _pattern(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def observe(metrics: WebMetrics) -> Middleware:
    """Gives the request its id, logs and counts it. Patterns are logged and not paths: a path may hold anything."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        request_id = secrets.token_hex(8)
        request[REQUEST_ID] = request_id
        route, method = _pattern(request), request.method
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = await handler(request)
            took = time.perf_counter() - began
            metrics.requests.labels(method, route, str(response.status)).inc()
            if response.status != 101:
                metrics.seconds.labels(route).observe(took)
            log.debug("http.answered", method=method, route=route, status=response.status, ms=round(took * 1000, 1))
        return response

    return middleware


def _problem_response(problem: Problem) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    return web.json_response(problem.wire(), status=problem.status, headers=headers)


def _http_problem(refused: web.HTTPException) -> Problem:
    if refused.status == 404:
        return Problem(404, "not_found", "There is nothing at this address.")
    if refused.status == 405:
        return Problem(405, "method_not_allowed", "This address does not take that method.")
    if refused.status == 413:
        return Problem(413, "too_large", "The request is larger than this address takes. Send less at once.")
    return Problem(refused.status, "refused", "The request is not right; its form or headers are not as they must be.")


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal and fault becomes `{"error": ...}`; what went wrong inside is logged, never told."""
    try:
        return await handler(request)
    except Problem as problem:
        return _problem_response(problem)
    except Refused as refused_input:
        return _problem_response(from_refused(refused_input))
    except web.HTTPException as refused:
        if refused.status < 400:
            raise
        response = _problem_response(_http_problem(refused))
        if "Allow" in refused.headers:
            response.headers["Allow"] = refused.headers["Allow"]
        return response
    except ClientConnectionResetError:
        # whoever asked has left: nothing went wrong here, and what is answered is heard by nobody
        return web.Response(status=CLIENT_GONE)
    except IntegrityError:
        message = "Somebody else changed this at the same moment. Load it again and repeat your change."
        return _problem_response(Problem(409, "conflict", message))
    except Exception as fault:
        if database_gone(fault):
            log.warning("http.database_gone", route=_pattern(request), error=type(fault).__name__)
            message = "The database does not answer just now. Try again in a few seconds."
            return _problem_response(Problem(503, "database_unavailable", message, retry_after_s=5))
        # the last line of defence: a person gets an id to quote and no traceback
        log.exception("http.failed", route=_pattern(request))
        message = f"Something went wrong on the server. Quote {request[REQUEST_ID]} when you report it."
        return web.json_response(error_wire("internal", message), status=500)


def check_origin(request: web.Request, settings: WebSettings) -> None:
    """Raises Problem for a page of another site. A program that is no browser sends no Origin, and has no cookies."""
    origin = request.headers.get("Origin")
    if origin is None:
        ours = request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
    else:
        ours = origin.rstrip("/") in settings.origins
    if not ours:
        raise Problem(
            403,
            "wrong_origin",
            "This page's address is not one that the server knows. Open the console by its public address, "
            "or let an operator add this one to the allowed origins.",
        )


def _check_csrf(request: web.Request, identity: Identity) -> None:
    sent = request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(sent.encode(), identity.csrf.encode()):
        raise Problem(
            403, "csrf", "The request lacks this session's X-CSRF-Token. Reload the page and try again.",
        )  # fmt: skip


def guard(policies: Policies, sessions: SessionStore, settings: WebSettings) -> Middleware:
    """Deny by default: session, role and proof as the route's policy says, before the handler sees the request."""

    async def identify(request: web.Request) -> Identity:
        token = request.cookies.get(COOKIE, "")
        if not token or len(token) > 128:
            raise not_logged_in()
        found = await sessions.find(hash_token(token))
        if isinstance(found, Ended) or found.tenant_id != settings.tenant_id:
            raise not_logged_in()
        if sessions.wants_touch(found):
            await sessions.touch([found.token_hash])
        return found

    async def admit(request: web.Request, policy: Policy) -> None:
        if policy.roles is not None:
            identity = await identify(request)
            request[IDENTITY] = identity
            if identity.role not in policy.roles:
                raise Problem(403, "forbidden", f"Your role ({identity.role}) may not do this. Ask an administrator.")
            if request.method not in SAFE_METHODS:
                _check_csrf(request, identity)
        elif policy.proof is Proof.ORIGIN:
            check_origin(request, settings)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        # a route that is not in the map is aiohttp's own 404 or 405: make_app refused every other
        policy = policies.get(request.match_info.route)
        if policy is not None:
            await admit(request, policy)
        return await handler(request)

    return middleware
