"""The week's open hours: what the calendar draws is what the gate allows, minute by minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from compliance.open_hours import Span, WeekOf, wall_days, week_of, weeks
from compliance.rulebooks.model import UnknownRulebook
from compliance.windows import window_state
from tests.compliance.cases import books

SPRING = date(2026, 3, 8)  # the Sunday on which clocks go forward in the United States


def test_the_week_runs_from_its_monday_for_seven_local_dates() -> None:
    found = week_of("America/New_York", ("us-federal",), date(2026, 3, 2), "voice", books())
    assert (found.start.isoformat(), found.end.isoformat()) == (
        "2026-03-02T05:00:00+00:00",
        "2026-03-09T04:00:00+00:00",
    )
    assert len(found.spans) == 7 and found.hours == 7 * 13


def test_a_clock_change_is_noted_and_the_hours_stay_local() -> None:
    found = next(weeks(["us-federal"], ["America/New_York"], SPRING, "voice", books()))
    assert [(note.day, note.kind, note.text) for note in found.notes] == [
        (SPRING, "clock", "clocks go forward 60 minutes")
    ]
    assert found.spans[-1].start.isoformat() == "2026-03-08T12:00:00+00:00"


def test_a_holiday_is_noted_and_closed() -> None:
    found = next(weeks(["co"], ["America/Bogota"], date(2026, 3, 23), "voice", books()))
    (note,) = found.notes
    assert (note.day, note.kind) == (date(2026, 3, 23), "holiday") and note.text.endswith("(co)")
    assert min(span.start for span in found.spans).date() == date(2026, 3, 24)


def test_several_rulebooks_are_combined_and_then_shown_alone() -> None:
    found = list(weeks(["us-federal", "co"], ["America/New_York"], SPRING, "voice", books()))
    assert [one.rulebooks for one in found] == [("us-federal", "co"), ("us-federal",), ("co",)]
    assert found[0].hours <= min(one.hours for one in found[1:])


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Asia/Kolkata", "America/Bogota"])
@pytest.mark.parametrize("ids", [("us-federal", "co"), ("gb",), ("in",)])
def test_every_quarter_of_an_hour_is_drawn_as_the_gate_sees_it(zone: str, ids: tuple[str, ...]) -> None:
    found = week_of(zone, ids, date(2026, 3, 23), "voice", books())
    at: datetime = found.start
    while at < found.end:
        drawn = any(span.start <= at < span.end for span in found.spans)
        assert drawn == window_state((zone,), ids, "voice", at, books()).open, at
        at += timedelta(minutes=15)


@pytest.mark.parametrize("first", [date(2026, 3, 2), date(2026, 10, 26), date(2026, 6, 1)])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Europe/London"])
@pytest.mark.parametrize("book", ["us-federal", "gb", "in"])
def test_the_days_of_a_week_show_each_minute_as_the_spans_have_it(zone: str, first: date, book: str) -> None:
    week = week_of(zone, (book,), first, "voice", books())
    days = {one.day: one.open for one in wall_days(week)}
    assert list(days) == [first + timedelta(days=step) for step in range(7)]
    at = week.start
    while at < week.end:
        local = at.astimezone(ZoneInfo(zone))
        minute = local.hour * 60 + local.minute
        drawn = any(span.start <= minute < span.end for span in days[local.date()])
        assert drawn == any(span.start <= at < span.end for span in week.spans), at
        at += timedelta(minutes=15)


def test_a_day_that_is_open_to_its_end_ends_with_it() -> None:
    (day, *_) = wall_days(
        WeekOf("UTC", (), SPRING, *(two := (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC))),
               (Span(two[0] + timedelta(hours=20), two[0] + timedelta(hours=30)),), ())
    )  # fmt: skip
    assert day.open == ((1200, 1440),)


def test_an_unknown_rulebook_is_refused_by_name() -> None:
    with pytest.raises(UnknownRulebook, match="nowhere"):
        list(weeks(["nowhere"], ["UTC"], SPRING, "voice", books()))
