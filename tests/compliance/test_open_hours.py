"""The week's open hours: what the calendar draws is what the gate allows, minute by minute."""

from datetime import date, datetime, timedelta

import pytest

from compliance.open_hours import week_of, weeks
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


def test_an_unknown_rulebook_is_refused_by_name() -> None:
    with pytest.raises(UnknownRulebook, match="nowhere"):
        list(weeks(["nowhere"], ["UTC"], SPRING, "voice", books()))
