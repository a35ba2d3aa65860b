"""Writes sections of an Asterisk configuration file, with values that cannot break out of their line."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """`[name]` and its lines in order; `arrow` writes `=>` where a file wants it."""

    name: str
    lines: Sequence[tuple[str, object]]
    arrow: bool = False


def escape(value: str) -> str:
    """Quote what Asterisk's parser would take for a comment. Raises ValueError for line breaks."""
    if any(char in value for char in "\r\n\0"):
        raise ValueError("a configuration value must not hold a line break")
    return value.replace(";", "\\;")


def render_file(sections: Sequence[Section]) -> str:
    """The file's text."""
    parts = ["; written by promiseline from its settings; changes made here are lost\n"]
    for section in sections:
        sign = " => " if section.arrow else "="
        lines = [f"{name}{sign}{escape(str(value))}\n" for name, value in section.lines]
        parts.append(f"\n[{section.name}]\n" + "".join(lines))
    return "".join(parts)
