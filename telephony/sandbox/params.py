"""Reads a request's parameters from the query and the JSON body, as ARI accepts both."""

from collections.abc import Mapping
from typing import Any

from telephony.sandbox.node import Refusal


class Params:
    """Query parameters win; a JSON body may carry the same names."""

    def __init__(self, query: Mapping[str, str], body: Any) -> None:
        self._query = query
        self.body: dict[str, Any] = body if isinstance(body, dict) else {}

    def text(self, name: str, default: str = "") -> str:
        if name in self._query:
            return self._query[name]
        value = self.body.get(name)
        return default if value is None else str(value)

    def required(self, name: str, message: str) -> str:
        value = self.text(name)
        if not value:
            raise Refusal(400, message)
        return value

    def number(self, name: str, default: float) -> float:
        value = self.text(name)
        try:
            return float(value) if value else default
        except ValueError:
            raise Refusal(400, f"Invalid {name} specified") from None

    def names(self, name: str) -> list[str]:
        """A comma-separated query value or a JSON array."""
        if name in self._query:
            return [part for part in self._query[name].split(",") if part]
        value = self.body.get(name)
        if isinstance(value, list):
            return [str(part) for part in value]
        return [part for part in str(value).split(",") if part] if value else []

    def variables(self) -> tuple[dict[str, str], dict[str, str]]:
        """All `variables` of the body, and those of them that every event shall carry (`report_events`)."""
        plain: dict[str, str] = {}
        reported: dict[str, str] = {}
        given = self.body.get("variables")
        if given is None:
            return plain, reported
        if not isinstance(given, dict):
            raise Refusal(400, "Error parsing request body")
        for name, value in given.items():
            if isinstance(value, dict):
                plain[name] = str(value.get("value", ""))
                if value.get("report_events"):
                    reported[name] = plain[name]
            else:
                plain[name] = str(value)
        return plain, reported
