"""The ways of dialing that can be simulated, by name."""

from dataclasses import dataclass

from dialer.simulation.floor import Law
from dialer.simulation.layout import LAW_AVERAGE, LAW_HARD, LAW_RATIO, LAW_TAPERED

MODES = ("progressive", "ratio", "power", "vici-hard", "vici-tapered", "vici-average", "predictive")
VICI = {"vici-hard": LAW_HARD, "vici-tapered": LAW_TAPERED, "vici-average": LAW_AVERAGE}


class ModeProblem(ValueError):
    """A mode that cannot be simulated; the text is for people."""


@dataclass(frozen=True, slots=True)
class Mode:
    """`name` as it is typed, `title` with its knobs; `law` None: a pacer of Python is asked."""

    name: str
    title: str
    law: Law | None


def mode_of(name: str, *, ratio: float = 2.0, max_level: float = 3.0, available_only: bool = False) -> Mode:
    """The mode of this name. `ratio`: lines for each idle agent; the last two are VICIdial's. Raises ModeProblem."""
    if not 0 < ratio <= 1000 or not 1 <= max_level <= 1000:
        raise ModeProblem("a ratio is above 0 and at most 1000, a dial level between 1 and 1000")
    if name == "progressive":
        return Mode(name, "progressive 1:1", Law(LAW_RATIO, 1.0))
    if name in ("ratio", "power"):
        return Mode(name, f"{name} {ratio:g}", Law(LAW_RATIO, ratio))
    if name in VICI:
        knobs = [f"to {max_level:g}"] if max_level != 3 else []
        knobs += ["available only"] if available_only else []
        return Mode(name, ", ".join([name, *knobs]), Law(VICI[name], 1.0, max_level, available_only))
    if name == "predictive":
        return Mode(name, name, None)
    raise ModeProblem(f"there is no mode {name}; there are {', '.join(MODES)}")


def compared(ratio: float) -> tuple[Mode, ...]:
    """All modes side by side: what `--compare` shows."""
    modes = [
        mode_of("progressive"),
        *(mode_of("ratio", ratio=k) for k in sorted({2.0, 3.0, ratio})),
        *(mode_of(name) for name in VICI),
        mode_of("vici-tapered", max_level=10.0, available_only=True),
    ]
    return (*modes, mode_of("predictive"))
