"""How many calls to launch now: the interface, and the modes that need no forecast."""

from dialer.pacing.interface import (
    UNREAD,
    AbandonmentBudget,
    Pacer,
    PacingDecision,
    PacingLimits,
    PacingSnapshot,
)
from dialer.pacing.modes import PreviewPacer, ProgressivePacer, RatioPacer, pacer_for

__all__ = [
    "UNREAD",
    "AbandonmentBudget",
    "Pacer",
    "PacingDecision",
    "PacingLimits",
    "PacingSnapshot",
    "PreviewPacer",
    "ProgressivePacer",
    "RatioPacer",
    "pacer_for",
]
