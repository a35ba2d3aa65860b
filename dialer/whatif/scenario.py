"""Makes what was learnt of a campaign, and a question, into a scenario of the simulated floor. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from campaigns.model import CampaignSettings
from campaigns.problems import Problem, Refused
from dialer.pacing.start import PacerStart
from dialer.whatif.learnt import GRID, HourSeen, Learnt

LEAST_CALLS, LEAST_HUMANS = 200, 30
HOUR_S = 3600
# an hour of few calls is believed as much as these many calls of the whole day say otherwise
PRIOR_CALLS = 100.0
VERDICT_S, MACHINE_VERDICT_S = 1.0, 3.0
FLAT = tuple(10.0 for _ in GRID)


@dataclass(frozen=True, slots=True)
class Question:
    """`start_h`: hour of the day in the campaign's zone, like 10.5; `hours` long."""

    agents: int
    start_h: float
    hours: float
    mode: str
    lines_per_agent: float


def scenario_of(asked: Question, learnt: Learnt, settings: CampaignSettings, start: PacerStart) -> dict[str, Any]:
    """The scenario as its JSON object. Raises Refused where too little is known."""
    if learnt.calls < LEAST_CALLS or learnt.humans < LEAST_HUMANS or not learnt.talk_s:
        words = (
            f"too little is known: {learnt.calls} calls and {learnt.humans} answers by persons in the last days, and it"
            f" takes {LEAST_CALLS} and {LEAST_HUMANS}; let the campaign dial first"
        )
        raise Refused(Problem("campaign", words))
    horizon = asked.hours * HOUR_S
    calls: dict[str, Any] = {
        "profile": {"interp": "step", "rows": rows(asked, learnt, 0.0 if start.amd is None else start.amd.est_fp)},
        "pdd": _spread(learnt.delay_s or FLAT),
        "ring_human": _spread(learnt.ring_s or FLAT),
        "ring_machine": _spread(learnt.machine_ring_s or learnt.ring_s or FLAT),
        "ring_timeout_s": float(settings.ring_timeout_s),
        "hold_s": settings.answer_wait_ms / 1000,
        "talk": [{"name": "all", "weight": 1, "talk": _spread(learnt.talk_s), "wrap": _wrap(learnt, settings)}],
    }
    if start.amd is not None:
        believed = {"fp": start.amd.est_fp, "fn": start.amd.est_fn}
        calls["amd"] = {"delay_human": VERDICT_S, "delay_machine": MACHINE_VERDICT_S, **believed}
    return {
        "schema": "pacesim/1",
        "name": "what-if",
        "horizon_s": horizon,
        "dial_window_s": [0, horizon],
        "pacing": {"abandon_target": start.abandon_target},
        "agents": {"groups": [{"count": asked.agents}], "connect_s": start.connect_s},
        "calls": calls,
        "trunks": {"max_lines": settings.max_lines, "max_cps": settings.calls_per_second},
    }


class Assumed(TypedDict):
    """Something that an answer rests on and nobody measured: `code` for the page's language, `text` in English.

    `value`: the figure that was taken, a share or seconds by the code; None where there is none.
    """

    code: Literal["no_breaks", "list_as_before", "whole_limit", "machine_errors", "wrap_up"]
    text: str
    value: float | None


def assumed(asked: Question, learnt: Learnt, settings: CampaignSettings, start: PacerStart) -> list[Assumed]:
    """What the answer rests on that was not measured."""
    found: list[Assumed] = [
        {"code": "no_breaks", "text": "agents stay for the whole time, without breaks", "value": None},
        {"code": "list_as_before", "text": "the list answers as it did: nobody is called too often", "value": None},
    ]
    if asked.mode in ("predictive", "power"):
        limit = start.abandon_target
        text = f"the abandonment gauges leave the whole limit of {limit:.1%}: in a day's first hours they leave less"
        found.append({"code": "whole_limit", "text": text, "value": limit})
    if start.amd is not None:
        cut = start.amd.est_fp
        text = f"machine detection takes {cut:.1%} of persons for machines"
        found.append({"code": "machine_errors", "text": text, "value": cut})
    if not learnt.wrap_up_s:
        text = f"wrap-up takes {settings.wrap_up_s} s, the campaign's setting"
        found.append({"code": "wrap_up", "text": text, "value": settings.wrap_up_s})
    return found


def rows(asked: Question, learnt: Learnt, cut: float = 0.0) -> list[dict[str, float]]:
    """The list's shares from the start on, hour by hour; hours go on after midnight.

    `cut`: share of the persons that detection takes for machines. Who was seen is who was left of them: the simulated
    detection cuts anew.
    """
    seen = {hour.hour: hour for hour in learnt.hours}
    first, last = int(asked.start_h), asked.start_h + asked.hours
    made = []
    for hour in range(first, first + 26):
        t = max(0.0, (hour - asked.start_h) * HOUR_S)
        if hour >= last:
            break
        made.append({"t": t, **_uncut(_shares(seen.get(hour % 24), learnt), cut)})
    return made


def _uncut(shares: dict[str, float], cut: float) -> dict[str, float]:
    human, machine = shares["human"], shares["machine"]
    wrongly = min(human * cut / (1.0 - cut), machine) if cut < 1 else 0.0
    return shares | {"human": human + wrongly, "machine": machine - wrongly}


def _shares(hour: HourSeen | None, learnt: Learnt) -> dict[str, float]:
    """This hour's shares, drawn to the whole day's the more the fewer its calls."""
    calls = hour.calls if hour is not None else 0
    found = {}
    for name in ("human", "machine", "busy", "failed"):
        day = sum(getattr(one, name) for one in learnt.hours) / learnt.calls
        own = getattr(hour, name) if hour is not None else 0
        found[name] = (own + PRIOR_CALLS * day) / (calls + PRIOR_CALLS)
    return found


def _spread(quantiles: Sequence[float]) -> dict[str, Any]:
    return {"dist": "empirical", "x": list(quantiles), "q": list(GRID)}


def _wrap(learnt: Learnt, settings: CampaignSettings) -> Any:
    return _spread(learnt.wrap_up_s) if learnt.wrap_up_s else float(settings.wrap_up_s)
