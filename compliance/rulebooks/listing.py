"""What a rulebook says and how sure that is: every value with its source, its confidence and whether it is a draft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from msgspec import Struct, structs

from compliance.rulebooks.model import Book, Version, is_draft
from compliance.rulebooks.spec import Value, VersionSpec

COUNSEL = "draft, needs counsel"


class Listed(Struct, frozen=True):
    """One value of a version. `where` is its path in the file; `draft` is also true of a value from memory."""

    where: str
    source: str
    confidence: str
    draft: bool
    says: dict[str, Any]


def values(spec: VersionSpec) -> Iterator[Listed]:
    """Every value of a version, in the order of the file's shape."""
    for name in spec.__struct_fields__:
        yield from _under(name, getattr(spec, name))


def drafts(version: Version) -> tuple[str, ...]:
    """What of a version counsel must still look at: the names its file gives, then the values it marks."""
    marked = [listed.where for listed in values(version.spec) if listed.draft]
    return tuple(dict.fromkeys((*version.draft, *marked)))


def confidence(version: Version) -> str:
    """The weakest confidence of its values."""
    order = ("primary", "secondary", "memory")
    return max((listed.confidence for listed in values(version.spec)), key=order.index)


def listed(book: Book, today: date) -> dict[str, Any]:
    """One rulebook as plain values: its versions with dates, confidence, drafts, sources and all that they say."""
    now = book.at(today)
    return {
        "id": book.id,
        "title": book.title,
        "kind": book.kind,
        "file": book.file,
        "zones": list(book.zones),
        "in_force": None if now is None else now.label,
        "versions": [_version(version, version is now) for version in book.versions],
    }


def _version(version: Version, in_force: bool) -> dict[str, Any]:
    found = drafts(version)
    return {
        "version": version.label,
        "effective_from": version.first and version.first.isoformat(),
        "effective_to": version.last and version.last.isoformat(),
        "in_force": in_force,
        "confidence": confidence(version),
        "mark": COUNSEL if found else "",
        "drafts": list(found),
        "values": [structs.asdict(one) for one in values(version.spec)],
    }


def _under(where: str, value: object) -> Iterator[Listed]:
    if isinstance(value, Value):
        plain = {name: _plain(given) for name, given in structs.asdict(value).items()}
        source, sure, _ = plain.pop("source"), plain.pop("confidence"), plain.pop("draft")
        says = {name: given for name, given in plain.items() if given not in (None, [], {})}
        label = f"{where}.{says['id']}" if "id" in says else where
        yield Listed(label, source, sure, is_draft(value), says)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _under(f"{where}.{key}", item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            yield from _under(where if len(value) == 1 else f"{where}.{index + 1}", item)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
