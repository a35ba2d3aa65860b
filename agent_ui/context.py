"""What middlewares leave for handlers on a request, and how handlers read bodies and answer."""

from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from agent_ui.problems import Problem
from agent_ui.sessions import Identity

REQUEST_ID = web.RequestKey("request_id", str)
IDENTITY = web.RequestKey("identity", Identity)

Model = TypeVar("Model", bound=BaseModel)


async def read_json(request: web.Request, model: type[Model]) -> Model:
    """The body as `model`; raises Problem that names the first wrong field and how to mend it."""
    if request.content_type != "application/json":
        raise Problem(415, "not_json", "Send JSON, with the header Content-Type: application/json.")
    body = await request.read()
    if b"\\u0000" in body:
        raise Problem(422, "invalid", "The text holds a NUL character, which cannot be stored. Remove it.")
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as wrong:
        raise Problem(
            400, "malformed_json", f"The body is not JSON: line {wrong.lineno}, column {wrong.colno}."
        ) from None
    return check(model, data)


def check(model: type[Model], data: Any) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as wrong:
        raise invalid(wrong) from None


def invalid(wrong: ValidationError, prefix: str = "") -> Problem:
    """A Problem of the first error; its message lists all, each with its field, never with the value sent."""
    found = wrong.errors(include_input=False, include_url=False, include_context=False)
    fields = [prefix + (".".join(str(part) for part in each["loc"]) or "body") for each in found]
    says = [f"{field}: {_mend(each['type'], each['msg'])}" for field, each in zip(fields, found, strict=True)]
    return Problem(422, "invalid", "; ".join(says[:10]) + ".", field=fields[0])


def _mend(kind: str, message: str) -> str:
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return "is not known here; remove it or check its spelling"
    return message.removeprefix("Value error, ").replace("Input should be", "must be").rstrip(".")


def answer(data: Any, status: int = 200) -> web.Response:
    """JSON that no cache keeps."""
    return web.Response(
        body=orjson.dumps(data), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
