"""The independent inspection must find each kind of breach, and nothing in a clean log."""

from datetime import UTC, datetime, timedelta

import pytest

from dialer.demo.inspector import Findings, Person, SentText, StopReply, inspect
from telephony.sandbox.log import LogEntry

NOON = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)  # Wednesday, 12:00 in New York
ANNA = Person(1, ("+12125550142", "+12125550143"), ("America/New_York",), ("US",))


class Log:
    """Writes the entries that an exchange would."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []

    def add(self, kind: str, at: datetime, channel: str, **fields: object) -> None:
        self.entries.append(LogEntry(len(self.entries) + 1, at, kind, channel, **fields))  # type: ignore[arg-type]

    def call(
        self, channel: str, at: datetime, *, answered: bool = False, wait_s: float = 0.1, seconds: float = 20
    ) -> None:
        self.add("originate", at, channel, number="12125550142")
        if answered:
            self.add("answer", at + timedelta(seconds=5), channel, by="person")
            self.add("connected", at + timedelta(seconds=5 + wait_s), channel)
        self.add("destroyed", at + timedelta(seconds=seconds), channel, sip=None if answered else 480)


def judged(log: Log, **more: object) -> Findings:
    return inspect(log.entries, [ANNA], **more)  # type: ignore[arg-type]


def test_a_clean_log_has_no_findings() -> None:
    log = Log()
    log.call("a", NOON)
    log.call("b", NOON + timedelta(hours=2), answered=True)

    found = judged(log, texts=[SentText(NOON, "+12125550142")])

    assert (found.violations, found.orphans, found.duplicate_dials) == ([], [], [])
    assert (found.person_answered, found.abandoned) == (1, 0)


@pytest.mark.parametrize("hour", [12, 2])  # 07:00 and 21:00 in New York
def test_a_call_outside_the_hours_is_found(hour: int) -> None:
    log = Log()
    log.call("a", NOON.replace(hour=hour))

    assert len(judged(log).violations) == 1


def test_a_text_outside_the_hours_is_found() -> None:
    assert len(judged(Log(), texts=[SentText(NOON.replace(hour=11), "+12125550142")]).violations) == 1


def test_the_eighth_call_in_seven_dates_is_found() -> None:
    log = Log()
    for number in range(8):
        log.call(f"c{number}", NOON + timedelta(minutes=20 * number))

    assert any("call 8 in 7 dates" in line for line in judged(log).violations)


def test_a_call_within_seven_dates_of_a_talk_is_found() -> None:
    log = Log()
    log.call("a", NOON, answered=True)
    log.call("b", NOON + timedelta(days=6))
    log.call("c", NOON + timedelta(days=7))

    assert len([line for line in judged(log).violations if "of a talk" in line]) == 1


def test_two_calls_to_one_person_at_once_are_found() -> None:
    log = Log()
    log.call("a", NOON, seconds=60)
    log.call("b", NOON + timedelta(seconds=30))

    assert len(judged(log).duplicate_dials) == 1


def test_one_channel_dialed_twice_is_found() -> None:
    log = Log()
    log.call("a", NOON)
    log.call("a", NOON + timedelta(hours=1))

    assert len(judged(log).duplicate_dials) == 1


def test_a_channel_that_never_ends_is_an_orphan() -> None:
    log = Log()
    log.add("originate", NOON, "a", number="12125550142")

    assert len(judged(log).orphans) == 1


def test_a_person_left_in_silence_is_found_and_counted_as_abandoned() -> None:
    log = Log()
    log.call("a", NOON, answered=True, wait_s=6)

    found = judged(log)

    assert any("silence" in line for line in found.violations)
    assert found.abandoned == 1


def test_a_person_who_hears_the_message_in_time_is_abandoned_but_not_left_in_silence() -> None:
    log = Log()
    log.add("originate", NOON, "a", number="12125550142")
    log.add("answer", NOON + timedelta(seconds=4), "a", by="person")
    log.add("play_start", NOON + timedelta(seconds=6), "a")
    log.add("destroyed", NOON + timedelta(seconds=12), "a")

    found = judged(log)

    assert found.violations == []
    assert found.abandoned == 1


def test_a_text_after_a_stop_is_found() -> None:
    texts = [SentText(NOON, "+12125550142"), SentText(NOON + timedelta(hours=1), "+12125550142")]

    found = judged(Log(), texts=texts, stops=[StopReply(NOON + timedelta(minutes=5), "+12125550142")])

    assert len(found.violations) == 1


def test_a_number_that_belongs_to_nobody_is_found() -> None:
    log = Log()
    log.add("originate", NOON, "a", number="19995550000")
    log.add("destroyed", NOON, "a")

    assert len(judged(log).violations) == 1


def test_a_call_to_a_person_who_forbade_calls_is_found_whatever_the_number() -> None:
    log = Log()
    log.call("a", NOON, answered=True)
    log.add("originate", NOON + timedelta(days=9), "b", number="12125550143")
    log.add("destroyed", NOON + timedelta(days=9, seconds=20), "b", sip=480)

    assert judged(log).violations == []
    found = judged(log, no_more_calls={"a": NOON + timedelta(minutes=2)})

    assert len([line for line in found.violations if "calls were forbidden" in line]) == 1


def test_a_call_that_ended_before_the_word_is_no_breach() -> None:
    log = Log()
    log.call("a", NOON, answered=True)

    assert judged(log, no_more_calls={"a": NOON + timedelta(minutes=2)}).violations == []


def test_each_zone_where_the_person_may_be_counts_for_calls_and_texts() -> None:
    """12:00 in New York is 18:00 in Warsaw and 03:00 in Sydney."""
    two = Person(2, ("+12125550150",), ("America/New_York", "Australia/Sydney"), ("US",))
    log = Log()
    log.add("originate", NOON, "a", number="12125550150")
    log.add("destroyed", NOON + timedelta(seconds=20), "a", sip=480)

    found = inspect(log.entries, [two], [SentText(NOON, "+12125550150")])

    assert len(found.violations) == 2
    assert all("Australia/Sydney" in line for line in found.violations)


def test_a_person_of_whom_no_zone_is_known_may_not_be_contacted() -> None:
    nowhere = Person(3, ("+12125550151",), (), ("US",))

    found = inspect([], [nowhere], [SentText(NOON, "+12125550151")])

    assert any("no zone known" in line for line in found.violations)
