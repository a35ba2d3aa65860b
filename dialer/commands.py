"""What consoles may ask of the floor: commands in, replies out. The floor itself decides and does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dialer.link import Link
from dialer.streams import StreamHub


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `role` is agent, supervisor or admin."""

    user_id: int
    tenant_id: int
    role: str


@dataclass(frozen=True, slots=True)
class Command:
    """One wish of a console; `cmd_id` is made there, and the same id does nothing twice."""

    cmd_id: str
    name: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """`error_code` None means done. `message` says to a person what is wrong and how to mend it."""

    result: Mapping[str, Any] = field(default_factory=dict)
    error_code: str | None = None
    message: str = ""
    field: str | None = None

    def wire(self) -> dict[str, Any]:
        if self.error_code is None:
            return {"ok": True, "result": dict(self.result)}
        error: dict[str, Any] = {"code": self.error_code, "message": self.message}
        if self.field is not None:
            error["field"] = self.field
        return {"ok": False, "error": error}


class FloorPort(Protocol):
    """What the web role needs of the floor, in the same process or across the bus.

    While `link` is down no command is heard and `hub` holds what was so before.
    """

    hub: StreamHub
    link: Link

    async def agent_command(self, actor: Actor, command: Command) -> Reply: ...
    async def supervisor_command(self, actor: Actor, command: Command) -> Reply: ...
    async def agent_present(self, actor: Actor, present: bool) -> None:
        """An agent's console opened its first socket, or lost its last one."""
        ...

    async def campaign_changed(self, campaign_id: int) -> None:
        """A campaign's row was changed by the API: read it again before the next tick."""
        ...
