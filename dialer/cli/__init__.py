"""The command `promiseline`: one module for each group of commands."""

import sys

A_FAULT = 70


def main() -> None:
    """Entry point of the installed command."""
    try:
        # loading takes a moment, and a Ctrl+C within it must be as quiet as any other
        from dialer.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as fault:
        from dialer.cli.output import written_down

        file = written_down(fault)
        print(
            f"promiseline: a fault of the program itself ({type(fault).__name__}); what it did until then is kept. The"
            f" details are in {file}: please report them, without what is personal in them.",
            file=sys.stderr,
        )
        sys.exit(A_FAULT)


__all__ = ["main"]
