"""The generated code is what the generator makes of the checked-in descriptions, and covers all of them."""

import inspect
import json
from typing import Any

import msgspec
import pytest

from telephony.ari import generate
from telephony.ari.decode import KNOWN_TYPES
from telephony.ari.generated import events, models, requests
from telephony.ari.request import Request


class Recorder:
    """Takes requests instead of a node."""

    def __init__(self) -> None:
        self.request = Request("", "", "")

    async def call(self, request: Request, reply: type[Any]) -> Any:
        self.request = request

    async def send(self, request: Request) -> None:
        self.request = request

    async def fetch(self, request: Request) -> bytes:
        self.request = request
        return b""


def described_operations() -> list[tuple[str, str, dict[str, Any]]]:
    known = generate.Descriptions(generate.RESOURCES)
    return [
        (resource, path, operation) for resource in known.resources for path, operation in known.operations(resource)
    ]


def test_the_checked_in_code_is_what_the_generator_writes() -> None:
    for name, source in generate.sources().items():
        assert (generate.TARGET / name).read_text() == source, f"run python -m telephony.ari.generate ({name})"


def test_nothing_stands_in_the_generated_folder_that_the_generator_does_not_write() -> None:
    assert {path.name for path in generate.TARGET.glob("*.py")} == set(generate.sources())


def test_all_108_operations_and_45_events_of_asterisk_22_10_are_there() -> None:
    assert len(described_operations()) == 108
    assert len(KNOWN_TYPES - {"MissingParams"}) == 45


@pytest.mark.parametrize(
    ("resource", "path", "operation"), described_operations(), ids=lambda v: v if isinstance(v, str) else ""
)
async def test_each_method_sends_the_described_request(resource: str, path: str, operation: dict[str, Any]) -> None:
    recorder = Recorder()
    group = getattr(requests.Resources(recorder), generate.snake(resource))
    method = getattr(group, generate.snake(operation["nickname"]))
    parameters = operation.get("parameters", [])
    values: dict[str, Any] = {generate.snake(p["name"]): sample(p) for p in parameters}
    signature = inspect.signature(method)
    assert set(signature.parameters) == set(values)
    positional = [values[n] for n, p in signature.parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    named = {n: values[n] for n, p in signature.parameters.items() if p.kind is p.KEYWORD_ONLY}
    await method(*positional, **named)
    sent = recorder.request
    assert sent.method == operation["httpMethod"]
    assert sent.path == path.format(**{p["name"]: "a%2Fb" for p in parameters})
    assert {name for name, _ in sent.query} == {p["name"] for p in parameters if p["paramType"] == "query"}
    assert (sent.body is not None) == any(p["paramType"] == "body" for p in parameters)


def sample(parameter: dict[str, Any]) -> Any:
    if parameter["paramType"] == "path":
        return "a/b"
    if parameter["paramType"] == "body":
        return {"x": "y"}
    if parameter.get("allowMultiple"):
        return ["a", "b"]
    return {"int": 1, "long": 1, "boolean": True}.get(parameter["dataType"], "text")


def test_an_optional_parameter_that_is_not_given_is_not_sent() -> None:
    assert "timeout" not in dict(Request("x", "GET", "/x").query)


def test_lists_are_joined_and_booleans_are_words_in_a_url() -> None:
    request = Request("x", "POST", "/x", (("channel", ["a", "b"]), ("mute", True), ("timeout", 30)))
    assert request.query_texts() == [("channel", "a,b"), ("mute", "true"), ("timeout", "30")]


def test_parameters_moved_to_the_body_keep_their_json_types() -> None:
    request = Request("x", "POST", "/x", (("endpoint", "PJSIP/1@t"), ("timeout", 30)), {"variables": {"a": "b"}})
    moved = request.with_query_in_body()
    assert moved.query == ()
    assert moved.body == {"endpoint": "PJSIP/1@t", "timeout": 30, "variables": {"a": "b"}}


def test_a_model_of_a_node_that_lacks_new_fields_is_still_read() -> None:
    old = {"id": "1", "name": "x", "state": "Up", "caller": {}, "connected": {}, "dialplan": {}}
    made = msgspec.convert({**old, "creationtime": "2026-01-01T00:00:00.000+0000"}, models.Channel)
    assert made.protocol_id == "" and made.tenantid is None


def test_python_words_are_renamed_but_not_on_the_wire() -> None:
    message = msgspec.json.decode(json.dumps({"from": "a", "to": "b", "body": "c"}), type=models.TextMessage)
    assert message.from_ == "a"
    assert "TextMessageReceived" in KNOWN_TYPES and events.TextMessageReceived.__struct_fields__
