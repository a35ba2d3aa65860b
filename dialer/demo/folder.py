"""Tells the demonstration's data from a server's own.

Its synthetic numbers may belong to somebody, so no real exchange may dial them; and its simulated agents must never
speak with the people of a real portfolio.
"""

from pathlib import Path

MARK = "demonstration"
WORDS = "The data in this folder is the demonstration's: synthetic people, whom only the sandbox may dial.\n"


def is_demonstration(folder: Path) -> bool:
    """Whether a demonstration keeps its data there."""
    return (folder / MARK).exists()


def claim(folder: Path) -> bool:
    """Mark the folder as the demonstration's before anything is put there; False: a server's database is in it."""
    if not is_demonstration(folder) and (folder / "postgres").exists():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(WORDS)
    return True
