"""What the web role asks of parts that other packages bring; the composition root gives them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`reason` says what is so; `mend` what to do about it when it is not well. No secrets, no personal data."""

    ok: bool
    reason: str
    mend: str = ""


class ReadinessCheck(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def required(self) -> bool:
        """Whether the web role is of no use without it: then /readyz answers 503."""
        ...

    async def check(self) -> CheckResult: ...


Form = Sequence[tuple[str, str]]
"""A webhook's fields as they came: order, case, blanks and repetitions untouched, for the signature."""


class Webhook(Protocol):
    """One carrier's calls into us."""

    def verify(self, path_and_query: str, form: Form, headers: Mapping[str, str]) -> bool:
        """Whether a call to this path of our public address was signed by the carrier."""
        ...

    async def status(self, message_id: UUID, form: Form) -> None:
        """A delivery report: stored, and worked on later."""
        ...

    async def inbound(self, form: Form) -> None:
        """A person's reply: stored (an opt-out at once), and worked on later."""
        ...
