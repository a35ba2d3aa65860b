"""Proof that the gate allowed one contact: without it no adapter dials a person or hands a message over.

Only dialer.contact.admit issues permits (tests/test_no_way_around.py checks it), in the transaction that writes verdict
and attempt. A permit is good for one request, to one address, after that transaction has been committed. It lives in
this process only: what is read back from the database after a crash has none, so nothing is dialed twice.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal, NoReturn, final
from uuid import UUID

PermitChannel = Literal["voice", "sms", "whatsapp", "email"]
_ISSUED = object()


class NotPermitted(Exception):
    """A contact was asked for that the gate did not allow. Holds no personal data."""


class SealState(Enum):
    OPEN = "its transaction is not committed"
    COMMITTED = "committed"
    VOID = "its transaction was rolled back"


@final
class Seal:
    """Whether the transaction that wrote the attempts was committed; one for each admission."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = SealState.OPEN

    def commit(self) -> None:
        if self.state is SealState.OPEN:
            self.state = SealState.COMMITTED

    def void(self) -> None:
        if self.state is SealState.OPEN:
            self.state = SealState.VOID


@final
class Permit:
    """One admitted contact. It cannot be made, copied or pickled outside `issue`."""

    __slots__ = ("_address", "_channel", "_seal", "_used", "attempt_id")

    def __init__(self, issued: object, seal: Seal, attempt_id: UUID, channel: PermitChannel, address: str) -> None:
        if issued is not _ISSUED:
            raise NotPermitted("only the gate's admission makes permits: ask dialer.contact.admit")
        self.attempt_id = attempt_id
        self._seal, self._channel, self._address = seal, channel, address
        self._used = False

    def use(self, channel: PermitChannel, address: str) -> None:
        """Spend it on one request. Raises NotPermitted: spent, not committed, or for another address or channel."""
        if self._used:
            raise NotPermitted(f"attempt {self.attempt_id}: its permit was used already")
        if self._seal.state is not SealState.COMMITTED:
            raise NotPermitted(f"attempt {self.attempt_id}: {self._seal.state.value}")
        if (channel, address) != (self._channel, self._address):
            raise NotPermitted(f"attempt {self.attempt_id}: allowed for another channel or address than is to be used")
        self._used = True

    def use_for_endpoint(self, endpoint: str) -> None:
        """Spend it on a call to this endpoint, which must dial the number (like PJSIP/15551234567@trunk)."""
        digits = self._address.removeprefix("+")
        dialed = "".join(letter if letter.isdigit() else " " for letter in endpoint).split()
        # before the number there may be digits that only choose a line
        fits = self._channel == "voice" and any(run.endswith(digits) for run in dialed)
        self.use("voice", self._address if fits else "another number")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("there is one kind of permit")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a permit stays where it was issued")

    def __copy__(self) -> NoReturn:
        raise TypeError("a permit is good once: it cannot be copied")

    def __deepcopy__(self, memo: dict[int, Any]) -> NoReturn:
        raise TypeError("a permit is good once: it cannot be copied")

    def __repr__(self) -> str:
        return f"Permit({self.attempt_id}, {self._channel})"


def issue(seal: Seal, attempt_id: UUID, channel: PermitChannel, address: str) -> Permit:
    """For dialer.contact alone."""
    return Permit(_ISSUED, seal, attempt_id, channel, address)
