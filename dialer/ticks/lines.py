"""Makes the JSON lines of the pacer protocol into records, with the unchanged predictive pacer's decisions. Pure."""

from collections.abc import Iterable, Iterator

from dialer.pacing.interface import Pacer, PacingDecision
from dialer.pacing.start import PacerStart
from dialer.pacing.stored import LEARNS, begun
from dialer.pacing.wire import BadLine, StartLine, read_line, snapshot_of, start_of
from dialer.ticks.blocks import BrokenTicks
from dialer.ticks.model import Begun, Record, tick_of

CAMPAIGN = 0
LINES = 1.0
UNDECIDED = PacingDecision(0, "")


def records_of(lines: Iterable[bytes], name: str) -> Iterator[Record]:
    """The records of one campaign. Raises BrokenTicks, which names the file and the line."""
    start: PacerStart | None = None
    pacer: Pacer | None = None
    for number, line in enumerate(lines, 1):
        try:
            said = read_line(line)
        except BadLine as problem:
            raise BrokenTicks(f"{name}, line {number}: {problem}") from None
        if isinstance(said, StartLine):
            start = start_of(said)
            pacer = begun(LEARNS, LINES, start)
            yield Begun(CAMPAIGN, LEARNS, LINES, start)
            continue
        if start is None or pacer is None:
            raise BrokenTicks(
                f"{name}, line {number}: a snapshot before the start; the first line must be of type start"
            )
        tick = tick_of(CAMPAIGN, snapshot_of(said, start), UNDECIDED)
        # decided on what is kept: whole milliseconds, odds in whole thousandths
        pacer, decision = pacer.decide(tick.snapshot())
        yield tick_of(CAMPAIGN, tick.snapshot(), decision)
