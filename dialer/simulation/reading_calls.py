"""Reads the part of a scenario that says how calls go: the list, ringing, machine detection, talk. Pure."""

import math
from itertools import pairwise
from typing import Any, Literal, cast

from dialer.pacing.interface import STAGES, Stage
from dialer.simulation.checker import REQUIRED, Node
from dialer.simulation.layout import MOST_SHOWS
from dialer.simulation.scenario import (
    SINCE,
    Blocks,
    Calls,
    Detection,
    Dist,
    Noise,
    Profile,
    Row,
    Segments,
    Shape,
    Showing,
    TalkClass,
)

SHAPES = ("const", "uniform", "exp", "gamma", "lognormal", "empirical", "mixture")
SHORTEST_RINGING_S = 15.0
# 16 CFR 310.4(b)(4)(ii): "allows the telephone to ring for at least fifteen seconds or four rings"
ROUNDING = 1e-9
MOST_FACTOR = 20.0
NOTHING = Calls(Profile(()), Dist("const"), Dist("const"), ())


def read_calls(node: Node | None) -> Calls:
    if node is None:
        return NOTHING
    noise, blocks, segments = node.child("noise"), node.child("blocks"), node.child("segments")
    return Calls(
        profile=_profile(node.child("profile", needed=True)),
        pdd=read_dist(node, "pdd"),
        ring_human=read_dist(node, "ring_human"),
        ring_machine=read_dist(node, "ring_machine", 0.0),
        ring_timeout_s=node.number(
            "ring_timeout_s", math.inf, low=SHORTEST_RINGING_S, what="a time of 15 s (the law's least) or more"
        ),
        busy_delay=read_dist(node, "busy_delay", 1.0),
        failed_delay=read_dist(node, "failed_delay", 1.0),
        greeting=read_dist(node, "greeting", 0.0),
        hold_s=node.number("hold_s", 2.0),
        amd=_detection(node.child("amd")),
        talk=_talk(node),
        machine_talk=read_dist(node, "machine_talk", 6.0),
        machine_wrap=read_dist(node, "machine_wrap", 2.0),
        drop_message_s=node.number("drop_message_s", 0.0),
        noise=Noise(_spread(noise), noise.positive("tau_s")) if noise else None,
        blocks=Blocks(blocks.whole("size", low=1), _spread(blocks)) if blocks else None,
        segments=_segments(segments) if segments else None,
    )  # fmt: skip


def _segments(node: Node) -> Segments:
    factors = node.numbers("factors")
    for place, factor in enumerate(factors):
        if not 0 <= factor <= MOST_FACTOR:
            node.wrong(f"factors[{place}]", f"{factor:g} is not a number between 0 and {MOST_FACTOR:g}")
    return Segments(node.whole("size", low=1), factors or (1.0,))


def _spread(node: Node) -> float:
    return node.number("logit_sd", high=20.0, what="a number between 0 and 20")


def _talk(node: Node) -> tuple[TalkClass, ...]:
    found = node.children("talk", _talk_class, needed=True)
    if found and sum(kind.weight for kind in found) <= 0:
        node.wrong("talk", "the weights are all 0")
    return found


def _talk_class(node: Node) -> TalkClass:
    shows = node.children("shows", _showing)
    if len(shows) > MOST_SHOWS:
        node.wrong("shows", f"{len(shows)} stages; there may be {MOST_SHOWS} at most")
    name, weight = node.text("name", ""), node.number("weight")
    return TalkClass(name, weight, read_dist(node, "talk"), read_dist(node, "wrap"), shows[:MOST_SHOWS])


def _showing(node: Node) -> Showing:
    known = tuple(stage for stage in STAGES if stage is not None)
    given = [since for since in SINCE if node.has(since)]
    since = given[0] if given else SINCE[0]
    if len(given) != 1:
        node.wrong("", f"says {len(given)} times when it shows; give one of {', '.join(SINCE)}")
    if not node.has("stage"):
        node.wrong("stage", "is missing")
    stage = node.one_of("stage", known[0], known)
    return Showing(cast(Stage, stage), since, read_dist(node, since, 0.0), node.share("share", 1.0))


def _detection(node: Node | None) -> Detection | None:
    if node is None:
        return None
    fp, fn = node.share("fp"), node.share("fn")
    return Detection(
        delay_human=read_dist(node, "delay_human"),
        delay_machine=read_dist(node, "delay_machine"),
        fp=fp,
        fn=fn,
        est_fp=node.share("est_fp", fp),
        est_fn=node.share("est_fn", fn),
    )


