"""`promiseline compliance calendar`: a picture of the week's open hours, in the terminal or as an SVG file."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo, available_timezones

import typer
from rich.text import Text

from campaigns.problems import Refused
from dialer.cli import times
from dialer.cli.output import console, fail, print_json, say, told_clearly

if TYPE_CHECKING:
    from compliance.open_hours import WeekOf

SLOT = timedelta(minutes=30)
SLOTS = 48
LEFT, TOP, ROW, WIDTH = 110, 46, 18, 960


def calendar_command(
    rulebook: Annotated[
        list[str] | None, typer.Option("--rulebook", help="A rulebook's id; several are combined. All, one by one.")
    ] = None,
    zone: Annotated[
        list[str] | None, typer.Option("--zone", help="An IANA zone; by default those of the rulebooks.")
    ] = None,
    week: Annotated[str, typer.Option("--week", help="Any date of the week, like 2026-03-09; this week.")] = "",
    channel: Annotated[Literal["voice", "sms", "whatsapp", "email"], typer.Option("--channel")] = "voice",
    show_in: Annotated[str, typer.Option("--in", help="The zone of the picture; 'local' for each row's own.")] = "UTC",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document in place of a picture.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the picture to this file.")] = None,
) -> None:
    """When may people be contacted this week? Holidays and clock changes are marked."""
    from compliance.open_hours import weeks
    from compliance.rulebooks.loader import RulebookError
    from compliance.rulebooks.model import UnknownRulebook
    from dialer.books import load_books
    from dialer.settings import SettingsProblem, load_settings

    if json and svg:
        fail("choose one of --json and --svg")
    with told_clearly(Refused):
        first = times.day("--week", week) or datetime.now(UTC).date()
    for name in (*(zone or ()), *(() if show_in == "local" else (show_in,))):
        if name not in available_timezones():
            fail(f"zone {name!r} is unknown; use a name of the IANA database like America/New_York")
    with told_clearly(SettingsProblem, RulebookError, UnknownRulebook):
        books = load_books(load_settings())
        profiles = [tuple(rulebook)] if rulebook else [(book_id,) for book_id in sorted(books.books)]
        found = [one for ids in profiles for one in weeks(ids, zone or _zones(ids, books), first, channel, books)]
    if json:
        print_json([_document(one) for one in found])
    elif svg is not None:
        _write(svg, found, show_in, channel)
    else:
        for one in found:
            _draw(one, one.zone if show_in == "local" else show_in)


def _zones(ids: tuple[str, ...], books: Any) -> tuple[str, ...]:
    zones = dict.fromkeys(zone for book_id in ids for zone in books.get(book_id).zones)
    return tuple(zones) or ("UTC",)


def _document(one: "WeekOf") -> dict[str, Any]:
    return {
        "zone": one.zone,
        "rulebooks": list(one.rulebooks),
        "first": one.first.isoformat(),
        "open_hours": one.hours,
        "open": [{"from": _utc(span.start), "to": _utc(span.end)} for span in one.spans],
        "notes": [{"day": note.day.isoformat(), "kind": note.kind, "text": note.text} for note in one.notes],
    }


def _utc(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def days_of(one: "WeekOf", zone: str) -> Iterator[date]:
    """The dates of that zone's calendar which the week touches."""
    there = ZoneInfo(zone)
    day, last = (at.astimezone(there).date() for at in (one.start, one.end - timedelta(seconds=1)))
    while day <= last:
        yield day
        day += timedelta(days=1)


def bar(one: "WeekOf", day: date, zone: str) -> str:
    """48 half-hours of the wall clock: █ open, ▌ open in part, · closed; a space outside the week or in a gap."""
    drawn = ""
    for slot in range(SLOTS):
        start, end = _on_the_wall(day, slot, zone), _on_the_wall(day, slot + 1, zone)
        gap = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != _naive(day, slot)
        if gap or start >= one.end or end <= one.start:
            drawn += " "
            continue
        held = [min(span.end, end) - max(span.start, start) for span in one.spans]
        share = sum((each for each in held if each > timedelta()), timedelta())
        drawn += "█" if share >= end - start else "▌" if share else "·"
    return drawn


