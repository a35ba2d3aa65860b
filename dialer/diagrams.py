"""Prints both lives as Mermaid diagrams and full tables, from the tables themselves: `python -m dialer.diagrams`."""

import sys
from collections.abc import Mapping
from pathlib import Path

from dialer import agent, call
from dialer.lives import Cell

Transitions = Mapping[str, Mapping[type, Cell]]


def diagram(transitions: Transitions, first: str, last: str | None) -> str:
    """A Mermaid state diagram: one arrow for each pair of states, with the events that lead along it."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, cells in transitions.items():
        for event, cell in cells.items():
            for target in cell.targets:
                arrows.setdefault((str(state), str(target)), []).append(event.__name__)
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    for (source, target), events in arrows.items():
        lines.append(f"    {source} --> {target}: {', '.join(sorted(events))}")
    if last is not None:
        lines.append(f"    {last} --> [*]")
    return "\n".join(lines)


def cells(transitions: Transitions) -> str:
    """Every cell: `do` handled, `.` ignored on purpose, `!` impossible (raises UnexpectedEvent, changes nothing)."""
    marks = {"handled": "do", "ignored": ".", "impossible": "!"}
    states = list(transitions)
    events = list(next(iter(transitions.values())))
    events.sort(key=lambda event: event.__name__)
    lines = [f"| event | {' | '.join(str(state) for state in states)} |", "|---" * (len(states) + 1) + "|"]
    for event in events:
        row = " | ".join(marks[transitions[state][event].kind] for state in states)
        lines.append(f"| {event.__name__} | {row} |")
    return "\n".join(lines)


def page() -> str:
    """docs/states.md."""
    parts = ["# A call's life and an agent's day", "", "Printed by `python -m dialer.diagrams` from the tables."]
    for title, transitions, first, last in (
        ("A call", call.TRANSITIONS, "committed", "ended"),
        ("An agent", agent.TRANSITIONS, "offline", None),
    ):
        parts += ["", f"## {title}", "", "```mermaid", diagram(transitions, first, last), "```", ""]
        parts += ["`do` handled, `.` ignored on purpose, `!` cannot come: raises, changes nothing, is counted.", ""]
        parts.append(cells(transitions))
    return "\n".join(parts) + "\n"


def main() -> None:
    Path(sys.argv[1] if len(sys.argv) > 1 else "docs/states.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
