"""Who may use a route. Every route declares one policy; an application with an undeclared route does not start."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
EVERY_ROLE = frozenset({"agent", "supervisor", "admin"})


class Proof(Enum):
    """How a changing request shows that it was meant."""

    CSRF = "the session's X-CSRF-Token header"
    ORIGIN = "the Origin header; for login, which has no session yet"
    SIGNATURE = "the provider's signature, checked by the handler"
    SENT_ADDRESS = "a random token in the address that was sent to one person, checked by the handler"


@dataclass(frozen=True, slots=True)
class Policy:
    """`roles` None: no session is needed."""

    name: str
    roles: frozenset[str] | None
    proof: Proof = Proof.CSRF


PUBLIC = Policy("public", None)  # reading only: a changing route with it does not start
LOGIN = Policy("login", None, Proof.ORIGIN)
PROVIDER = Policy("provider", None, Proof.SIGNATURE)
# mail programs post there by themselves, from anywhere and without cookies (RFC 8058): no Origin can be asked for, and
# whoever makes another's browser post knows the token and could post himself
TOKEN_HOLDER = Policy("token_holder", None, Proof.SENT_ADDRESS)
SOCKET = Policy("socket", None)  # the session is checked when a namespace is joined, so that the console hears why
SESSION = Policy("session", EVERY_ROLE)
AGENT = Policy("agent", frozenset({"agent"}))
SUPERVISOR = Policy("supervisor", frozenset({"supervisor", "admin"}))
ADMIN = Policy("admin", frozenset({"admin"}))


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    handler: Handler
    policy: Policy


class UndeclaredPolicy(Exception):
    """A route without a policy, or with one that does not protect it."""


Policies = dict[web.AbstractRoute, Policy]


def add_routes(app: web.Application, routes: list[Route]) -> Policies:
    """Register the routes; the answer maps each to its policy. Reading routes answer HEAD too."""
    policies: Policies = {}
    for route in routes:
        if route.policy.roles is None and route.policy.proof is Proof.CSRF and route.method not in SAFE_METHODS:
            raise UndeclaredPolicy(f"{route.method} {route.path} changes something and is public: give it roles")
        methods = ("GET", "HEAD") if route.method == "GET" and route.policy is not SOCKET else (route.method,)
        for method in methods:
            policies[app.router.add_route(method, route.path, route.handler)] = route.policy
    return policies


def refuse_undeclared(app: web.Application, policies: Policies) -> None:
    """Deny by default: raises UndeclaredPolicy for a route that came in by another way than `add_routes`."""
    for route in app.router.routes():
        if route not in policies:
            path = route.resource.canonical if route.resource is not None else "?"
            raise UndeclaredPolicy(f"{route.method} {path} has no policy: register it with agent_ui.policy.add_routes")
