"""Holds what lives on the simulated exchange, channels, bridges, playbacks, and prints each as Asterisk's JSON does."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Json = dict[str, Any]


OUTGOING = ("AppDial2", "(Outgoing Line)")
"""Where Asterisk says that an outgoing leg is while no application has it."""


def stamp(at: datetime) -> str:
    """Asterisk's time text: 2026-01-02T03:04:05.678+0000."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


class FarEnd(Protocol):
    """Who is at the other side of a leg: a debtor or an agent's phone. The switch calls it when something changed."""

    kind: str

    def dialed(self, channel: "Channel") -> None: ...
    def waiting(self, channel: "Channel") -> None:
        """Answered, and nobody else is on the line (any more)."""
        ...

    def connected(self, channel: "Channel") -> None:
        """Another leg shares the bridge."""
        ...

    def listening(self, channel: "Channel") -> None:
        """A sound is being played to this leg."""
        ...


@dataclass(slots=True, eq=False)
class Channel:
    """One leg."""

    id: str
    name: str
    endpoint: str
    """Technology/resource, such as PJSIP/trunk."""
    dialstring: str
    app: str
    app_args: tuple[str, ...]
    created_at: datetime
    caller_id: str = ""
    number: str | None = None
    attempt: int | None = None
    far_end: FarEnd | None = None
    state: str = "Down"
    in_app: bool = False
    location: tuple[str, str] = OUTGOING
    """Dialplan application and its data."""
    context: str = "promiseline-nowhere"
    exten: str = "s"
    bridge: "Bridge | None" = None
    connected_to: "Channel | None" = None
    playbacks: list["Playback"] = field(default_factory=list)
    """What is being played, and what waits behind it."""
    on_hold: bool = False
    moh: bool = False
    ringback: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    reported: dict[str, str] = field(default_factory=dict)
    timers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    sip: int | None = None
    dead: bool = False

    @property
    def up(self) -> bool:
        return self.state == "Up"

    def cancel(self, *names: str) -> None:
        """Stop timers by name; all of them when none is named."""
        for name in names or tuple(self.timers):
            task = self.timers.pop(name, None)
            if task is not None:
                task.cancel()

    def json(self) -> Json:
        body: Json = {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "protocol_id": f"sandbox-{self.id}",
            "caller": {"name": "", "number": self.caller_id},
            "connected": {"name": "", "number": self.caller_id},
            "accountcode": "",
            "dialplan": {
                "context": self.context,
                "exten": self.exten,
                "priority": 1,
                "app_name": self.location[0],
                "app_data": self.location[1],
            },
            "creationtime": stamp(self.created_at),
            "language": "en",
        }
        if self.reported:
            body["channelvars"] = dict(self.reported)
        return body


@dataclass(slots=True, eq=False)
class Bridge:
    id: str
    name: str
    created_at: datetime
    kind: str = "mixing"
    dtmf_events: bool = False
    members: list[Channel] = field(default_factory=list)
    moh: bool = False

    def json(self) -> Json:
        technology = "simple_bridge" if len(self.members) <= 2 else "softmix"
        return {
            "id": self.id,
            "technology": "holding_bridge" if self.kind == "holding" else technology,
            "bridge_type": self.kind,
            "bridge_class": "stasis",
            "creator": "Stasis",
            "name": self.name,
            "channels": [member.id for member in self.members],
            "creationtime": stamp(self.created_at),
            "video_mode": "talker",
        }


@dataclass(slots=True, eq=False)
class Playback:
    id: str
    media: tuple[str, ...]
    channel: Channel
    state: str = "queued"
    language: str = "en"

    def json(self) -> Json:
        return {
            "id": self.id,
            "media_uri": self.media[0],
            "target_uri": f"channel:{self.channel.id}",
            "language": self.language,
            "state": self.state,
        }
