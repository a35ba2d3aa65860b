"""Decides what the sandbox carrier does with one message: by script, by magic number, or by seeded chance. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

Callbacks = Literal["in_order", "reversed", "duplicated", "lost", "late"]
FIRST_ASYNC_CODE = 30000
_UNDELIVERED = frozenset({"30003", "30004", "30005", "30006", "30007", "30008", "30017"})


@dataclass(frozen=True, slots=True)
class Script:
    """The fate of one message. `reject` is an error code of the request; `http_status` an answer without any code."""

    reject: str | None = None
    http_status: int | None = None
    retry_after_s: int | None = None
    drop_reply: bool = False  # taken, but the connection dies before the answer
    accept_latency_s: float = 0.05
    final: Literal["delivered", "undelivered", "failed"] = "delivered"
    error_code: str = ""
    callbacks: Callbacks = "in_order"
    step_s: float = 1.0  # between one status and the next
    reply: str | None = None  # what the person texts back
    reply_after_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Shares (0..1) of what happens to messages without a script; the demo's debtors."""

    undelivered: float = 0.03
    callback_lost: float = 0.01
    callback_duplicated: float = 0.02
    callback_reversed: float = 0.02
    reply_dropped: float = 0.002
    stop_reply: float = 0.01
    other_reply: float = 0.05
    accept_latency_s: tuple[float, float] = (0.02, 0.2)
    step_s: tuple[float, float] = (0.5, 4.0)
    reply_after_s: tuple[float, float] = (20.0, 600.0)


NO_CHANCE = Behaviour(0, 0, 0, 0, 0, 0, 0, (0.0, 0.0), (0.02, 0.02), (0.05, 0.05))
STOP_REPLIES = ("STOP", "stop", "Stop texting me", "لغو", "BAJA", "unsubscribe")
OTHER_REPLIES = ("I pay Friday", "who is this?", "ok", "call me tomorrow", "I already paid", "no puedo pagar")

MAGIC: Mapping[str, Script] = {
    "00429": Script(http_status=429, retry_after_s=1),
    "00500": Script(http_status=500),
    "00503": Script(http_status=503, retry_after_s=1),
    "00001": Script(drop_reply=True),
    "00002": Script(callbacks="lost"),
    "00003": Script(callbacks="reversed"),
    "00004": Script(callbacks="duplicated"),
    "00005": Script(callbacks="late"),
    "00006": Script(reply="STOP"),
    "00007": Script(drop_reply=True, callbacks="lost"),
    "00008": Script(http_status=500, callbacks="lost"),
}


def magic(number: str) -> Script | None:
    """The script of a number that ends in 99 and five digits, like +1 202 992 1610: an error code or a key of MAGIC."""
    tail = number[-7:]
    if len(number) < 9 or not tail.startswith("99") or not tail[2:].isdigit():
        return None
    code = tail[2:]
    if code in MAGIC:
        return MAGIC[code]
    if code[0] not in "1236":
        return None
    return scripted_code(code)


def scripted_code(code: str) -> Script:
    """Codes below 30000 are answers to the request; the others come later, with a status report."""
    if int(code) < FIRST_ASYNC_CODE:
        return Script(reject=code)
    return Script(final="undelivered" if code in _UNDELIVERED else "failed", error_code=code)


def decide(number: str, nth: int, seed: int, behaviour: Behaviour, scripts: Mapping[str, Script]) -> Script:
    """The fate of the `nth` message (from 0) to this number; the same for the same seed, whatever else is sent."""
    scripted = scripts.get(number)
    if scripted is not None:
        return scripted
    rng = Random(f"{seed}:{number}:{nth}")  # noqa: S311 - chance of a simulation, not a secret
    wandering = _wandering(rng, behaviour)
    special = magic(number)
    if special is None:
        return wandering
    return replace(special, accept_latency_s=wandering.accept_latency_s, step_s=wandering.step_s)


def _wandering(rng: Random, behaviour: Behaviour) -> Script:
    callbacks: Callbacks = "in_order"
    draw = rng.random()
    for share, kind in _callback_shares(behaviour):
        if draw < share:
            callbacks = kind
            break
        draw -= share
    undelivered = rng.random() < behaviour.undelivered
    said = rng.random()
    reply = None
    if said < behaviour.stop_reply:
        reply = rng.choice(STOP_REPLIES)
    elif said < behaviour.stop_reply + behaviour.other_reply:
        reply = rng.choice(OTHER_REPLIES)
    return Script(
        drop_reply=rng.random() < behaviour.reply_dropped,
        accept_latency_s=rng.uniform(*behaviour.accept_latency_s),
        final="undelivered" if undelivered else "delivered",
        error_code="30003" if undelivered else "",
        callbacks=callbacks,
        step_s=rng.uniform(*behaviour.step_s),
        reply=None if undelivered else reply,
        reply_after_s=rng.uniform(*behaviour.reply_after_s),
    )


def _callback_shares(behaviour: Behaviour) -> tuple[tuple[float, Callbacks], ...]:
    return (
        (behaviour.callback_lost, "lost"),
        (behaviour.callback_duplicated, "duplicated"),
        (behaviour.callback_reversed, "reversed"),
    )
