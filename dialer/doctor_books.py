"""The doctor's look at the rulebooks: those of the product and the house's own can all be loaded."""

from compliance.rulebooks.loader import faults
from dialer.books import folders
from dialer.findings import Finding
from dialer.settings import Settings


def look_at_books(settings: Settings) -> list[Finding]:
    """One finding for each file that must not be used; while there is one the server does not start."""
    books, wrong = faults(*folders(settings))
    if wrong:
        return [_finding(str(fault)) for fault in wrong]
    own = "" if settings.rulebooks_dir is None else f", those of {settings.rulebooks_dir} among them"
    return [Finding("rulebooks", True, f"{books} loaded{own}")]


def _finding(fault: str) -> Finding:
    says, _, mend = fault.rpartition("; ")
    return Finding("rulebooks", False, says, f"{mend[:1].upper()}{mend[1:]}.")
