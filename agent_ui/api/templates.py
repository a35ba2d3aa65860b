"""Message templates, for supervisors: list with the variables that they may use, and write."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from campaigns.templates import service as templates
from campaigns.templates.model import VARIABLES


class TemplateBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=64)
    channel: str = Field(max_length=16)
    language: str = Field(max_length=8, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,4})?$")
    body: str = Field(max_length=20_000)
    subject: str = Field(default="", max_length=1000)  # of e-mails


class TemplatesApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/templates", self.list, SUPERVISOR),
            Route("PUT", "/api/templates", self.save, SUPERVISOR),
        ]

    async def list(self, request: web.Request) -> web.Response:
        async with self._deps.engine.connect() as connection:
            found = await templates.texts_of(connection, request[IDENTITY].tenant_id)
        rows = [
            {"name": name, "channel": channel, "language": language, "subject": one.subject, "body": one.body}
            for (name, channel), by_language in sorted(found.items())
            for language, one in sorted(by_language.items())
        ]
        return answer({"templates": rows, "variables": VARIABLES})

    async def save(self, request: web.Request) -> web.Response:
        """Writes over the template of the same name, channel and language."""
        body = await read_json(request, TemplateBody)
        identity = request[IDENTITY]
        async with self._deps.engine.begin() as connection:
            await templates.save(
                connection,
                tenant_id=identity.tenant_id,
                name=body.name,
                channel=body.channel,
                language=body.language,
                body=body.body,
                subject=body.subject,
                now=self._deps.clock.now(),
                actor=identity.actor,
            )
        return answer(body.model_dump())
