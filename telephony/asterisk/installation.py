"""Finds an Asterisk to run: the system's own from version 20 on, else one in a cached folder made by debootstrap."""

# ruff: noqa: S603 - fixed programs with arguments of our own

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from telephony.asterisk import mirror

OLDEST = 20
SUITES = ("sid", "bullseye")
"""In order of preference; stable Debian releases since bookworm have no asterisk."""


class LabError(Exception):
    """The laboratory cannot be made or run; the text says how to mend it."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An Asterisk that can be run. `root` is the folder to chroot into, or None for the system's own."""

    version: str
    binary: str
    root: Path | None = None

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def command(self, *arguments: str) -> list[str]:
        if self.root is None:
            return [self.binary, *arguments]
        return ["chroot", str(self.root), self.binary, *arguments]

    def outside(self, path: str) -> Path:
        """Where a path that Asterisk sees lies for us."""
        return Path(path) if self.root is None else self.root / path.lstrip("/")

    def modules(self) -> str:
        """The modules' directory, as Asterisk sees it."""
        top = Path("/") if self.root is None else self.root
        for pattern in ("usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules", "usr/lib64/asterisk/modules"):
            for found in sorted(top.glob(pattern)):
                return "/" + str(found.relative_to(top))
        raise LabError(
            f"no asterisk modules under {top}/usr/lib: the installation is incomplete; remove it and try again"
        )


def cache_directory() -> Path:
    """PROMISELINE_CACHE, else ~/.cache/promiseline."""
    given = os.environ.get("PROMISELINE_CACHE")
    return Path(given).expanduser() if given else Path.home() / ".cache" / "promiseline"


def system_asterisk() -> Installation | None:
    """The system's Asterisk when it is new enough."""
    binary = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        return None
    version = _version([binary, "-V"])
    if version is None or int(version.split(".")[0]) < OLDEST:
        return None
    return Installation(version, binary)


def _version(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"Asterisk (?:certified/)?(\d+(?:\.\d+)*)", done.stdout)
    return found.group(1) if found else None


def prepare(cache: Path | None = None) -> Installation:
    """The Asterisk to use; makes the folder when there is none (about 2 minutes). Raises LabError."""
    found = system_asterisk()
    if found is not None:
        return found
    cache = cache or cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    problems = []
    with _lock(cache / "asterisk.lock"):
        for suite in SUITES:
            folder = cache / f"asterisk-{suite}"
            version = _in_folder(folder)
            if version is None:
                try:
                    _make(suite, folder)
                except LabError as error:
                    problems.append(f"{suite}: {error}")
                    continue
                version = _in_folder(folder)
            if version is None:
                problems.append(f"{suite}: {folder} was made but its asterisk does not run")
                continue
            if suite != SUITES[0]:
                _warn(f"USING ASTERISK {version} FROM {suite.upper()}: OLDER THAN THE ARI THAT PROMISELINE IS MADE FOR")
            return Installation(version, "/usr/sbin/asterisk", folder)
    raise LabError("no Asterisk could be made:\n  " + "\n  ".join(problems))


def _in_folder(folder: Path) -> str | None:
    if not (folder / "usr/sbin/asterisk").exists():
        return None
    return _version(["chroot", str(folder), "/usr/sbin/asterisk", "-V"])


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(suite: str, folder: Path) -> None:
    """Run debootstrap into a neighbour of `folder` and rename it: what stands under the name is complete."""
    if os.geteuid() != 0:
        raise LabError("debootstrap and chroot need root: run as root, or install an asterisk of version 20 or newer")
    if shutil.which("debootstrap") is None:
        raise LabError("debootstrap is not installed: apt-get install debootstrap")
    try:
        address = mirror.debian_mirror()
    except mirror.NoMirror as error:
        raise LabError(str(error)) from error
    for stale in folder.parent.glob(f"{folder.name}.partial-*"):
        _remove(stale)
    partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
    output = folder.with_name(f"{folder.name}.log")
    _warn(f"making an Asterisk from Debian {suite} in {folder} (about 2 minutes, 600 MB; progress in {output})")
    command = ["debootstrap", "--variant=minbase", "--include=ca-certificates,asterisk", suite, str(partial), address]
    with output.open("wb") as log:
        done = subprocess.run(
            command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | mirror.proxies(), check=False
        )
    if done.returncode != 0:
        _remove(partial)
        raise LabError(f"debootstrap ended with status {done.returncode}; its last words are in {output}")
    shutil.rmtree(partial / "var/cache/apt/archives", ignore_errors=True)
    if folder.exists():
        _remove(folder)
    partial.rename(folder)


def _remove(folder: Path) -> None:
    """Delete a half-made folder, but never through a mount (/proc, /sys) that debootstrap may have left in it."""
    for mounted in ("proc", "sys", "dev/pts", "dev"):
        if (folder / mounted).is_mount():
            subprocess.run(["umount", str(folder / mounted)], check=False)  # noqa: S607
            if (folder / mounted).is_mount():
                raise LabError(f"{folder / mounted} is still mounted: umount it, then remove {folder}")
    shutil.rmtree(folder, ignore_errors=True)


def _warn(text: str) -> None:
    print(f"promiseline lab: {text}", file=sys.stderr, flush=True)
