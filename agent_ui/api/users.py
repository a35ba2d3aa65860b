"""Users: list, add, change, lock out, give a password; an admin all of them, a supervisor agents.

What ends a session ends its consoles at once.
"""

from typing import Any, Literal, Protocol

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem, from_refused
from agent_ui.sessions import Identity
from campaigns.problems import Refused
from campaigns.skills import MOST_SKILLS
from campaigns.users import service as users
from campaigns.users.model import may_manage
from campaigns.users.passwords import generated

Role = Literal["agent", "supervisor", "admin"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewUser(_Body):
    login: str
    name: str = Field(max_length=200)
    role: Role
    password: str | None = None
    """None: one is made by chance, and told in the answer and nowhere else."""
    language: str = Field(default="en", max_length=20)
    phone_endpoint: str | None = Field(default=None, pattern=r"^[A-Za-z]+/[A-Za-z0-9_.@-]{1,80}$")
    skills: list[str] = Field(default=[], max_length=MOST_SKILLS)


class UserChange(_Body):
    name: str | None = Field(default=None, min_length=1, max_length=200)
    role: Role | None = None
    active: bool | None = None
    language: str | None = Field(default=None, max_length=20)
    phone_endpoint: str | None = Field(default=None, pattern=r"^([A-Za-z]+/[A-Za-z0-9_.@-]{1,80})?$")
    """Empty: the user has none any more."""
    skills: list[str] | None = Field(default=None, max_length=MOST_SKILLS)


class NewPassword(_Body):
    """As of a new user."""

    password: str | None = None


class UserListener(Protocol):
    async def user_ended(self, user_id: int, because: str) -> None: ...


class UsersApi:
    def __init__(self, deps: WebDeps, live: UserListener) -> None:
        self._deps = deps
        self._live = live

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/users", self.list, SUPERVISOR),
            Route("POST", "/api/users", self.add, SUPERVISOR),
            Route("PATCH", "/api/users/{id:[0-9]{1,18}}", self.change, SUPERVISOR),
            Route("PUT", "/api/users/{id:[0-9]{1,18}}/password", self.set_password, SUPERVISOR),
        ]

    async def list(self, request: web.Request) -> web.Response:
        async with self._deps.engine.connect() as connection:
            found = await users.everyone(connection, request[IDENTITY].tenant_id)
        return answer({"users": [_wire(user) for user in found]})

    async def add(self, request: web.Request) -> web.Response:
        body = await read_json(request, NewUser)
        identity = request[IDENTITY]
        _must_manage(identity, body.role)
        password = generated() if body.password is None else body.password
        async with self._deps.engine.begin() as connection:
            try:
                user_id = await users.create(
                    connection,
                    self._deps.passwords,
                    tenant_id=identity.tenant_id,
                    login=body.login,
                    display_name=body.name,
                    role=body.role,
                    password=password,
                    now=self._deps.clock.now(),
                    actor=identity.actor,
                    language=body.language,
                    phone_endpoint=body.phone_endpoint,
                    skills=body.skills,
                )
            except Refused as refused:
                raise from_refused(refused, _name_of) from None
            user = await users.get(connection, user_id)
        return answer(_wire(user) | _told(body.password, password), status=201)

    async def change(self, request: web.Request) -> web.Response:
        body = await read_json(request, UserChange)
        async with self._deps.engine.begin() as connection:
            before = await _mine(connection, request)
            _must_manage(request[IDENTITY], before.role, body.role or before.role)
            try:
                after = await users.change(
                    connection,
                    before.id,
                    now=self._deps.clock.now(),
                    actor=request[IDENTITY].actor,
                    role=body.role,
                    active=body.active,
                    display_name=body.name,
                    language=body.language,
                    phone_endpoint=body.phone_endpoint,
                    skills=body.skills,
                )
            except Refused as refused:
                raise from_refused(refused, _name_of) from None
        if not after.active and before.active:
            await self._live.user_ended(after.id, "deactivated")
        elif after.role != before.role:
            await self._live.user_ended(after.id, "role_changed")
        return answer(_wire(after))

    async def set_password(self, request: web.Request) -> web.Response:
        body = await read_json(request, NewPassword)
        password = generated() if body.password is None else body.password
        async with self._deps.engine.begin() as connection:
            user = await _mine(connection, request)
            _must_manage(request[IDENTITY], user.role)
            try:
                await users.set_password(
                    connection,
                    self._deps.passwords,
                    user.id,
                    password,
                    now=self._deps.clock.now(),
                    actor=request[IDENTITY].actor,
                )
            except Refused as refused:
                raise from_refused(refused) from None
        await self._live.user_ended(user.id, "logged_out")
        return answer(_told(body.password, password))


def _must_manage(identity: Identity, *roles: str) -> None:
    if not may_manage(identity.role, *roles):
        raise Problem(403, "above_you", "Only an administrator makes or changes users who are no agents.")


def _told(given: str | None, password: str) -> dict[str, str]:
    """A password that was made by chance is told this once; one that a person chose never."""
    return {"password": password} if given is None else {}


def _name_of(field: str) -> str:
    return "name" if field == "display_name" else field


async def _mine(connection: AsyncConnection, request: web.Request) -> users.User:
    """The user that the path names, of the asker's own tenant."""
    identity: Identity = request[IDENTITY]
    user = await users.get(connection, int(request.match_info["id"]))
    if user is None or user.tenant_id != identity.tenant_id:
        raise Problem(404, "not_found", "There is no such user.")
    return user


def _wire(user: users.User | None) -> dict[str, Any]:
    assert user is not None  # noqa: S101 - made in this very transaction
    return {
        "id": user.id,
        "login": user.login,
        "name": user.display_name,
        "role": user.role,
        "language": user.language,
        "phone_endpoint": user.phone_endpoint,
        "active": user.active,
        "simulated": user.simulated,
        "skills": user.skills,
    }
