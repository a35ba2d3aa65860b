"""How long a login waits."""

from datetime import UTC, datetime, timedelta

import pytest

from agent_ui.throttle import PER_LOGIN, PER_SOURCE, WINDOW, wait_s

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "waits"), [(0, 0), (4, 0), (5, 15), (6, 30), (7, 60), (8, 120), (9, 240), (10, 300), (200, 300)]
)
def test_the_wait_doubles_after_the_free_failures_up_to_the_longest(failures: int, waits: int) -> None:
    assert wait_s([NOW] * failures, NOW, PER_LOGIN) == waits


def test_the_wait_counts_from_the_last_failure_in_whole_seconds_rounded_up() -> None:
    last = NOW - timedelta(seconds=4, milliseconds=500)
    earlier = [NOW - timedelta(minutes=1)] * 4
    assert wait_s([last, *earlier], NOW, PER_LOGIN) == 11
    assert wait_s([*earlier, NOW - timedelta(seconds=15)], NOW, PER_LOGIN) == 0


def test_failures_before_the_window_count_no_more() -> None:
    assert wait_s([NOW - WINDOW] * 100, NOW, PER_LOGIN) == 0


def test_a_source_may_fail_more_often_than_a_login() -> None:
    assert wait_s([NOW] * 29, NOW, PER_SOURCE) == 0
    assert wait_s([NOW] * 30, NOW, PER_SOURCE) == 15
