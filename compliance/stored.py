"""Reads facts back as a verdict stored them (`msgspec.to_builtins`), so that the same question can be asked again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from compliance.facts import Facts


class StoredFactsError(ValueError):
    """What was stored is not such facts as this version of the gate knows."""


def facts_from(data: Mapping[str, Any]) -> Facts:
    """The facts of `to_builtins(facts)`, also after a way through JSON. Raises StoredFactsError."""
    try:
        return cast(Facts, _build(Facts, data))
    except (TypeError, ValueError, LookupError, AttributeError) as problem:
        raise StoredFactsError(str(problem)) from problem


def _build(kind: Any, value: Any) -> Any:
    if _plain(kind):
        return msgspec.convert(value, kind)
    if isinstance(kind, type) and issubclass(kind, Struct):
        hints = _hints(kind)
        return kind(**{name: _build(hints[name], value[name]) for name in kind.__struct_fields__ if name in value})
    if get_origin(kind) is tuple:
        return tuple([_build(get_args(kind)[0], each) for each in value])
    if {datetime, date} <= set(get_args(kind)):  # which of them the text itself tells
        known = datetime if value is not None and "T" in value else date
        return None if value is None else msgspec.convert(value, known)
    raise TypeError(f"no way to read {kind}")


@lru_cache(maxsize=256)
def _plain(kind: Any) -> bool:
    """Whether msgspec can read this type by itself; it refuses a choice between two kinds of text."""
    try:
        msgspec.convert(None, kind)
    except msgspec.ValidationError:
        return True
    except TypeError:
        return False
    return True


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
