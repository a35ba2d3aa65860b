"""Loads the rulebooks that this installation is set up with: those of the product and its own."""

from pathlib import Path

from compliance.rulebooks.loader import load_rulebooks
from compliance.rulebooks.model import Rulebooks
from dialer.settings import Settings


def load_books(settings: Settings) -> Rulebooks:
    """All rulebooks, with the dial-stop margin. Raises RulebookError with file, line and how to mend it."""
    return load_rulebooks(*folders(settings), dial_stop_margin_s=settings.dial_stop_margin_s)


def folders(settings: Settings) -> tuple[Path, ...]:
    """Where the house's own rulebooks are."""
    return () if settings.rulebooks_dir is None else (settings.rulebooks_dir,)
