"""Compiles a function by numba, once for this machine (kept on disk), and keeps its type for the checker."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The machine-code twin of a function of numbers, arrays and records."""
    return cast(F, numba.njit(cache=True)(function))


def part(function: F) -> F:
    """A part of a compiled function that is called: for the long ones, which would be slow to compile at each place."""
    return cast(F, numba.njit(function))


def inlined(function: F) -> F:
    """A part of a compiled function: put in place of each call, which spares counting references to every array."""
    return cast(F, numba.njit(forceinline=True)(function))
