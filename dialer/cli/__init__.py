"""The command `promiseline`: one module for each group of commands."""

import sys


def main() -> None:
    """Entry point of the installed command."""
    try:
        # loading takes a second, and a Ctrl+C within it must be as quiet as any other
        from dialer.cli.app import app
    except KeyboardInterrupt:
        sys.exit(130)
    app()


__all__ = ["main"]
