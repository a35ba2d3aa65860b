"""The command `promiseline`: one module for each group of commands."""

from dialer.cli.app import main

__all__ = ["main"]
