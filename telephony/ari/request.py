"""One REST operation as a value, and what carries it out; the generated methods need nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar
from urllib.parse import quote

T = TypeVar("T")

Value = str | int | float | bool | Sequence[str]


@dataclass(frozen=True, slots=True)
class Request:
    """`op` is the operation's static name (`channels.hangup`), fit for logs; the rest may hold personal data."""

    op: str
    method: str
    path: str
    query: tuple[tuple[str, Value], ...] = ()
    body: Mapping[str, object] | None = None

    def with_query_in_body(self) -> "Request":
        """The same request with its parameters in the JSON body, so that no number stands in a URL or an access log.

        Asterisk reads them there by JSON type: an integer as text would count as 0.
        """
        if not self.query:
            return self
        return replace(self, query=(), body={**dict(self.query), **(self.body or {})})

    def query_texts(self) -> list[tuple[str, str]]:
        """The parameters as a URL has them."""
        return [(name, _text(value)) for name, value in self.query]


class Caller(Protocol):
    """Sends a request and reads the reply. Errors: see telephony.ari.errors."""

    async def call(self, request: Request, reply: type[T]) -> T: ...
    async def send(self, request: Request) -> None: ...
    async def fetch(self, request: Request) -> bytes: ...


def path(template: str, **values: str) -> str:
    """Fill a path template; a value may hold any character, so a slash in it does not become another resource."""
    return template.format(**{name: quote(value, safe="") for name, value in values.items()})


def query(**values: Value | None) -> tuple[tuple[str, Value], ...]:
    """Query parameters without those that are None."""
    return tuple((name.rstrip("_"), value) for name, value in values.items() if value is not None)


def _text(value: Value) -> str:
    """Booleans in ARI's words, lists separated by commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else ",".join(value)
