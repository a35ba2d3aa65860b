"""Shows abandonment gauges as plain data, for page, API and `--json`. Shares are 0..1, dates the campaign's."""

from typing import Any

from compliance.abandonment import CAP, ratio
from compliance.abandonment_ledger import Gauge, Window
from compliance.abandonment_tally import Tally
from compliance.abandonment_words import sentence
from dialer.abandonment import Sheet


def gauge_view(gauge: Gauge) -> dict[str, Any]:
    """`clean_needed` is null while nothing holds; `evidence` is the sample test that the estimate rests on."""
    evidence = gauge.evidence
    return {
        "key": gauge.key,
        "regime": gauge.regime,
        "since": gauge.since.isoformat(),
        "first": gauge.first.isoformat() if gauge.first else None,
        "last": gauge.last.isoformat() if gauge.last else None,
        "hours": None if gauge.first else round((gauge.until - gauge.since).total_seconds() // 3600),
        "abandoned": gauge.lost,
        "answered": gauge.answers,
        "rate": None if gauge.rate is None else float(gauge.rate),
        "bound": gauge.bound,
        "limit": float(gauge.limit),
        "confidence": gauge.confidence,
        "few": gauge.few,
        "min_answers": gauge.min_answers,
        "binds": gauge.binds,
        "paces": gauge.paces,
        "holds": gauge.holds,
        "uncertain": gauge.uncertain,
        "state": gauge.state,
        "headroom": gauge.headroom,
        "next_answers": gauge.next_answers,
        "clean_needed": gauge.clean_needed,
        "estimate": None if gauge.estimate is None else float(gauge.estimate),
        "evidence": None
        if evidence is None
        else {
            "tested_on": evidence.tested_on.isoformat(),
            "sample": evidence.sample,
            "false_positives": evidence.false_positives,
            "by": evidence.by,
        },
        "sentence": sentence(gauge),
    }


def sheet_view(sheet: Sheet, blocks: list[tuple[Window, Tally]], *, state: str, mode: str) -> dict[str, Any]:
    """One campaign: its gauges side by side, and its 30-date periods, the newest first."""
    return {
        "id": sheet.subject.campaign,
        "name": sheet.subject.name,
        "state": state,
        "mode": mode,
        "timezone": sheet.subject.zone,
        "gauges": [gauge_view(gauge) for gauge in sheet.gauges],
        "blocks": [_block(window, tally) for window, tally in reversed(blocks)],
    }


def _block(window: Window, tally: Tally) -> dict[str, Any]:
    rate = ratio(tally.abandoned, tally.persons)
    return {
        "first": window.first.isoformat() if window.first else None,
        "last": window.last.isoformat() if window.last else None,
        "abandoned": tally.abandoned,
        "answered": tally.persons,
        "rate": float(rate),
        "within_cap": rate <= CAP,
    }
