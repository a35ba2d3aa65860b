"""Compiles arithmetic to machine code, kept on disk so that only the first run of an installation waits for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def _stamp() -> tuple[float, int]:
    """Newest change and size of all modules here."""
    files = [file.stat() for file in sorted(Path(__file__).parent.glob("*.py"))]
    return max(file.st_mtime for file in files), sum(file.st_size for file in files)


STAMP = _stamp()


def compiled(function: Function) -> Function:
    """The same function, for arrays and numbers only; it keeps its Python type."""
    try:
        made: Any = njit(cache=True)(function)
    except RuntimeError:
        # no folder to keep it in (a read-only installation without a home): compiled anew by each process
        return cast(Function, njit(function))
    # numba looks at a function's own file only: a callee changed by an upgrade would go on as it was
    made._cache._cache_file._source_stamp = STAMP
    return cast(Function, made)
