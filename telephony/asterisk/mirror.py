"""Finds the Debian mirror and proxy that this machine's apt is configured for; no host name is written here."""

# ruff: noqa: S603 - fixed programs with arguments of our own

import subprocess
from urllib.parse import urlsplit

_SIDE_SUITES = ("-security", "-updates", "-backports", "-proposed")


class NoMirror(Exception):
    """apt names no Debian archive that debootstrap could read."""


def choose(index_targets: str) -> str:
    """The main archive's address from `apt-get indextargets --format '$(REPO_URI)|$(CODENAME)|$(COMPONENT)'`."""
    for line in index_targets.splitlines():
        uri, _, rest = line.partition("|")
        codename, _, component = rest.partition("|")
        if component != "main" or codename.endswith(_SIDE_SUITES) or "/" in codename:
            continue
        if urlsplit(uri).scheme in ("http", "https", "file") and "debian" in uri.lower():
            return uri.rstrip("/")
    raise NoMirror(
        "apt is configured for no Debian archive over http, https or file (see `apt-get indextargets`): "
        "add one to /etc/apt/sources.list.d, or install an asterisk of version 20 or newer"
    )


def debian_mirror() -> str:
    """Ask apt. Raises NoMirror."""
    try:
        done = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI)|$(CODENAME)|$(COMPONENT)"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoMirror(f"apt-get cannot be asked for its mirrors: {error}") from error
    return choose(done.stdout)


def proxies() -> dict[str, str]:
    """apt's own proxy settings as the environment variables that debootstrap's downloader reads."""
    found = {}
    for scheme in ("http", "https"):
        done = subprocess.run(
            ["apt-config", "shell", "PROXY", f"Acquire::{scheme}::Proxy"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        value = done.stdout.strip().removeprefix("PROXY=").strip("'")
        if done.returncode == 0 and value and value != "DIRECT":
            found[f"{scheme}_proxy"] = value
    return found
