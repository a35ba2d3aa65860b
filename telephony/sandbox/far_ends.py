"""Plays the other side of each leg: a debtor by script, an agent's phone that answers at once."""

from collections.abc import Callable
from functools import partial

from telephony.sandbox.debtors import DebtorScript, Fate
from telephony.sandbox.lines import RTP_TIMEOUT_S, AmdWord, HasAmd, Lines
from telephony.sandbox.phones import Phone
from telephony.sandbox.state import Channel

GREETING_MS = 2200
"""As telephony.asterisk configures AMD()."""
AFTER_MESSAGE_S = 2.0
"""Somebody who heard a message to its end stays no longer than this."""


class DebtorEnd(HasAmd):
    """One attempt, played by its script."""

    def __init__(self, lines: Lines, script: DebtorScript) -> None:
        self._lines = lines
        self._script = script
        self._heard = False
        self._talked = False
        self.kind = "person" if script.fate is Fate.PERSON else "machine"

    def dialed(self, channel: Channel) -> None:
        if self._script.fate is Fate.SILENT:
            return
        self._later(channel, "setup", self._script.setup_s, self._set_up)

    def _later(self, channel: Channel, name: str, seconds: float, act: Callable[[Channel], None]) -> None:
        channel.cancel(name)
        channel.timers[name] = self._lines.node.timers.after(seconds, lambda: act(channel))

    def _set_up(self, channel: Channel) -> None:
        script = self._script
        if script.fate is Fate.FAILED and script.ring_s <= 0:
            self._lines.refused(channel, script.sip)
            return
        if script.early_media:
            self._lines.progress(channel)
        elif script.ring_s > 0:
            self._lines.ring(channel)
        self._later(channel, "far", script.ring_s, self._rang)

    def _rang(self, channel: Channel) -> None:
        match self._script.fate:
            case Fate.FAILED:
                self._lines.refused(channel, self._script.sip)
            case Fate.NO_ANSWER:
                self._lines.refused(channel, 480)
            case Fate.MACHINE:
                seconds = self._script.greeting_s + self._script.machine_record_s
                self._later(channel, "recorded", seconds, self._hang_up)
                self._lines.answer(channel, self.kind)
            case _:
                self._lines.answer(channel, self.kind)

    def _hang_up(self, channel: Channel) -> None:
        self._lines.end(channel, 16, by="debtor" if self.kind == "person" else "machine")

    def waiting(self, channel: Channel) -> None:
        if self.kind != "person":
            return
        script = self._script
        seconds = script.hold_patience_s if self._talked else AFTER_MESSAGE_S if self._heard else script.patience_s
        self._later(channel, "patience", seconds, self._hang_up)

    def connected(self, channel: Channel) -> None:
        channel.cancel("patience")
        if self.kind == "person" and not self._talked:
            self._talked = True
            self._later(channel, "talk", self._script.talk_s, self._hang_up)
        if self._script.dtmf:
            self._later(channel, "dtmf", 1.0, self._press)

    def _press(self, channel: Channel) -> None:
        self._lines.press(channel, self._script.dtmf)

    def listening(self, channel: Channel) -> None:
        self._heard = True
        channel.cancel("patience")

    def amd(self, channel: Channel) -> AmdWord:
        word = self._script.amd
        if word == "HUMAN":
            return AmdWord("HUMAN", "HUMAN-800-800", min(self._script.greeting_s, 1.4) + 0.8)
        if word == "MACHINE":
            return AmdWord("MACHINE", f"LONGGREETING-{GREETING_MS}-{GREETING_MS}", 2.8)
        return AmdWord("NOTSURE", "TOOLONG-5000", 5.0)


class PhoneEnd:
    """An agent's phone: answers by itself and never hangs up first, unless it goes away."""

    kind = "agent"

    def __init__(self, lines: Lines, phone: Phone) -> None:
        self._lines = lines
        self._phone = phone

    def dialed(self, channel: Channel) -> None:
        timers = self._lines.node.timers
        channel.timers["setup"] = timers.after(self._phone.answer_s / 2, lambda: self._ring(channel))

    def _ring(self, channel: Channel) -> None:
        self._lines.ring(channel)
        timers = self._lines.node.timers
        channel.timers["far"] = timers.after(self._phone.answer_s / 2, lambda: self._lines.answer(channel, self.kind))

    def waiting(self, channel: Channel) -> None:
        """An agent waits for as long as the shift lasts; a leg without audio does not last."""
        if self._phone.silent and "rtp" not in channel.timers:
            silent = partial(self._lines.end, channel, 44, by="rtp_timeout")
            channel.timers["rtp"] = self._lines.node.timers.after(RTP_TIMEOUT_S, silent)

    def connected(self, channel: Channel) -> None:
        """Nothing to do: people decide."""

    def listening(self, channel: Channel) -> None:
        """Nothing to do."""
