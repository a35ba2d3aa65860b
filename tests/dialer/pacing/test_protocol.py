"""The pacer protocol: what is answered, what is refused, and that a refusal changes nothing."""

import json
from typing import Any

import pytest

from dialer.pacing import pacer_for
from dialer.pacing.interface import Line, Seat, SeatEvent
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.protocol import LONGEST_LINE, Session
from dialer.pacing.start import PacerStart
from dialer.pacing.wire import SnapshotLine, read_line, snapshot_of

START: dict[str, Any] = {
    "type": "start",
    "seed": 1,
    "abandon_target": 0.03,
    "ring_timeout_s": 22,
    "hold_s": 2.0,
    "dial_window_s": [0, 28740],
    "max_lines": None,
    "max_cps": None,
    "amd": {"est_fp": 0.05, "est_fn": 0.1},
    "n_agents": 50,
    "connect_s": 0.2,
}
SNAPSHOT: dict[str, Any] = {
    "type": "snapshot",
    "now": 3601.5,
    "agents": [
        ["idle", 3.2],
        ["talk", 41.0],
        ["talk", 12.0, "pause"],
        ["wrap", 2.5],
        ["pause", 60.0],
        ["out", 100.0],
    ],
    "calls": [["dialing", 0.8], ["ringing", 7.1], ["detecting", 1.2], ["waiting", 0.4]],
    "outcomes": [[3601.2, "no_answer", 24.1, 0], [3601.4, "answered", 9.8, 7.6]],
    "agent_events": [[3601.1, "talk_end", 118.0, 0], [3601.3, "wrap_end", 21.0, 0]],
    "totals": {"launched": 812, "answered": 201, "connected": 188, "dropped": 5, "amd_machine": 77},
    "lines_in_use": 63,
}


def session(mode: str = "predictive") -> Session:
    return Session(lambda start: PredictivePacer.begin(start) if mode == "predictive" else pacer_for(mode, 2.0))


def said(to: Session, line: Any) -> Any:
    raw = line if isinstance(line, bytes) else json.dumps(line).encode()
    answer = to.answer(raw + b"\n")
    return None if answer is None else json.loads(answer)


def opened(mode: str = "predictive") -> Session:
    talk = session(mode)
    assert said(talk, START) is None
    return talk


@pytest.mark.parametrize("mode", ["predictive", "power", "progressive", "preview"])
def test_the_protocols_own_example_is_answered_with_a_launch_and_a_reason(mode: str) -> None:
    answer = said(opened(mode), SNAPSHOT)
    assert set(answer) == {"launch", "because"} and answer["launch"] >= 0 and answer["because"]


def test_progressive_counts_the_idle_less_the_calls_in_flight() -> None:
    floor = SNAPSHOT | {"agents": [["idle", 1.0]] * 6, "calls": [["ringing", 3.0]] * 2}
    assert said(opened("progressive"), floor)["launch"] == 4


def without(line: dict[str, Any], field: str) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key != field}


@pytest.mark.parametrize("field", [key for key in START if key != "type"])
def test_a_start_without_a_field_is_refused_by_its_name_and_may_be_said_again(field: str) -> None:
    talk = session()
    assert field in said(talk, without(START, field))["error"]
    assert said(talk, START) is None


@pytest.mark.parametrize("field", [key for key in SNAPSHOT if key != "type"])
def test_a_snapshot_without_a_field_is_refused_by_its_name_and_launches_nothing(field: str) -> None:
    answer = said(opened(), without(SNAPSHOT, field))
    assert set(answer) == {"error"} and field in answer["error"]


