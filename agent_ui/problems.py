"""What a person is told when a request is refused: a stable code, what is wrong, where, and how to mend it."""

from collections.abc import Callable
from typing import Any

from campaigns.problems import Refused


class Problem(Exception):
    """Refuses the request. `message` goes to the person as it is: no internals, no personal data."""

    def __init__(
        self, status: int, code: str, message: str, *, field: str | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.retry_after_s = retry_after_s

    def wire(self) -> dict[str, Any]:
        return error_wire(self.code, self.message, self.field)


def error_wire(code: str, message: str, field: str | None = None) -> dict[str, Any]:
    """`{"error": {code, message, field?}}`, the one shape of every refusal over HTTP."""
    error = {"code": code, "message": message}
    if field is not None:
        error["field"] = field
    return {"error": error}


def not_logged_in() -> Problem:
    return Problem(401, "not_logged_in", "You are not logged in, or your session ended. Log in again.")


def _same(field: str) -> str:
    return field


def from_refused(refused: Refused, name_of: Callable[[str], str] = _same) -> Problem:
    """What a service refused, all of it; `name_of` gives a field the name that it has in the request."""
    fields = [name_of(each.field) for each in refused.problems]
    says = [
        f"{field}: {each.message}" if field else each.message
        for field, each in zip(fields, refused.problems, strict=True)
    ]
    return Problem(422, "invalid", "; ".join(says) + ".", field=fields[0] or None)
