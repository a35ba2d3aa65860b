"""The golden cases of this folder, and a small case to start from."""

from __future__ import annotations

import copy
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from compliance.explain import check_line
from compliance.rulebooks.loader import load_rulebooks
from compliance.rulebooks.model import Rulebooks

GOLDEN = Path(__file__).parent / "golden"
Case = dict[str, Any]

_CASE: Case = {
    "id": "X",
    "rulebooks": ["us-federal"],
    "debtor": {
        "contact_points": [
            {"id": "m1", "kind": "mobile", "address": "+12125550142", "consent": [], "opted_out": []},
            {"id": "l1", "kind": "landline", "address": "+12125550143", "consent": [], "opted_out": []},
            {"id": "w1", "kind": "work", "address": "+12125550144", "consent": [], "opted_out": []},
            {"id": "e1", "kind": "email", "address": "pat@example.com", "consent": [], "opted_out": []},
        ],
        "addresses": [{"country": "US", "region": "NY", "timezone": "America/New_York"}],
        "requests": [],
    },
    "debts": ["card"],
    "history": [],
    "contact": {
        "at": "2026-06-10T16:00:00Z",  # Wednesday noon in New York
        "channel": "voice",
        "contact_point": "m1",
        "debts": ["card"],
        "origin": "dialer",
    },
}


@lru_cache(maxsize=1)
def books() -> Rulebooks:
    return load_rulebooks()


def golden(name: str) -> list[Case]:
    return [json.loads(line) for line in (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def make(
    *,
    rulebooks: list[str] | None = None,
    history: list[Case] | None = None,
    requests: list[Case] | None = None,
    addresses: list[Case] | None = None,
    points: list[Case] | None = None,
    debt_details: Case | None = None,
    **contact: Any,
) -> Case:
    """A case with a mobile, a landline, a work number and an email; keywords replace parts, the rest is the contact."""
    case = copy.deepcopy(_CASE)
    if rulebooks is not None:
        case["rulebooks"] = rulebooks
    case["history"] = history or []
    case["debtor"]["requests"] = requests or []
    if addresses is not None:
        case["debtor"]["addresses"] = addresses
    for point in points or []:
        old = {p["id"]: p for p in case["debtor"]["contact_points"]}
        old[point["id"]] = {"consent": [], "opted_out": [], **old.get(point["id"], {}), **point}
        case["debtor"]["contact_points"] = list(old.values())
    case["contact"] |= contact
    if debt_details is not None:
        case["debt_details"] = debt_details
    return case


def event(at: str, outcome: str = "no_answer", **more: Any) -> Case:
    return {
        "at": at,
        "direction": "out",
        "channel": "voice",
        "contact_point": "m1",
        "outcome": outcome,
        "debts": ["card"],
    } | more


def request(at: str, kind: str, **details: Any) -> Case:
    return {"at": at, "kind": kind, "details": details}


def ask(case: Case) -> tuple[str, set[str], str | None]:
    """Verdict, reasons and retry of the production gate."""
    answer = check_line(json.dumps(case), books())
    assert "error" not in answer, answer
    return answer["verdict"], set(answer["reasons"]), answer["retry_at"]


def flags(case: Case) -> set[str]:
    return set(check_line(json.dumps(case), books())["flags"])
