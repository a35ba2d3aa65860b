"""Says what became of a call from the codes with which its channel ended: a table, the first row that fits decides.

Asterisk's Q.850 cause alone misleads: our own ring timeout and a carrier's 480 look the same, and an answered call may
end with cause 0. So our own timer and what was heard of the far end decide first, then the SIP code, then Q.850.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The word for the attempt. What an answered call was (conversation, abandoned ...) is for the dialer to say."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    INVALID_NUMBER = "invalid_number"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Retry(StrEnum):
    SOON = "soon"
    LATER = "later"
    NEVER = "never"
    """Not this number: it must be looked at by a person first."""


class Alarm(StrEnum):
    """What an operator should look at."""

    TRUNK = "trunk"
    CALLER_ID = "caller_id"
    CODEC = "codec"
    CARRIER = "carrier"
    NUMBER_DATA = "number_data"
    MEDIA = "media"


@dataclass(frozen=True, slots=True)
class Ending:
    """The facts. `cause` is Q.850, `tech_cause` the last SIP code; `ring_timed_out`: our own timer had run out;
    `cancelled`: we hung up before it; `ringing_seen` and `early_media_seen`: the far end had given a sign of life."""

    cause: int
    tech_cause: int | None = None
    answered: bool = False
    cancelled: bool = False
    ring_timed_out: bool = False
    ringing_seen: bool = False
    early_media_seen: bool = False


@dataclass(frozen=True, slots=True)
class CauseVerdict:
    """`rule` names the row that decided; `because` says it to a person. `slow_down`: launch less on this trunk."""

    outcome: Outcome
    rule: str
    because: str
    retry: Retry = Retry.LATER
    alarm: Alarm | None = None
    slow_down: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """An empty set or None fits everything. `sip` also fits no code where it holds 0."""

    verdict: CauseVerdict
    sip: frozenset[int] = frozenset()
    q850: frozenset[int] = frozenset()
    answered: bool | None = False
    cancelled: bool | None = None
    timed_out: bool | None = None
    sign_of_life: bool | None = None

    def fits(self, ending: Ending) -> bool:
        sign = ending.ringing_seen or ending.early_media_seen
        return (
            (not self.sip or (ending.tech_cause or 0) in self.sip)
            and (not self.q850 or ending.cause in self.q850)
            and self.answered in (None, ending.answered)
            and self.cancelled in (None, ending.cancelled)
            and self.timed_out in (None, ending.ring_timed_out)
            and self.sign_of_life in (None, sign)
        )


def _v(
    rule: str,
    outcome: Outcome,
    because: str,
    retry: Retry = Retry.LATER,
    alarm: Alarm | None = None,
    slow: bool = False,
) -> CauseVerdict:
    return CauseVerdict(outcome, rule, because, retry, alarm, slow)


def _sip(codes: Iterable[int], verdict: CauseVerdict) -> Row:
    return Row(verdict, sip=frozenset(codes))


def _q850(codes: Iterable[int], verdict: CauseVerdict) -> Row:
    """Only where no SIP code says more."""
    return Row(verdict, sip=frozenset({0}), q850=frozenset(codes))


_TIMER_SIP = frozenset({0, 408, 480, 487})
# 0: older nodes lose the cause of a timeout (asterisk issues 963, 1660)
_TIMER_Q850 = frozenset({0, 16, 18, 19})

_BUSY = _v("busy", Outcome.BUSY, "the line was busy", Retry.SOON)
_INVALID = _v("unallocated", Outcome.INVALID_NUMBER, "nobody has this number", Retry.NEVER)
_CHANGED = _v("changed", Outcome.INVALID_NUMBER, "the number was changed", Retry.NEVER)
_FORMAT = _v("format", Outcome.INVALID_NUMBER, "the number is incomplete", Retry.NEVER, Alarm.NUMBER_DATA)
_AWAY = _v("unavailable", Outcome.NO_ANSWER, "the network could not reach the person")
_CARRIER_TIMEOUT = _v("carrier_timeout", Outcome.FAILED, "the carrier gave no answer in time", alarm=Alarm.CARRIER)
_FORBIDDEN = _v("forbidden", Outcome.REJECTED, "the carrier rejected the call: often the caller ID", alarm=Alarm.TRUNK)
_DECLINED = _v("declined", Outcome.REJECTED, "the call was declined", alarm=Alarm.CALLER_ID)
_LOGIN = _v("trunk_login", Outcome.FAILED, "the carrier did not accept the trunk's login", alarm=Alarm.TRUNK)
_UNWANTED = _v(
    "unwanted", Outcome.REJECTED, "marked as unwanted, by the person or analytics", Retry.NEVER, Alarm.CALLER_ID
)
_CODEC = _v("codec", Outcome.FAILED, "no common audio format", alarm=Alarm.CODEC)
_CARRIER = _v("carrier_fault", Outcome.FAILED, "a fault in the carrier's network", alarm=Alarm.CARRIER)
_CONGESTION = _v("congestion", Outcome.FAILED, "the carrier has no free line", Retry.SOON, Alarm.CARRIER, slow=True)
_REDIRECTED = _v("redirected", Outcome.FAILED, "the carrier wanted to redirect the call", alarm=Alarm.TRUNK)
_UNKNOWN = _v("unknown", Outcome.FAILED, "ended without an answer, and no code says why")

TABLE: tuple[Row, ...] = (
    # 0 "Unknown" is the normal end of an originated, answered channel
    Row(_v("normal_end", Outcome.ANSWERED, "answered and ended"), q850=frozenset({0, 16}), answered=True),
    Row(
        _v("media_lost", Outcome.ANSWERED, "answered, then no audio arrived", alarm=Alarm.MEDIA),
        q850=frozenset({44}),
        answered=True,
    ),
    Row(_v("odd_end", Outcome.ANSWERED, "answered and ended with an unusual code"), answered=True),
    Row(_v("cancelled", Outcome.CANCELLED, "we ended it before an answer"), cancelled=True),
    Row(
        _v("no_answer", Outcome.NO_ANSWER, "nobody answered before our time was up"),
        sip=_TIMER_SIP,
        q850=_TIMER_Q850,
        timed_out=True,
        sign_of_life=True,
    ),
    Row(
        _v("trunk_silent", Outcome.FAILED, "the trunk gave no sign of life", Retry.SOON, Alarm.TRUNK),
        sip=_TIMER_SIP,
        q850=_TIMER_Q850,
        timed_out=True,
        sign_of_life=False,
    ),
    _sip({486, 600}, _BUSY),
    _sip({404, 485, 604}, _INVALID),
    _sip({410}, _CHANGED),
    _sip({484}, _FORMAT),
    _sip({480}, _AWAY),
    _sip({408}, _CARRIER_TIMEOUT),
    _sip({403}, _FORBIDDEN),
    _sip({401, 407}, _LOGIN),
    _sip({603}, _DECLINED),
    _sip({607, 608}, _UNWANTED),
    _sip({415, 488, 606}, _CODEC),
    _sip({503}, _CONGESTION),
    _sip({500, 502, 504}, _CARRIER),
    _sip(range(300, 400), _REDIRECTED),
    _sip(range(500, 600), _CARRIER),
    _q850({17}, _BUSY),
    _q850({1}, _INVALID),
    _q850({22}, _CHANGED),
    _q850({28}, _FORMAT),
    _q850({18, 19, 20}, _AWAY),
    _q850({21}, _DECLINED),
    _q850({23}, _REDIRECTED),
    _q850({57, 58, 65, 88}, _CODEC),
    _q850({34, 42}, _CONGESTION),
    _q850({2, 3, 27, 38, 41, 102, 111, 127}, _CARRIER),
    Row(_UNKNOWN),
)


def verdict(ending: Ending) -> CauseVerdict:
    """The first row of TABLE that fits; the last fits every call that was not answered."""
    return next(row.verdict for row in TABLE if row.fits(ending))
