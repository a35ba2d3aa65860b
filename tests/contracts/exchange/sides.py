"""The two exchanges that must not be told apart: the sandbox and a real Asterisk, each behind one AriExchange."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from telephony.ari.settings import AriSettings
from telephony.asterisk import public
from telephony.sandbox import DebtorScript, Fate, SandboxExchange
from tests.contracts.exchange.people import People
from tests.lab import AsteriskLab, sipp


def number(code: str) -> str:
    """A number of the public network whose last two digits decide who answers."""
    return f"155501002{code}"


class Side(ABC):
    """What a test may do to the node and to the people behind it."""

    name: str

    @abstractmethod
    def settings(self) -> AriSettings: ...
    @abstractmethod
    async def start(self) -> None: ...
    @abstractmethod
    async def stop(self) -> None: ...
    @abstractmethod
    async def crash(self) -> None:
        """The node dies."""

    @abstractmethod
    async def come_back(self) -> None: ...
    @abstractmethod
    def register(self) -> None:
        """PJSIP/agent-reg comes online."""

    @abstractmethod
    def unregister(self) -> None: ...
    @abstractmethod
    @contextmanager
    def mute_phone(self) -> Iterator[str]:
        """The endpoint of a phone that answers and sends no audio."""

    @abstractmethod
    @contextmanager
    def rejecting(self, sip: int) -> Iterator[str]:
        """The endpoint of a debtor whose network refuses by a SIP status."""

    @abstractmethod
    @contextmanager
    def hanging_up(self) -> Iterator[str]:
        """The endpoint of a debtor who answers at once and is gone after half a second."""


class SandboxSide(Side):
    name = "sandbox"

    def __init__(self) -> None:
        self.people = People()
        self.exchange = SandboxExchange(debtors=self.people, trunks=("trunk", "sipp"))
        self.exchange.set_phone("agent-web-4", online=False)

    def settings(self) -> AriSettings:
        return AriSettings(
            url=self.exchange.url, username=self.exchange.username, password=self.exchange.password, node="sandbox"
        )

    async def start(self) -> None:
        await self.exchange.start()

    async def stop(self) -> None:
        await self.exchange.stop()

    async def crash(self) -> None:
        await self.exchange.crash()

    async def come_back(self) -> None:
        await self.exchange.restart()

    def register(self) -> None:
        self.exchange.set_phone("agent-reg", online=True)

    def unregister(self) -> None:
        self.exchange.set_phone("agent-reg", online=False)

    @contextmanager
    def mute_phone(self) -> Iterator[str]:
        self.exchange.phones.get("agent-mute").silent = True
        yield "PJSIP/agent-mute"

    @contextmanager
    def rejecting(self, sip: int) -> Iterator[str]:
        self.people.fixed["15550100999"] = DebtorScript(fate=Fate.FAILED, setup_s=0.0, ring_s=0.0, sip=sip)
        yield "PJSIP/15550100999@sipp"

    @contextmanager
    def hanging_up(self) -> Iterator[str]:
        self.people.fixed["15550100999"] = DebtorScript(setup_s=0.0, ring_s=0.0, patience_s=0.5)
        yield "PJSIP/15550100999@sipp"


class AsteriskSide(Side):
    name = "asterisk"

    def __init__(self, lab: AsteriskLab) -> None:
        self.lab = lab

    def settings(self) -> AriSettings:
        return self.lab.ari_settings()

    async def start(self) -> None:
        """It runs for the whole session."""

    async def stop(self) -> None:
        """It runs on."""

    async def crash(self) -> None:
        self.lab.ours.kill()

    async def come_back(self) -> None:
        self.lab.ours.restart()

    def register(self) -> None:
        self.lab.register()

    def unregister(self) -> None:
        self.lab.unregister()

    @contextmanager
    def mute_phone(self) -> Iterator[str]:
        with sipp("mute_phone", self.lab.mute_port):
            yield "PJSIP/agent-mute"

    @contextmanager
    def rejecting(self, sip: int) -> Iterator[str]:
        with sipp("reject", self.lab.sipp_port, code=str(sip)):
            yield "PJSIP/15550100999@sipp"

    @contextmanager
    def hanging_up(self) -> Iterator[str]:
        with sipp("hangs_up", self.lab.sipp_port):
            yield "PJSIP/15550100999@sipp"


__all__ = ["AsteriskSide", "SandboxSide", "Side", "number", "public"]
