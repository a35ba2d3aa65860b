"""Maps SIP statuses to Q.850 causes the way chan_pjsip does (ARI.md 2.2)."""

_Q850_OF_SIP = {
    401: 21, 403: 21, 404: 1, 407: 21, 408: 18, 410: 22, 480: 19, 484: 28, 485: 1, 486: 17, 488: 58,
    500: 38, 502: 27, 503: 34, 504: 102, 600: 17, 603: 21, 604: 1, 606: 58, 607: 127, 608: 127,
}  # fmt: skip

_TEXT = {
    0: "Unknown", 1: "Unallocated (unassigned) number", 16: "Normal Clearing", 17: "User busy",
    18: "No user responding",
    19: "User alerting, no answer", 21: "Call Rejected", 22: "Number changed", 27: "Destination out of order",
    28: "Invalid number format", 31: "Normal, unspecified", 34: "Circuit/channel congestion",
    38: "Network out of order",
    44: "Requested channel not available", 58: "Bearer capability not available", 102: "Recover on timer expiry",
    127: "Interworking, unspecified",
}  # fmt: skip

_REASONS = {"normal": 16, "busy": 17, "congestion": 34, "no_answer": 19, "timeout": 102, "rejected": 21,
            "unallocated": 1, "normal_unspecified": 31, "number_incomplete": 28, "codec_mismatch": 58,
            "interworking": 127, "failure": 38, "answered_elsewhere": 26}  # fmt: skip


def q850_of_sip(status: int) -> int:
    """The Q.850 cause of a failed INVITE."""
    return _Q850_OF_SIP.get(status, 38 if status >= 500 else 127)


def cause_text(cause: int) -> str:
    return _TEXT.get(cause, "Unknown")


def q850_of_reason(reason: str) -> int | None:
    """The cause of ARI's `reason` word on DELETE /channels; None for a word it does not know."""
    return _REASONS.get(reason)


def dial_status(cause: int) -> str:
    """The word in the last Dial event of a call that was not answered."""
    return {17: "BUSY", 34: "CONGESTION"}.get(cause, "NOANSWER")
