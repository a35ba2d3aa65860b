"""Compiles arithmetic to machine code, kept on disk so that only the first run of an installation waits for it."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The same function, for arrays and numbers only; it keeps its Python type."""
    made: Function = njit(cache=True, nogil=True)(function)
    return made
