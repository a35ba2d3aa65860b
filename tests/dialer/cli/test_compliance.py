"""`promiseline compliance check|abandonment`: auditors' cases through the production gate."""

import json
from pathlib import Path
from typing import Any

from tests.dialer.cli.program import Program, Ran

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
