"""Says to a person why the gate refused: it names a debt by its id, which nobody outside the database knows. Pure."""

import re
from collections.abc import Mapping

from compliance.verdict import Reason

DEBT = re.compile(r"\babout (\d+)\b")


def said(reason: Reason, references: Mapping[str, str] | None = None) -> str:
    """The reason's text with the creditor's `references` (by debt id) in place of ids.

    Without them no debt is named: so it must be before the right party is recorded.
    """
    names = references or {}
    return DEBT.sub(lambda found: f"about {names.get(found[1], 'this debt')}", reason.text)