@pytest.mark.parametrize(
    "change, named",
    [
        ({"type": "tick"}, "type"),
        ({"type": 3}, "type"),
        ({"agents": [["idle", 1.0], ["lunch", 3.0]]}, "agents[1][0]"),
        ({"agents": [["idle", -1.0]]}, "agents[0][1]"),
        ({"agents": [["idle"]]}, "agents[0]"),
        ({"agents": [["talk", 1.0, "coffee"]]}, "agents[0][2]"),
        ({"agents": {"idle": 3}}, "agents"),
        ({"calls": [["ringing", -0.1]]}, "calls[0][1]"),
        ({"calls": [["flying", 0.1]]}, "calls[0][0]"),
        ({"calls": [["ringing", "7"]]}, "calls[0][1]"),
        ({"calls": [["ringing", 7.1, -0.1]]}, "calls[0][2]"),
        ({"calls": [["ringing", 7.1, "1"]]}, "calls[0][2]"),
        ({"calls": [["ringing", 7.1, 1e300]]}, "calls[0][2]"),
        ({"calls": [["ringing", 7.1, 1, 1]]}, "calls[0]"),
        ({"next_odds": -1}, "next_odds"),
        ({"next_odds": 101}, "next_odds"),
        ({"next_odds": None}, "next_odds"),
        ({"outcomes": [[1.0, "lost", 2.0, 0]]}, "outcomes[0][1]"),
        ({"outcomes": [[1.0, "busy", -2.0, 0]]}, "outcomes[0][2]"),
        ({"agent_events": [[1.0, "talk_end", 2.0, 7]]}, "agent_events[0][3]"),
        ({"totals": {"launched": 1}}, "totals"),
        ({"totals": SNAPSHOT["totals"] | {"dropped": -1}}, "totals.dropped"),
        ({"lines_in_use": -3}, "lines_in_use"),
        ({"lines_in_use": 1.5}, "lines_in_use"),
        ({"lines_in_use": 1e300}, "lines_in_use"),
        ({"totals": SNAPSHOT["totals"] | {"answered": 2.5}}, "totals.answered"),
        ({"agent_events": [[1.0, "talk_end", 2.0, 0.5]]}, "agent_events[0][3]"),
        ({"outcomes": [[1.0, "busy", 2.0]]}, "outcomes[0]"),
        ({"outcomes": [[1.0, "busy", 2.0, None]]}, "outcomes[0][3]"),
        ({"now": None}, "now"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(change: dict[str, Any], named: str) -> None:
    talk = opened()
    answer = said(talk, SNAPSHOT | change)
    assert set(answer) == {"error"} and named in answer["error"]
    assert "launch" in said(talk, SNAPSHOT)


@pytest.mark.parametrize(
    "change, named",
    [
        ({"abandon_target": 1.5}, "abandon_target"),
        ({"ring_timeout_s": 0}, "ring_timeout_s"),
        ({"hold_s": -1}, "hold_s"),
        ({"dial_window_s": [5, 1]}, "dial_window_s"),
        ({"dial_window_s": [5]}, "dial_window_s"),
        ({"max_lines": -1}, "max_lines"),
        ({"max_cps": 0}, "max_cps"),
        ({"amd": {"est_fp": 0.1}}, "est_fn"),
        ({"amd": {"est_fp": 1.1, "est_fn": 0}}, "est_fp"),
        ({"n_agents": "50"}, "n_agents"),
        ({"n_agents": 50.5}, "n_agents"),
        ({"max_lines": 9.5}, "max_lines"),
        ({"seed": 0.5}, "seed"),
        ({"ring_timeout_s": -1}, "ring_timeout_s"),
    ],
)
def test_a_start_with_a_wrong_value_is_refused_with_its_place(change: dict[str, Any], named: str) -> None:
    assert named in said(session(), START | change)["error"]


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"nonsense", b"\xff\xfe", b'{"type": "snapshot", "now": NaN}', b"null", b"{}" * 2],
)
def test_what_is_no_line_of_the_protocol_is_refused_and_the_session_goes_on(line: bytes) -> None:
    talk = opened()
    assert set(said(talk, line)) == {"error"}
    assert "launch" in said(talk, SNAPSHOT)


def test_a_number_without_end_is_refused() -> None:
    text = json.dumps(SNAPSHOT).replace("3601.5", "1e999", 1).encode()
    assert "error" in said(opened(), text)


def test_a_line_of_many_megabytes_is_refused() -> None:
    assert "longer" in said(opened(), b" " * (LONGEST_LINE + 1))["error"]


def test_whole_numbers_may_be_printed_with_a_point_and_the_machine_as_yes_or_no() -> None:
    plain, pointed = session(), session()
    start = START | {"n_agents": 50, "max_lines": 100, "max_cps": 4}
    assert said(plain, start) is said(pointed, start | {"seed": 1.0, "n_agents": 50.0, "max_lines": 100.0}) is None
    events = [[3601.1, "talk_end", 118.0, 1], [3601.2, "talk_end", 3.0, 0], [3601.3, "wrap_end", 21.0, 0]]
    same = [[3601.1, "talk_end", 118, True], [3601.2, "talk_end", 3, 0.0], [3601.3, "wrap_end", 21, False]]
    totals = {name: float(count) for name, count in SNAPSHOT["totals"].items()}
    answer = said(plain, SNAPSHOT | {"agent_events": events})
    assert answer == said(pointed, SNAPSHOT | {"agent_events": same, "totals": totals, "lines_in_use": 63.0})
    assert answer["launch"] >= 0


def test_fields_that_the_protocol_does_not_know_are_ignored() -> None:
    plain, talkative = session(), session()
    assert said(plain, START) is said(talkative, START | {"schema": "pacesim/2", "amd_model": {"x": [None]}}) is None
    more = SNAPSHOT | {"queue": [{"id": 7}], "totals": SNAPSHOT["totals"] | {"busy": 9}}
    assert said(plain, SNAPSHOT) == said(talkative, more)


HUGE = SNAPSHOT | {
    "agents": [["idle", 1e19], ["talk", 1e300], ["wrap", 1.7e308, "pause"], ["out", 1e18]],
    "calls": [["dialing", 1e19], ["ringing", 1e300], ["detecting", 1.7e308], ["waiting", 1e19]],
    "outcomes": [[-1e300, "answered", 1e300, 1e19], [1e300, "no_answer", 1e19, 0], [3, "dropped", 1e20, 1e300]],
    "agent_events": [[1e300, "talk_end", 1e19, 0], [-1e300, "wrap_end", 1e300, 0]],
    "totals": dict.fromkeys(SNAPSHOT["totals"], 2**53),
    "lines_in_use": 2**53,
}


@pytest.mark.parametrize("amd", [None, START["amd"]])
def test_times_beyond_all_sense_are_survived(amd: Any) -> None:
    talk = session()
    assert said(talk, START | {"amd": amd}) is None
    for step in range(3):
        answer = said(talk, HUGE | {"now": 3601.5 + step})
        assert 0 <= answer["launch"] <= 4096 and "nan" not in answer["because"] and "inf" not in answer["because"]
    calm = said(talk, SNAPSHOT | {"now": 3700.0, "agents": [["idle", 9.0]] * 5, "calls": [], "lines_in_use": 0})
    assert 0 <= calm["launch"] <= 4096


@pytest.mark.parametrize("now", [1e300, -1e13])
def test_a_clock_that_cannot_be_seconds_is_refused_and_the_next_line_goes_on(now: float) -> None:
    talk = opened()
    answer = said(talk, SNAPSHOT | {"now": now})
    assert set(answer) == {"error"} and answer["error"].startswith("now: ")
    assert "launch" in said(talk, SNAPSHOT)


@pytest.mark.parametrize("ring_timeout_s", [None, 600, 1e12])
def test_a_floor_that_hangs_up_on_nobody_who_is_rung_is_paced_like_one_with_the_longest_time_out(
    ring_timeout_s: float | None,
) -> None:
    talk, longest = session(), session()
    assert said(talk, START | {"ring_timeout_s": ring_timeout_s}) is None
    assert said(longest, START | {"ring_timeout_s": 600}) is None
    floors = [SNAPSHOT | {"now": 3601.5 + 0.5 * step} for step in range(5)]
    answers = [said(talk, floor) for floor in floors]
    assert answers == [said(longest, floor) for floor in floors] and all("launch" in answer for answer in answers)


def test_a_refusal_says_first_where_and_of_time_exactly_when() -> None:
    talk = opened()
    assert said(talk, without(SNAPSHOT, "totals"))["error"] == "totals: is missing"
    assert said(talk, SNAPSHOT | {"totals": {}})["error"] == "totals.launched: is missing"
    assert said(talk, SNAPSHOT | {"type": "obs"})["error"].startswith("type: must be start or snapshot")
    assert said(talk, [])["error"].startswith("the line: ")
    epoch = 1_795_000_000.75
    assert "launch" in said(talk, SNAPSHOT | {"now": epoch})
    back = said(talk, SNAPSHOT | {"now": epoch - 0.25})["error"]
    assert "1795000000.5 is before the last snapshot's 1795000000.75" in back


def test_time_may_stand_still_and_not_run_backwards() -> None:
    talk = opened()
    assert "launch" in said(talk, SNAPSHOT)
    assert "launch" in said(talk, SNAPSHOT)
    back = said(talk, SNAPSHOT | {"now": 3601.4})
    assert "now" in back["error"] and "backwards" in back["error"]
    assert "launch" in said(talk, SNAPSHOT | {"now": 3602.0})


def test_the_start_comes_first_and_once() -> None:
    talk = session()
    assert "start" in said(talk, SNAPSHOT)["error"]
    assert said(talk, START) is None
    assert "second start" in said(talk, START)["error"]


def test_odds_that_are_not_told_are_one() -> None:
    silent, told = opened(), opened()
    floor = SNAPSHOT | {"calls": [["dialing", 0.8], ["ringing", 7.1]]}
    same = SNAPSHOT | {"calls": [["dialing", 0.8, 1], ["ringing", 7.1, 1.0]], "next_odds": 1}
    assert said(silent, floor) == said(told, same)
    assert snapshot_of(line_of(same), PacerStart()) == snapshot_of(line_of(floor), PacerStart())
    other = snapshot_of(line_of(floor | {"calls": [["ringing", 7.1, 1.4]], "next_odds": 0.5}), PacerStart())
    assert (other.calls, other.next_odds) == ((Line("ringing", 7.1, 1.4),), 0.5)


def line_of(line: dict[str, Any]) -> SnapshotLine:
    read = read_line(json.dumps(line).encode())
    assert isinstance(read, SnapshotLine)
    return read


def test_the_same_lines_get_the_same_answers() -> None:
    lines = [START] + [SNAPSHOT | {"now": 3601.5 + 0.5 * step} for step in range(20)]
    first, second = session(), session()
    assert [said(first, line) for line in lines] == [said(second, line) for line in lines]


STAGED = SNAPSHOT | {
    "agents": [["talk", 41.0, None, "promise", 12.0], ["wrap", 2.5, "pause", "identified", 60.0], ["talk", 3.0]],
    "agent_events": [
        [3601.0, "talk_stage", 29.0, 0, "identified", 12.0, "promise"],
        [3601.1, "wrap_stage", 2.0, 0, None, 0.0, "outcome"],
        [3601.2, "talk_end", 118.0, 0, "identified", 90.0],
        [3601.3, "wrap_end", 21.0, 0],
    ],
}


@pytest.mark.parametrize("mode", ["predictive", "progressive"])
def test_agents_and_events_may_tell_how_far_a_call_is(mode: str) -> None:
    assert "error" not in said(opened(mode), STAGED)
    read = read_line(json.dumps(STAGED).encode())
    assert isinstance(read, SnapshotLine)
    told = snapshot_of(read, PacerStart())
    assert told.seats == (
        Seat("talk", 41.0, None, "promise", 12.0), Seat("wrap", 2.5, "pause", "identified", 60.0), Seat("talk", 3.0),
    )  # fmt: skip
    assert told.seat_events[0] == SeatEvent(3601.0, "talk_stage", 29.0, False, "identified", 12.0, "promise")
    assert told.seat_events[3] == SeatEvent(3601.3, "wrap_end", 21.0)


@pytest.mark.parametrize(
    ("field", "wrong", "told"),
    [
        ("agents", ["talk", 1.0, None, "asleep", 1.0], "agents[0][3]"),
        ("agents", ["talk", 1.0, None, "promise", -1.0], "agents[0][4]"),
        (
            "agent_events",
            [1.0, "talk_stage", 1.0, 0, None, 0.0],
            "agent_events[0]: talk_stage needs the stage that shows",
        ),
        ("agent_events", [1.0, "talk_end", 1.0, 0, None, 0.0, "promise"], "agent_events[0]: nothing shows at talk_end"),
        ("agent_events", [1.0, "talk_stage", 1.0, 0, "x", 0.0, "promise"], "agent_events[0][4]"),
    ],
)
def test_a_stage_that_is_none_is_refused_by_its_place_and_changes_nothing(field: str, wrong: Any, told: str) -> None:
    talk = opened()
    assert told in said(talk, SNAPSHOT | {field: [wrong]})["error"]
    assert "error" not in said(talk, SNAPSHOT)
