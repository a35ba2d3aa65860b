"""Reads one value after another out of parsed JSON and keeps every problem with the path of its field. Pure."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
REQUIRED = object()


class ScenarioProblem(ValueError):
    """What is wrong with a scenario, a line for each field."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Node:
    """An object of the scenario at a path. A wrong value becomes a problem, and a harmless value stands in for it."""

    def __init__(self, value: Any, path: str, problems: list[str]) -> None:
        self.path, self.problems = path, problems
        self.value: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.wrong("", f"{_shown(value)} is not an object with named fields")

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def wrong(self, key: str, what: str) -> None:
        self.problems.append(f"{self.at(key) or 'scenario'}: {what}")

    def has(self, key: str) -> bool:
        """True when the field is there and not null."""
        return self.value.get(key) is not None

    def _get(self, key: str, default: Any) -> Any:
        found = self.value.get(key)
        if found is None:
            if default is REQUIRED:
                self.wrong(key, "is missing")
            return None
        return found

    def number(
        self,
        key: str,
        default: Any = REQUIRED,
        *,
        low: float = 0.0,
        high: float = math.inf,
        above: bool = False,
        what: str = "a number of 0 or more",
    ) -> float:
        """A finite number from `low` (above it, with `above`) to `high`; `what` says so for people."""
        found = self._get(key, default)
        if found is None:
            return low + 1.0 if default is REQUIRED else default
        if isinstance(found, bool) or not isinstance(found, int | float):
            self.wrong(key, f"{_shown(found)} is not a number; it must be {what}")
        elif not _finite(found) or not low <= found <= high or (above and found == low):
            self.wrong(key, f"{_shown(found)} is not {what}")
        else:
            return float(found)
        return low + 1.0 if default is REQUIRED else default

    def share(self, key: str, default: Any = REQUIRED) -> float:
        """A probability."""
        found = self.number(key, default, high=1.0, what="a probability between 0 and 1")
        return 0.0 if default is REQUIRED and not self.has(key) else min(found, 1.0)

    def positive(self, key: str, default: Any = REQUIRED) -> float:
        return self.number(key, default, above=True, what="a number above 0")

    def whole(self, key: str, default: Any = REQUIRED, *, low: int = 0) -> int:
        """A whole number of `low` or more."""
        found = self._get(key, default)
        if found is None:
            return low if default is REQUIRED else default
        if isinstance(found, bool) or not isinstance(found, int | float) or not _finite(found) or found != int(found):
            self.wrong(key, f"{_shown(found)} is not a whole number")
        elif found < low:
            self.wrong(key, f"{_shown(found)} is not a whole number of {low} or more")
        else:
            return int(found)
        return low if default is REQUIRED else default

    def text(self, key: str, default: str) -> str:
        found = self._get(key, default)
        if found is None or isinstance(found, str):
            return default if found is None else found
        self.wrong(key, f"{_shown(found)} is not a text")
        return default

    def one_of(self, key: str, default: str, known: tuple[str, ...]) -> str:
        found = self.text(key, default)
        if found not in known:
            self.wrong(key, f"{_shown(found)} is not known; it must be one of {', '.join(known)}")
            return default
        return found

    def child(self, key: str, *, needed: bool = False) -> "Node | None":
        """The object under the key; None when it is not there."""
        if self.has(key):
            return Node(self.value[key], self.at(key), self.problems)
        if needed:
            self.wrong(key, "is missing")
        return None

    def items(self, key: str, *, needed: bool = False) -> "list[Any]":
        """The list under the key; `needed`: it must have at least one item."""
        found = self._get(key, REQUIRED if needed else None)
        if found is None:
            return []
        if not isinstance(found, list):
            self.wrong(key, f"{_shown(found)} is not a list")
            return []
        if needed and not found:
            self.wrong(key, "is empty; it must have at least one item")
        return found

    def children(self, key: str, read: "Callable[[Node], T]", *, needed: bool = False) -> tuple[T, ...]:
        """Each object of a list, read; paths carry the place: `rows[2]`."""
        return tuple(
            read(Node(item, f"{self.at(key)}[{place}]", self.problems))
            for place, item in enumerate(self.items(key, needed=needed))
        )

    def numbers(self, key: str, default: tuple[float, ...] | None = None) -> tuple[float, ...]:
        """A list of finite numbers."""
        if default is not None and not self.has(key):
            return default
        found = []
        for place, item in enumerate(self.items(key, needed=True)):
            if isinstance(item, bool) or not isinstance(item, int | float) or not _finite(item):
                self.wrong(f"{key}[{place}]", f"{_shown(item)} is not a number")
            else:
                found.append(float(item))
        return tuple(found)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 60 else text[:57] + "..."
