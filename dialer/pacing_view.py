"""Shows supervisors what a campaign's pacer sees, foretells and may still spend: `PacingView` of protocol.ts. Pure."""

from collections import Counter
from datetime import datetime
from typing import Any

from dialer.abandonment_guard import worst_of
from dialer.console import iso
from dialer.pacing.foretold import Foretold
from dialer.pacing.interface import SeatState
from dialer.pacing.modes import idle_seats
from dialer.state import LiveCampaign
from dialer.ticks.model import CALL_PHASES

SHOWN_SEATS: tuple[SeatState, ...] = ("idle", "talk", "wrap", "pause")
DIGITS = 1


def pacing_view(campaign: LiveCampaign) -> dict[str, Any] | None:
    """None before the first look at the floor."""
    seen = campaign.seen
    if seen is None:
        return None
    phases = Counter(line.phase for line in seen.calls)
    seats = Counter(seat.state for seat in seen.seats)
    told = campaign.foretold()
    return {
        "lines": len(seen.calls),
        "phases": {phase: phases[phase] for phase in CALL_PHASES},
        "free_agents": idle_seats(seen),
        "seats": {state: seats[state] for state in SHOWN_SEATS},
        "launched": campaign.launched,
        "predicted_answers": None if told is None else round(told.answers, DIGITS),
        "predicted_free": None if told is None else round(told.free, DIGITS),
        "ahead_s": None if told is None else round(told.ahead_s, DIGITS),
        "forecast": None if told is None or told.expected is None else forecast_view(told),
        "budget": budget_view(campaign),
        "calibration": None if told is None else calibration_view(told, campaign.surprised_since),
        "saved_at": iso(campaign.saved_at),
    }


def forecast_view(told: Foretold) -> dict[str, Any]:
    """The forecast that is out, and what came of it so far."""
    return {"expected": round(told.expected or 0.0, DIGITS), "came": told.came, "within_s": told.within_s}


def budget_view(campaign: LiveCampaign) -> dict[str, Any]:
    """What the gauges leave, and the figures of the one that leaves least."""
    left, gauge = campaign.allowance(), worst_of([gauge for gauge, _ in campaign.gauges])
    return {
        "remaining": left.remaining,
        "holds": left.holds,
        "because": left.because,
        "gauge": None if gauge is None else gauge.key,
        "rate": None if gauge is None or gauge.rate is None else round(float(gauge.rate), 5),
        "bound": None if gauge is None else round(gauge.bound, 5),
        "limit": None if gauge is None else float(gauge.limit),
    }


def calibration_view(told: Foretold, since: datetime | None) -> dict[str, Any]:
    """Shares of the forecasts whose 10, 50 and 90 % quantile was not exceeded."""
    low, middle, high = (None if share is None else round(share, 3) for share in told.under)
    return {
        "forecasts": told.forecasts,
        "q10": low,
        "q50": middle,
        "q90": high,
        "surprised": told.surprised,
        "since": iso(since),
    }


def detection_alarm(campaign: LiveCampaign) -> tuple[str, str] | None:
    """Key and text of the alarm of a campaign that machine detection keeps at 1:1."""
    if not campaign.held_by_detection:
        return None
    tested = campaign.detection is not None and campaign.detection.sample > 0
    text = f"{campaign.name}. It dials one call for each free agent. {campaign.held_by_detection}"
    return f"detection:{campaign.id}:{'errs' if tested else 'untested'}", text


def surprise_alarms(campaigns: list[LiveCampaign]) -> list[dict[str, Any]]:
    """In the shape of Alarm in protocol.ts: one for each campaign whose forecasts are not borne out."""
    return [
        {
            "id": f"pacing:{campaign.id}:surprised",
            "at": iso(campaign.surprised_since),
            "level": "warning",
            "text": f"{campaign.name}. Answers do not come as foretold: {surprise_words(told)}. It dials with care"
            " until its forecasts hold again; look whether the list, the trunk or the numbers changed.",
        }
        for campaign in campaigns
        if campaign.surprised_since is not None and (told := campaign.foretold()) is not None
    ]


def surprise_words(told: Foretold) -> str:
    shares = zip((10, 50, 90), told.under, strict=True)
    found = ", ".join(f"{share:.0%} in place of {due} %" for due, share in shares if share is not None)
    return f"under the quantiles of the last forecasts were {found}"
