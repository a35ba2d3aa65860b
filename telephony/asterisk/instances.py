"""Keeps track of running laboratory Asterisks, so that one whose owner was killed is ended by the next run."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from telephony.asterisk.installation import Installation


def home(installation: Installation, name: str) -> str:
    """A new instance's directory, as Asterisk sees it."""
    base = "/srv/promiseline" if installation.root is not None else "/tmp/promiseline-lab"  # noqa: S108
    return f"{base}/{name}-{uuid4().hex[:8]}"


def claim(installation: Installation, instance: str) -> None:
    """Make the directory, marked as ours, after ending what dead owners left behind."""
    folder = installation.outside(instance)
    end_all(installation, only_orphans=True)
    folder.mkdir(parents=True, mode=0o700)
    (folder / "owner").write_text(_identity(os.getpid()))


def note_process(installation: Installation, instance: str, pid: int) -> None:
    (installation.outside(instance) / "process").write_text(_identity(pid))


def end_all(installation: Installation, *, only_orphans: bool = False) -> int:
    """End instances and remove their directories; returns how many. `only_orphans`: those whose owner is gone."""
    base = installation.outside(home(installation, "x")).parent
    ended = 0
    for folder in base.glob("*-*") if base.is_dir() else ():
        owner = _read(folder / "owner")
        if not owner or (only_orphans and _alive(owner)):
            continue
        process = _read(folder / "process")
        if process and _alive(process):
            with suppress(ProcessLookupError):
                os.kill(int(process.split()[0]), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
        ended += 1
    return ended


def _identity(pid: int) -> str:
    """The process id with its start time: an id that was given to another process is not taken for the old one."""
    return f"{pid} {_started(pid)}"


def _alive(identity: str) -> bool:
    pid, _, started = identity.partition(" ")
    return _started(int(pid)) == started and started != ""


def _started(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
