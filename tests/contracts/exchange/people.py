"""Says for the sandbox what telephony.asterisk.public says for Asterisk: who answers a number, by its last digits."""

from telephony.asterisk import public
from telephony.sandbox import DebtorScript, Fate

_FOR_EVER_S = 600.0


def _person(**changes: object) -> DebtorScript:
    values: dict[str, object] = {"setup_s": 0.0, "ring_s": 0.5, "patience_s": _FOR_EVER_S, "talk_s": _FOR_EVER_S}
    return DebtorScript(**(values | changes))  # type: ignore[arg-type]


def _refused(sip: int, *, ring_s: float = 0.0) -> DebtorScript:
    return DebtorScript(fate=Fate.FAILED, setup_s=0.0, ring_s=ring_s, sip=sip)


SCRIPTS = {
    public.PERSON: _person(),
    public.BUSY: _refused(486),
    public.NO_ANSWER: DebtorScript(fate=Fate.NO_ANSWER, setup_s=0.0, ring_s=120.0),
    public.INVALID: _refused(404),
    public.UNAVAILABLE: _refused(503),
    public.MACHINE: _person(fate=Fate.MACHINE, greeting_s=12.0, machine_record_s=60.0, amd="MACHINE"),
    public.IMPATIENT: _person(patience_s=3.0, talk_s=3.0),
    public.REJECTS: _refused(403),
    public.TEMPORARILY_UNAVAILABLE: _refused(480, ring_s=0.5),
    public.CHANGED: _refused(410),
    public.BAD_FORMAT: _refused(484),
    public.FAULT: _refused(500),
    public.EARLY_MEDIA: _person(early_media=True, ring_s=0.9),
    public.EARLY_MEDIA_INVALID: DebtorScript(fate=Fate.FAILED, sip=404, setup_s=0.0, ring_s=0.9, early_media=True),
    public.INSTANT: _person(ring_s=0.0),
    public.PRESSES: _person(dtmf="42"),
    public.SLOW_PERSON: _person(ring_s=5.0),
    public.SAYS_HELLO: _person(greeting_s=0.8, amd="HUMAN"),
}


class People:
    """Numbers of the public network, and those that a test fixes."""

    def __init__(self) -> None:
        self.fixed: dict[str, DebtorScript] = {}

    def script(self, number: str, attempt: int) -> DebtorScript:
        return self.fixed.get(number) or SCRIPTS[number[-2:]]