def _profile(node: Node | None) -> Profile:
    if node is None:
        return Profile(())
    rows = node.children("rows", _row, needed=True)
    for place, (one, other) in enumerate(pairwise(rows)):
        if other.t <= one.t:
            node.wrong(f"rows[{place + 1}].t", f"{other.t:g} is not after the row before it ({one.t:g})")
    interp = node.one_of("interp", "linear", ("linear", "step"))
    return Profile(rows, cast('Literal["linear", "step"]', interp))


def _row(node: Node) -> Row:
    found = Row(
        t=node.number("t"),
        human=node.share("human"),
        machine=node.share("machine", 0.0),
        busy=node.share("busy", 0.0),
        failed=node.share("failed", 0.0),
        ring_scale=node.number("ring_scale", 1.0),
        talk_scale=node.number("talk_scale", 1.0),
        wrap_scale=node.number("wrap_scale", 1.0),
    )
    total = found.human + found.machine + found.busy + found.failed
    if total > 1 + ROUNDING:
        node.wrong("", f"human, machine, busy and failed add up to {total:g}, which is more than 1")
    return found


def read_dist(node: Node, key: str, default: Any = REQUIRED) -> Dist:
    """A distribution of seconds: a number, or an object that names its shape."""
    found = node.value.get(key)
    if isinstance(found, dict):
        return _shape(Node(found, node.at(key), node.problems))
    what = 'a time of 0 s or more, nor a distribution like {"dist": "exp", "mean": 12}'
    return Dist("const", node.number(key, default, what=what))


def _shape(node: Node) -> Dist:
    if not node.has("dist"):
        node.wrong("dist", f"is missing; it must be one of {', '.join(SHAPES)}")
        return Dist("const")
    before = len(node.problems)
    shape = cast(Shape, node.one_of("dist", "const", SHAPES))
    if len(node.problems) > before:
        return Dist("const")
    low, high = node.number("min", -math.inf), node.number("max", math.inf)
    if low > high:
        node.wrong("min", f"{low:g} is above max {high:g}")
    if shape == "empirical":
        return _empirical(node, low, high)
    if shape == "mixture":
        return _mixture(node, low, high)
    a, b = _figures(node, shape)
    return Dist(shape, a, b, low, high)


def _figures(node: Node, shape: Shape) -> tuple[float, float]:
    if shape == "const":
        return node.number("value"), 0.0
    if shape == "exp":
        return node.number("mean"), 0.0
    if shape == "uniform":
        low, high = node.number("low"), node.number("high")
        if high < low and node.has("high"):
            node.wrong("high", f"{high:g} is below low {low:g}")
        return low, high
    if shape == "gamma":
        mean, cv = node.number("mean"), node.number("cv", high=100.0, above=True, what="a number above 0, at most 100")
        return 1.0 / cv**2, mean * cv**2
    if node.has("median"):
        return math.log(node.positive("median")), node.number("sigma", high=20.0, what="a number between 0 and 20")
    # a lognormal of this mean and coefficient of variation
    mean, cv = node.positive("mean"), node.number("cv", high=100.0, what="a number between 0 and 100")
    sigma = math.sqrt(math.log1p(cv**2))
    return math.log(mean) - sigma**2 / 2.0, sigma


def _empirical(node: Node, low: float, high: float) -> Dist:
    xs, qs = node.numbers("x"), node.numbers("q")
    if len(xs) != len(qs):
        node.wrong("q", f"has {len(qs)} values and x has {len(xs)}: each value needs its share")
    elif any(x < 0 for x in xs) or any(one > other for one, other in pairwise(xs)):
        node.wrong("x", "must be times of 0 s or more that never fall")
    elif any(not 0 <= q <= 1 for q in qs) or any(one > other for one, other in pairwise(qs)):
        node.wrong("q", "must be shares between 0 and 1 that never fall")
    return Dist("empirical", low=low, high=high, xs=xs, qs=qs)


def _mixture(node: Node, low: float, high: float) -> Dist:
    parts = node.children("parts", lambda part: (part.number("w"), read_dist(part, "d")), needed=True)
    if parts and sum(weight for weight, _ in parts) <= 0:
        node.wrong("parts", "the weights are all 0")
    return Dist("mixture", low=low, high=high, parts=parts)
