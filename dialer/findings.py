"""What one look of the doctor found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One part looked at. `mend` is empty when all is well."""

    part: str
    ok: bool
    says: str
    mend: str = ""
