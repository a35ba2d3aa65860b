"""protocol.ts and its mirror in Python name the same fields, in nested objects too."""

import re
import typing
from pathlib import Path
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from agent_ui.live import protocol
from compliance.verdict import REASON_CODES
from dialer.wishes import IN_A_CALL

SOURCE = Path(protocol.__file__).parent.parent / "web" / "src" / "protocol.ts"
Fields = dict[str, "Fields"]
NOT_MIRRORED = {"ResumeReply", "CommandReply"}  # unions without fields of their own
OURS_ALONE = {"Bye"}


def _closing(text: str, start: int) -> int:
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError("a { without its }")


def fields_of_body(body: str) -> tuple[Fields, set[str]]:
    """The fields of an interface's body with those nested in them, and the names of optional ones."""
    fields: Fields = {}
    optional: set[str] = set()
    place = 0
    name_at = re.compile(r"\s*;?\s*(\w+)(\?)?:\s*")
    while found := name_at.match(body, place):
        name, place = found.group(1), found.end()
        nested: Fields = {}
        while place < len(body) and body[place] not in ";\n":
            if body[place] == "{":
                end = _closing(body, place)
                nested |= fields_of_body(body[place + 1 : end])[0]
                place = end
            place += 1
        fields[name] = nested
        if found.group(2):
            optional.add(name)
        place += 1
    return fields, optional


def interfaces() -> dict[str, tuple[Fields, set[str]]]:
    text = re.sub(r"//[^\n]*", "", SOURCE.read_text())
    found = {}
    for start in re.finditer(r"export interface (\w+)(?:<\w+>)? \{", text):
        opening = start.end() - 1
        found[start.group(1)] = fields_of_body(text[opening + 1 : _closing(text, opening)])
    return found


def mirror_fields(kind: Any, named: set[str]) -> Fields:
    """The fields of a TypedDict; those of one that the original has by name are its own affair."""
    return {name: _nested(hint, named) for name, hint in get_type_hints(kind, include_extras=True).items()}


def _nested(hint: Any, named: set[str]) -> Fields:
    if is_typeddict(hint):
        return {} if hint.__name__ in named else mirror_fields(hint, named)
    found: Fields = {}
    if get_origin(hint) is not typing.Literal:
        for part in get_args(hint):
            found |= _nested(part, named)
    return found


def mirrored() -> dict[str, Any]:
    return {name: kind for name, kind in vars(protocol).items() if is_typeddict(kind)}


ORIGINALS = interfaces()


def test_the_original_can_be_read() -> None:
    assert set(ORIGINALS["AgentView"][0]["phone"]) == {"endpoint", "online", "connected"}
    assert set(ORIGINALS["FileView"][0]["score"]) == {"total", "parts"}
    assert set(ORIGINALS["FileView"][0]["score"]["parts"]) == {"name", "points", "because"}
    assert len(ORIGINALS) > 20


@pytest.mark.parametrize("name", sorted(ORIGINALS))
def test_each_interface_has_a_mirror_with_the_same_fields(name: str) -> None:
    fields, optional = ORIGINALS[name]
    kind = mirrored()[name]
    assert mirror_fields(kind, set(ORIGINALS)) == fields
    hints = get_type_hints(kind, include_extras=True)
    not_required = {each for each, hint in hints.items() if get_origin(hint) is NotRequired}
    assert not_required == (optional | ({"value"} if name == "Op" else set()))


def test_nothing_is_mirrored_that_the_original_lacks() -> None:
    nested = {name for name in mirrored() if name not in ORIGINALS}
    used = {part.__name__ for kind in mirrored().values() for part in _parts(kind)}
    assert nested - OURS_ALONE <= used


def _parts(kind: Any) -> list[Any]:
    found: list[Any] = []

    def walk(hint: Any) -> None:
        if is_typeddict(hint):
            found.append(hint)
        for part in get_args(hint):
            walk(part)

    for hint in get_type_hints(kind).values():
        walk(hint)
    return found


def _words(file: str, name: str) -> tuple[str, ...]:
    """The texts of `export const NAME = [...]` in a file of the consoles."""
    text = (SOURCE.parent / file).read_text(encoding="utf-8")
    listed = re.search(rf"export const {name} = \[(.*?)\]", text, re.DOTALL)
    assert listed is not None, f"{file} has no {name}"
    return tuple(re.findall(r'"([^"]+)"', listed[1]))


def test_the_consoles_know_every_reason_and_every_wish() -> None:
    own = {"in_progress", "no_contact_point", "no_debt", "closed", "facts"}  # dialer.contact.Refused
    assert set(_words("supervisor/compliance/verdicts.ts", "REASONS")) == set(REASON_CODES) | own
    assert _words("agent/wish.ts", "WISHES") == IN_A_CALL