def _naive(day: date, slot: int) -> datetime:
    return datetime(day.year, day.month, day.day) + slot * SLOT  # noqa: DTZ001 - a time on a wall


def _on_the_wall(day: date, slot: int, zone: str) -> datetime:
    return _naive(day, slot).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _draw(one: "WeekOf", zone: str) -> None:
    say(f"\n{' + '.join(one.rulebooks)} in {one.zone}: {one.hours:g} h open (times in {zone})")
    console.print(Text(" " * 15 + "".join(f"{hour:<4}" for hour in range(0, 24, 2)), style="dim"))
    for day in days_of(one, zone):
        notes = [note for note in one.notes if note.day == day]
        line = Text(f"{day:%a %Y-%m-%d} ").append(bar(one, day, zone), style="green")
        line.append("".join(f" {'✕' if note.kind == 'holiday' else '◷'} {note.text}" for note in notes), style="yellow")
        console.print(line, soft_wrap=True)


def _write(path: Path, found: "list[WeekOf]", show_in: str, channel: str) -> None:
    try:
        path.write_bytes(picture(found, show_in, channel))
    except OSError as problem:
        fail(f"{path} cannot be written ({problem.strerror})")
    say(f"Written: {path}")


def picture(found: "list[WeekOf]", show_in: str, channel: str) -> bytes:
    """The SVG file: one block for each zone and profile, one row for each date, open hours as bars."""
    root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg")
    ET.SubElement(root, "title").text = f"Open hours for {channel}"
    ET.SubElement(root, "style").text = (
        "text{font:11px system-ui,sans-serif;fill:#1f2937}.h{font-weight:600;font-size:13px}.o{fill:#15803d}"
        ".d{fill:#e5e7eb}.n{fill:#b45309}.g{stroke:#9ca3af;stroke-width:.5}"
    )
    y = 10
    for one in found:
        y = _block(root, one, one.zone if show_in == "local" else show_in, y)
    root.set("viewBox", f"0 0 {LEFT + WIDTH + 320} {y}")
    drawn: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return drawn


def _block(root: ET.Element, one: "WeekOf", zone: str, y: int) -> int:
    title = f"{' + '.join(one.rulebooks)} in {one.zone}: {one.hours:g} h open (times in {zone})"
    _words(root, 10, y + 16, title, "h")
    days = list(days_of(one, zone))
    for hour in range(0, 25, 3):
        x = LEFT + WIDTH * hour / 24
        _words(root, x, y + 34, f"{hour:02d}", "")
        ends = {"y1": _n(y + TOP - 8), "y2": _n(y + TOP + ROW * len(days))}
        ET.SubElement(root, "line", {"class": "g", "x1": _n(x), "x2": _n(x), **ends})
    for row, day in enumerate(days):
        top = y + TOP + row * ROW
        _words(root, 10, top + 11, f"{day:%a %Y-%m-%d}", "")
        _bar(root, "d", day, zone, (one.start, one.end), top)
        for span in one.spans:
            _bar(root, "o", day, zone, span, top)
        notes = ", ".join(note.text for note in one.notes if note.day == day)
        if notes:
            _words(root, LEFT + WIDTH + 10, top + 11, notes, "n")
    return y + TOP + ROW * len(days) + 24


def _bar(root: ET.Element, kind: str, day: date, zone: str, span: tuple[datetime, datetime], top: int) -> None:
    """The part of the span that falls on this date, where the clock on the wall shows it."""
    day_s = 86400.0
    walls = [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - _naive(day, 0) for at in span]
    first, last = (min(day_s, max(0.0, each.total_seconds())) for each in walls)
    if last > first:
        place = {"x": _n(LEFT + WIDTH * first / day_s), "y": _n(top), "width": _n(WIDTH * (last - first) / day_s)}
        ET.SubElement(root, "rect", {"class": kind, "height": _n(ROW - 4), **place})


def _words(root: ET.Element, x: float, y: float, text: str, kind: str) -> None:
    ET.SubElement(root, "text", {"x": _n(x), "y": _n(y), "class": kind}).text = text


def _n(value: float) -> str:
    return f"{value:g}"
