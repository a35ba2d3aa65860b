"""What the gauges leave to pacing, and which of them alarm."""

from datetime import timedelta

from compliance.abandonment_ledger import Gauge, LedgerRegime, Policy, Subject, judge, windows
from compliance.abandonment_tally import Tally
from dialer.abandonment_guard import abandonment_alarms, budget
from dialer.pacing import AbandonmentBudget, pacer_for
from dialer.state import LiveCampaign
from tests.builders import NOW
from tests.dialer.floor_rig import quick


def gauges(tally: Tally, *binds: LedgerRegime) -> tuple[Gauge, ...]:
    subject = Subject(1, "Spring", binds=binds)
    return tuple(judge(subject, window, tally, Policy()) for window in windows(NOW, "UTC", Policy(), NOW))


def test_the_budget_is_the_least_of_what_all_leave() -> None:
    found = budget(gauges(Tally(persons=2000, abandoned=40, missed=20), "us", "gb-ofcom", "house"))
    us = judge(Subject(1, "Spring"), windows(NOW, "UTC", Policy(), NOW)[0], Tally(2000, 40), Policy())
    assert found == AbandonmentBudget(us.remaining, False, "") and us.remaining > 0


def test_a_gauge_that_holds_gives_its_numbers_as_the_reason() -> None:
    found = budget(gauges(Tally(persons=2000, abandoned=10, missed=70), "us", "gb-ofcom", "house"))
    assert (found.remaining, found.holds) == (0, True)
    assert found.because.startswith("abandonment, House 24 h: 70 of 2000")


def test_what_does_not_bind_leaves_everything() -> None:
    assert not budget(gauges(Tally(persons=2000, abandoned=90), "house")).holds
    assert budget(()) == AbandonmentBudget()


def test_alarms_are_those_of_the_regimes_that_bind_each_with_its_own_instant() -> None:
    settings = quick()
    live = LiveCampaign(7, 1, "Spring", "Bank", "running", 1, settings, pacer_for("power", 2))
    since = NOW - timedelta(minutes=3)
    live.gauges = tuple((gauge, since) for gauge in gauges(Tally(persons=2000, abandoned=90, missed=50), "us", "house"))
    found = {alarm["id"]: (alarm["level"], alarm["at"]) for alarm in abandonment_alarms([live])}
    assert found == {
        "abandonment:7:us": ("error", "2026-03-04T14:57:00+00:00"),
        "abandonment:7:house-1h": ("warning", "2026-03-04T14:57:00+00:00"),
        "abandonment:7:house-24h": ("warning", "2026-03-04T14:57:00+00:00"),
    }
    assert all(alarm["text"].startswith("Spring. ") for alarm in abandonment_alarms([live]))
    live.state = "finished"
    assert abandonment_alarms([live]) == []
