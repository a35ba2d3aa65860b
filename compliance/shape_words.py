"""Says what is wrong with the shape of a JSON value, where, and how to mend it. Pure."""

from __future__ import annotations

import re
from typing import Any

from msgspec import ValidationError, inspect

_STEP = re.compile(r"\.?([^.\[\]`]+)|\[(\d+|\.\.\.)\]")
_MISSING = re.compile(r"missing required field `(.+)`")
_UNKNOWN = re.compile(r"^Invalid enum value (.+)$")
_KIND = re.compile(r"^Expected `([^`]+)`, got `([^`]+)`$")
_RANGE = re.compile(r"^Expected `(?:int|float)` (>=|<=) (\S+)$")
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"
_LIKE = {CLOCK: "this is no time of day; write it like 08:30, up to 24:00"}
_SAID = {"Invalid RFC3339 encoded date": "this is no date that exists; write it like 2026-07-01"}
_KINDS = {
    "str": "text in quotation marks", "int": "a whole number", "float": "a number", "bool": "true or false",
    "array": "a list in [ ]", "object": "an object in { }", "null": "null",
}  # fmt: skip


def in_words(problem: ValidationError, shape: Any, root: str = "") -> str:
    """The sentence of msgspec for people: "contact.channel: 'fax' is not known; use email, sms, voice or whatsapp".

    `shape` is the type that was asked for, `root` the name of the value.
    """
    what, _, path = str(problem).partition(" - at `$")
    path = path.removesuffix("`")
    where = f"{root}{path}".removeprefix(".")
    said = _said(what, _shape_at(shape, path))
    return f"{where}: {said}" if where else said


def _said(what: str, shape: inspect.Type | None) -> str:
    if match := _MISSING.search(what):
        field = _field(shape, match[1])
        choice = _choice(field.type) if field is not None else ""
        return f"{match[1]} is missing; add it{f': {choice}' if choice else ''}"
    if match := _UNKNOWN.match(what):
        return f"{match[1]} is not known; use {_choice(shape)}"
    if match := _KIND.match(what):
        wanted, got = (" or ".join(_KINDS.get(name, name) for name in kinds.split(" | ")) for kinds in match.groups())
        return f"this is {got}; write {_choice(shape) or wanted}"
    if match := _RANGE.match(what):
        return f"must be {'at least' if match[1] == '>=' else 'at most'} {match[2]}; mend the number"
    if "matching regex" in what:
        return _LIKE.get(what.split("'")[1].replace("\\\\", "\\"), what)
    return _SAID.get(what, what)


def _choice(shape: inspect.Type | None) -> str:
    """What may stand there, where that is a choice of words."""
    words = [str(value) for one in _members(shape) if isinstance(one, inspect.LiteralType) for value in one.values]
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _shape_at(shape: Any, path: str) -> inspect.Type | None:
    here: inspect.Type | None = inspect.type_info(shape)
    for name, _ in _STEP.findall(path):
        here = _inside(here, name)
    return here


def _inside(shape: inspect.Type | None, name: str) -> inspect.Type | None:
    """The shape of a field, or (without a name) of an item of a list or the value of a key."""
    if name:
        field = _field(shape, name)
        return None if field is None else field.type
    for one in _members(shape):
        if isinstance(one, inspect.VarTupleType):
            return one.item_type
        if isinstance(one, inspect.DictType):
            return one.value_type
    return None


def _field(shape: inspect.Type | None, name: str) -> inspect.Field | None:
    fields = (field for one in _members(shape) if isinstance(one, inspect.StructType) for field in one.fields)
    return next((field for field in fields if field.encode_name == name), None)


def _members(shape: inspect.Type | None) -> tuple[inspect.Type, ...]:
    if isinstance(shape, inspect.UnionType):
        return shape.types
    return () if shape is None else (shape,)
