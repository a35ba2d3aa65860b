"""`promiseline compliance check|abandonment`: auditors' cases through the production gate."""

import asyncio
import json
import shlex
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings, strategies as st

from compliance.explain import abandonment_line, check_line
from tests.compliance.cases import ask, books, event, make, request
from tests.dialer.cli.program import PROGRAM, Program, Ran

GOLDEN = Path(__file__).parents[2] / "compliance" / "golden"


def lines(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0, ran
    return [json.loads(line) for line in ran.out.splitlines()]


async def test_the_golden_contacts_get_their_verdicts(tmp_path: Path) -> None:
    cases = (GOLDEN / "contacts.jsonl").read_text()
    expected = {case["id"]: case["expect"] for case in map(json.loads, cases.splitlines())}
    stripped = "\n".join(
        json.dumps({key: value for key, value in json.loads(case).items() if key != "expect"})
        for case in cases.splitlines()
    )

    answers = lines(await Program(tmp_path)("compliance", "check", stdin=stripped))

    assert [answer["id"] for answer in answers] == list(expected)
    for answer in answers:
        assert answer["verdict"] == expected[answer["id"]]["verdict"]
        assert set(answer["reasons"]) == set(expected[answer["id"]]["reasons"])


async def test_the_golden_abandonments_get_their_figures(tmp_path: Path) -> None:
    cases = (GOLDEN / "abandonment.jsonl").read_text()

    answers = lines(await Program(tmp_path)("compliance", "abandonment", stdin=cases))

    for case, answer in zip(map(json.loads, cases.splitlines()), answers, strict=True):
        assert {key: answer.get(key) for key in case["expect"]} == case["expect"], case["id"]


async def test_a_bad_line_gets_an_error_and_the_others_go_on(tmp_path: Path) -> None:
    good = (GOLDEN / "contacts.jsonl").read_text().splitlines()[0]
    bad = ["{", "[]", '{"no": "id"}', '{"id": "x"}', "\ufffd\ufffd"]

    answers = lines(await Program(tmp_path)("compliance", "check", stdin="\n".join([good, *bad, "", good]) + "\n"))

    assert [("error" in answer) for answer in answers] == [False, *[True] * len(bad), False]
    assert all(answer["error"] for answer in answers[1:-1])
    assert answers[0] == answers[-1]


async def test_a_file_that_begins_with_a_byte_order_mark_loses_no_line(tmp_path: Path) -> None:
    good = (GOLDEN / "contacts.jsonl").read_text().splitlines()[0]
    answers = lines(await Program(tmp_path)("compliance", "check", stdin=f"\ufeff{good}\r\n \r\n{good}"))
    assert [answer["verdict"] for answer in answers] == ["allow", "allow"]


@pytest.mark.parametrize(
    ("redirect", "told"),
    [
        ("<&-", "standard input is closed"),
        (">&-", "standard output is closed"),
        (">/dev/full", "no space is left"),
        ("--json >/dev/full", "no space is left"),
    ],
)
async def test_an_answer_that_has_nowhere_to_go_is_told(tmp_path: Path, redirect: str, told: str) -> None:
    case = tmp_path / "case.jsonl"
    case.write_text((GOLDEN / "abandonment.jsonl").read_text())
    command = "rulebooks" if "--json" in redirect else "abandonment"
    ran = await asyncio.create_subprocess_shell(
        f"{shlex.join(PROGRAM)} compliance {command} <{shlex.quote(str(case))} {redirect}",
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await ran.communicate()
    assert (ran.returncode, err.decode().count("\n")) == (1, 1)
    assert err.decode().startswith("promiseline: ") and told in err.decode()


def _case(**changes: Any) -> dict[str, Any]:
    case = make(**changes)
    return case | {"id": "odd"}


ODD: dict[str, tuple[dict[str, Any], str]] = {
    "naive": (_case(at="2026-06-10T16:00:00"), "not a UTC time"),
    "another offset": (_case(at="2026-06-10T16:00:00-04:00"), "not a UTC time"),
    "no such day": (_case(at="2026-02-30T16:00:00Z"), "not a time that exists"),
    "too early": (_case(at="0001-01-01T00:00:00Z"), "mend the year"),
    "unknown number": (_case(points=[{"id": "m1", "address": "12345"}]), "the number is unknown"),
    "number of no country": (_case(points=[{"id": "m1", "address": "+999123"}]), "the number is unknown"),
    "naive in the history": (_case(history=[event("2026-06-01T10:00:00")]), "not a UTC time"),
    "naive consent": (
        _case(points=[{"id": "m1", "consent": [{"channel": "sms", "at": "2026-06-01T10:00:00", "by": "oral"}]}]),
        "not a UTC time",
    ),
    "unknown rulebook": (_case(rulebooks=["nowhere"]), "not loaded"),
    "unknown point": (_case(contact_point="x9"), "not among"),
}


def test_each_odd_line_is_told_what_is_wrong_and_the_lines_around_it_are_answered() -> None:
    good = json.dumps(make())
    for name, (case, words) in ODD.items():
        before, odd, after = (check_line(line, books()) for line in (good, json.dumps(case), good))
        assert odd["id"] == "odd" and words in odd["error"], name
        assert before == after and before["verdict"] == "allow"


@pytest.mark.parametrize(
    "line", ["[" * 100_000, '{"id": "a", "x": ' + "[" * 100_000, '{"id": "\\ud800"}', "NaN", "9" * 5000]
)
def test_no_line_however_odd_ends_the_command(line: str) -> None:
    for answer in (check_line(line, books()), abandonment_line(line)):
        assert answer["error"] and orjson.dumps(answer)


def test_an_end_written_as_for_ever_is_taken_as_one() -> None:
    for_ever = {"deny": [{"weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}], "until": "9999-12-31"}
    asked = request("2026-06-01T00:00:00Z", "inconvenient_time", **for_ever)
    disputed = request(
        "2026-06-01T00:00:00Z", "dispute", form="written", within_validation_period=True,
        verified_at="9999-12-31T23:59:59Z",
    )  # fmt: skip
    assert ask(make(requests=[asked]))[:2] == ("deny", {"preference"})
    assert ask(make(requests=[disputed]))[:2] == ("deny", {"cease"})


@settings(max_examples=300)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
    st.sampled_from(["debtor", "contact", "history", "rulebooks", "debts", "debt_details"]),
)
def test_whatever_stands_in_a_case_an_answer_comes_out(odd: Any, key: str) -> None:
    for answer in (
        check_line(json.dumps(make() | {key: odd}), books()),
        abandonment_line(json.dumps({"id": "a", key: odd})),
    ):
        assert "verdict" in answer or "error" in answer
        orjson.dumps(answer)


@pytest.mark.parametrize(
    "calls",
    [
        [{"campaign": "a", "date": "9999-12-31", "answered_by_person": 1, "abandoned": 0}],
        [{"campaign": "a", "date": "2026-02-30", "answered_by_person": 1, "abandoned": 0}],
        [{"campaign": "a", "date": "2026-02-03", "answered_by_person": -1, "abandoned": 0}],
        {"answered_by_person": 1},
        None,
    ],
)
def test_an_odd_abandonment_is_told_what_is_wrong(calls: Any) -> None:
    assert abandonment_line(json.dumps({"id": "a", "regime": "us-fcc", "kind": "daily", "calls": calls}))["error"]


async def test_the_quality_of_the_opt_out_classifier_is_printed(program: Program) -> None:
    labelled = "en\tstop\tSTOP\nen\tother\tI pay Friday\nde\tstop\tbitte nicht mehr anrufen\n"
    told = (await program("compliance", "optout", "--json", stdin=labelled)).json()
    assert told["recall_of_stop"] == {"en": 1.0, "de": 1.0, "all": 1.0}
    assert told["other_read_as_stop"] == {"en": 0.0, "de": None, "all": 0.0}
    assert told["matrix"][0] == {
        "language": "en", "label": "stop", "texts": 1, "read_stop": 1, "read_unclear": 0, "read_start": 0,
        "read_help": 0, "read_other": 0,
    }  # fmt: skip
    assert "recall of stop 1.0000" in (await program("compliance", "optout", stdin=labelled)).out
    assert "line 2" in (await program("compliance", "optout", stdin="en\tstop\tSTOP\nen stop STOP\n")).refusal()


async def test_the_likelihood_of_a_stop_is_trained_and_told_for_a_set_left_out(
    program: Program, tmp_path: Path
) -> None:
    first, second, out = tmp_path / "first.tsv", tmp_path / "second.tsv", tmp_path / "weights.npz"
    first.write_text("en\tstop\tspare me the texts\nen\tother\tpaid already\n")
    second.write_text("en\tstop\tspare us the texts\nen\tother\tI paid already\n")
    told = (await program("compliance", "optout-train", str(first), "--out", str(out), "--json")).json()
    assert told["texts"] == 2 and out.stat().st_size > 0
    told = (await program("compliance", "optout-train", str(first), str(second), "--check", "--json")).json()
    assert [(one["set"], one["stops"], one["others"]) for one in told["left_out"]] == [
        ("first.tsv", 1, 1), ("second.tsv", 1, 1),
    ]  # fmt: skip
    second.write_text("en stop STOP\n")
    assert "line 1" in (await program("compliance", "optout-train", str(second))).refusal()
