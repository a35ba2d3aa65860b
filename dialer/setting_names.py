"""Finds names that look like settings and are none: a misspelt one would be left out in silence. Pure."""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import get_args

from pydantic import BaseModel

PREFIX = "promiseline_"
# read by single commands and by this repository's tests and benches, never by the server
OTHERS = frozenset(
    {"config", "secrets_dir", "new_password", "cache", "sandbox_password", "url", "probe", "bench_keep", "hypothesis"}
)
# Kubernetes adds these to every container beside a service called promiseline or promiseline-something
_SERVICE_LINK = re.compile(r"_service_(host|port)(_|$)|_port_\d+_(tcp|udp|sctp)(_|$)")
_LINK_ADDRESS = re.compile(r"(tcp|udp|sctp)://")


def names_of(model: type[BaseModel]) -> Iterator[str]:
    """Every setting with its groups, like `web.port`; those of a list's items without a number."""
    for name, info in model.model_fields.items():
        yield name
        for kind in (info.annotation, *get_args(info.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from (f"{name}.{inner}" for inner in names_of(kind))


def unknown_variables(environment: Mapping[str, str], known: Collection[str]) -> list[str]:
    """A line for each variable that begins with PROMISELINE_ and is no setting; `known` as `names_of` tells them."""
    return [
        f"  {name}: there is no such setting{_meant(setting, known, _variable)}"
        for name, value in sorted(environment.items())
        if (setting := _setting(name)) and not _is_taken(setting, value, known)
    ]


def unknown_files(names: Collection[str], known: Collection[str]) -> list[str]:
    """A line for each secret's file that no setting reads. A group is one file, which holds JSON."""
    whole = [name for name in known if "." not in name]
    return [
        f"  the secret {name}: there is no such setting{_meant(setting, whole, lambda one: PREFIX + one)}"
        for name in sorted(names)
        if (setting := _setting(name)) and setting not in whole
    ]


def unknown_name(place: tuple[int | str, ...], known: Collection[str]) -> str:
    """What is said of a name that a file or a group holds and that is no setting."""
    path = ".".join(part for part in place if isinstance(part, str))
    return f"there is no such setting{_meant(path, known, str)}"


def _setting(name: str) -> str:
    """`PROMISELINE_WEB__PORT` as `web.port`; empty for what is not ours."""
    lower = name.lower()
    return lower.removeprefix(PREFIX).replace("__", ".") if lower.startswith(PREFIX) else ""


def _is_taken(setting: str, value: str, known: Collection[str]) -> bool:
    # what stands behind a group's name is judged with the group
    group = setting.partition(".")[0]
    linked = _SERVICE_LINK.search(f"_{setting}") or _LINK_ADDRESS.match(value)
    return group in known or setting in OTHERS or linked is not None


def _meant(name: str, known: Collection[str], shown: Callable[[str], str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {shown(close[0])}?" if close else "; docs/configuration.md lists them"


def _variable(name: str) -> str:
    return (PREFIX + name.replace(".", "__")).upper()
