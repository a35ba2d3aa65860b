"""The command `promiseline`: one module for each group of commands."""

import errno
import os
import sys
from typing import NoReturn

A_FAULT = 70
_STDOUT = 1


def main() -> None:
    """Entry point of the installed command."""
    try:
        # loading takes a moment, and a Ctrl+C within it must be as quiet as any other
        from dialer.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as fault:
        if fault.errno != errno.ENOSPC:
            _told(fault)
        # what is still in the buffer would be tried once more at the end, and fail with a traceback
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)
        print("promiseline: no space is left where this was to be written; make room and start again", file=sys.stderr)
        sys.exit(1)
    except Exception as fault:
        _told(fault)


def _told(fault: Exception) -> NoReturn:
    from dialer.cli.output import written_down

    file = written_down(fault)
    print(
        f"promiseline: a fault of the program itself ({type(fault).__name__}); what it did until then is kept. The"
        f" details are in {file}: please report them, without what is personal in them.",
        file=sys.stderr,
    )
    sys.exit(A_FAULT)


__all__ = ["main"]
