"""Runs `promiseline serve` with a stop watch in it: when each originate was asked for, when its answer was heard.

`python -c "from tests.bench.probe import serve; serve()" serve`, with PROMISELINE_PROBE naming the file. A line is a
word, a channel id and time.time(): `asked` before the request is made, `answered` when Answered arrives at the floor.
"""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from dialer.cli import main
from dialer.floor import Floor
from telephony.ari.exchange import AriExchange
from telephony.exchange import Answered, Exchange, ExchangeEvent, Leg


@dataclass(slots=True)
class Noted:
    """Instants by channel id."""

    asked: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> "Noted":
        noted = cls()
        for line in file.read_text().splitlines() if file.exists() else ():
            word, channel, at = line.split()
            (noted.asked if word == "asked" else noted.answered)[channel] = float(at)
        return noted


def serve() -> None:
    file = os.open(os.environ["PROMISELINE_PROBE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    originate, handle = AriExchange.originate, Floor.handle

    def note(word: str, channel: str) -> None:
        os.write(file, f"{word} {channel} {time.time():.6f}\n".encode())

    async def timed_originate(self: AriExchange, call: Leg) -> None:
        if call.channel_id.startswith("pl-c-"):
            note("asked", call.channel_id)
        await originate(self, call)

    def timed_handle(self: Floor, exchange: Exchange, event: ExchangeEvent) -> None:
        if isinstance(event, Answered) and event.channel_id.startswith("pl-c-"):
            note("answered", event.channel_id)
        handle(self, exchange, event)

    AriExchange.originate = timed_originate  # type: ignore[method-assign]
    Floor.handle = timed_handle  # type: ignore[method-assign]
    main()
