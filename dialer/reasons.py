"""Says to a person why the gate refused: a debt by the creditor's reference and not by our id. Pure."""

from collections.abc import Mapping

from compliance.verdict import Reason


def said(reason: Reason, references: Mapping[str, str] | None = None) -> str:
    """The reason's text with the creditor's `references` (by debt id) in place of ids.

    Without them no debt is named: so it must be before the right party is recorded.
    """
    if not reason.debt:
        return reason.text
    name = (references or {}).get(reason.debt, "this debt")
    return reason.text.replace(f"about {reason.debt} ", f"about {name} ")
