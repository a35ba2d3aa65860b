"""One JSON line in, one answer out: how auditors and test sets drive the production gate."""

from __future__ import annotations

from typing import Any

import orjson

from compliance.abandonment import AbandonmentError, answer
from compliance.case_checks import CaseError
from compliance.cases import facts_of_case
from compliance.facts import FactsError
from compliance.gate import decide
from compliance.rulebooks.model import Rulebooks, UnknownRulebook
from compliance.verdict import format_instant


def check_line(line: str, books: Rulebooks) -> dict[str, Any]:
    """`{id, verdict, reasons, retry_at, flags, because}` of one contact case, or `{id, error}` for a bad line."""
    case, error = _object(line)
    if error is not None:
        return error
    try:
        verdict = decide(facts_of_case(case), books)
    except (CaseError, FactsError, UnknownRulebook) as problem:
        return {"id": case.get("id"), "error": str(problem)}
    return {
        "id": case["id"],
        "verdict": verdict.decision,
        "reasons": list(verdict.codes),
        "retry_at": format_instant(verdict.retry_at),
        "flags": list(verdict.flags),
        "because": verdict.because,
    }


def abandonment_line(line: str) -> dict[str, Any]:
    """`id` and what the regime says about these calls, or `{id, error}` for a bad line."""
    case, error = _object(line)
    if error is not None:
        return error
    try:
        return {"id": case["id"], **answer(case)}
    except AbandonmentError as problem:
        return {"id": case.get("id"), "error": str(problem)}
    except OverflowError:
        return {"id": case.get("id"), "error": "a date or a number is too far away to reckon with; mend it"}


def _object(line: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    try:
        case = orjson.loads(line)
    except ValueError as problem:
        return {}, {"id": None, "error": f"not JSON: {problem}; write one object a line"}
    if not isinstance(case, dict):
        return {}, {"id": None, "error": "not an object; write one object a line"}
    if case.get("id") is None:
        return {}, {"id": None, "error": "the case has no id; give it one"}
    if not isinstance(case["id"], str):
        return {}, {"id": None, "error": f"the id {case['id']!r} is not text; put it in quotation marks"}
    return case, None
