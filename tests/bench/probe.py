"""Runs `promiseline serve` with a stop watch in it: when each originate was asked for, when its answer was heard.

`python -c "from tests.bench.probe import serve; serve()"` with PROMISELINE_PROBE naming the file that is written when the
server ends. Instants are time.time(): of the request's beginning, of the arrival of Answered, Asterisk's own of the
answer. The stop watch costs about a microsecond a call and changes nothing.
"""

import atexit
import json
import os
import time
from pathlib import Path

from dialer.cli import main
from dialer.floor import Floor
from telephony.ari.exchange import AriExchange
from telephony.exchange import Answered, Destroyed, Exchange, ExchangeEvent, Originate


def serve() -> None:
    asked: list[tuple[str, float]] = []
    answered: list[tuple[str, float, float]] = []
    ended: list[tuple[str, float]] = []
    originate, handle = AriExchange.originate, Floor.handle

    async def timed_originate(self: AriExchange, call: Originate) -> None:
        if call.channel_id.startswith("pl-c-"):
            asked.append((call.channel_id, time.time()))
        await originate(self, call)

    def timed_handle(self: Floor, exchange: Exchange, event: ExchangeEvent) -> None:
        if isinstance(event, Answered):
            answered.append((event.channel_id, time.time(), event.at.timestamp()))
        elif isinstance(event, Destroyed):
            ended.append((event.channel_id, event.at.timestamp()))
        handle(self, exchange, event)

    def write() -> None:
        Path(os.environ["PROMISELINE_PROBE"]).write_text(
            json.dumps({"asked": asked, "answered": answered, "ended": ended})
        )

    AriExchange.originate = timed_originate  # type: ignore[method-assign]
    Floor.handle = timed_handle  # type: ignore[method-assign]
    atexit.register(write)
    main()
