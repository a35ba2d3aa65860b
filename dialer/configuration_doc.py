"""Prints docs/configuration.md from the settings: `python -m dialer.configuration_doc > docs/configuration.md`."""

import sys
from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from dialer.settings import Settings

HEAD = """# Configuration

Made by `python -m dialer.configuration_doc` from `dialer/settings.py`; a test keeps it current.

Sources, the later one wins: `promiseline.toml` in the working folder (or the file that `PROMISELINE_CONFIG` names), one
file for each setting in the folder that `PROMISELINE_SECRETS_DIR` names (`promiseline_secret_key` ...), environment
variables. Everything is checked at start; what is wrong is told with the name of the setting.
"""


def render() -> str:
    return HEAD + "\n".join(_section("", Settings, "PROMISELINE_")) + "\n"


def _section(title: str, model: type[BaseModel], prefix: str) -> Iterator[str]:
    yield ""
    if title:
        yield f"## {title}"
        yield ""
    if model.__doc__ and title:
        yield model.__doc__.strip().splitlines()[0]
        yield ""
    yield "| setting | variable | type | default | meaning |"
    yield "|---|---|---|---|---|"
    groups: list[tuple[str, type[BaseModel], str]] = []
    for name, info in model.model_fields.items():
        inner = _group(info.annotation)
        if inner is not None and inner is not _item(info.annotation):
            groups.append((f"[{name}]", inner, f"{prefix}{name.upper()}__"))
            continue
        if inner is not None:
            groups.append((f"[[{name}]], a list", inner, f"{prefix}{name.upper()}, as JSON: "))
        variable = f"`{prefix}{name.upper()}`" if "JSON" not in prefix else f"`{name}` in `{prefix.split(',')[0]}`"
        yield f"| `{name}` | {variable} | {_type(info.annotation)} | {_default(info)} | {info.description or ''} |"
    for group in groups:
        yield from _section(*group)


def _item(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is tuple else None


def _group(annotation: Any) -> type[BaseModel] | None:
    candidate = _item(annotation) or annotation
    return candidate if isinstance(candidate, type) and issubclass(candidate, BaseModel) else None


def _type(annotation: Any) -> str:
    item = _item(annotation)
    if item is not None:
        return f"list of {_type(item)}"
    words = get_args(annotation)
    if words:
        return " \\| ".join(_type(word) if isinstance(word, type) else str(word) for word in words)
    if annotation is NoneType:
        return "none"
    if annotation is SecretStr:
        return "secret"
    return str(getattr(annotation, "__name__", annotation))


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "**needed**"
    value = info.default
    if isinstance(value, SecretStr):
        return "empty"
    if isinstance(value, tuple):
        return ", ".join(_shown(part) for part in value) or "none"
    if value is None:
        return "none"
    return f"`{value}`" if value != "" else "empty"


def _shown(part: Any) -> str:
    """A group as one writes it into the variable."""
    return f"`{part.model_dump_json()}`" if isinstance(part, BaseModel) else str(part)


if __name__ == "__main__":
    sys.stdout.write(render())
