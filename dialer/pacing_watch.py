"""Watches the pacers: figures for Prometheus, and an audit row when a model begins or ceases to be surprised."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from campaigns import audit
from dialer.metrics import FloorMetrics
from dialer.pacing.foretold import Foretold
from dialer.pacing.modes import idle_seats
from dialer.state import FloorState, LiveCampaign

log = structlog.get_logger(__name__)
LOOK_S = 5.0
QUANTILES = ("0.1", "0.5", "0.9")


class PacingWatch:
    def __init__(self, state: FloorState) -> None:
        self._state = state

    async def run(self) -> None:
        while True:
            await self._state.clock.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """At every campaign of this floor, once."""
        for campaign in list(self._state.campaigns.values()):
            told = campaign.foretold() if campaign.state == "running" else None
            _measure(self._state.metrics, campaign, told)
            surprised = told is not None and told.surprised
            if surprised is not (campaign.surprised_since is not None):
                campaign.surprised_since = self._state.now() if surprised else None
                await self._tell(campaign, told)

    async def _tell(self, campaign: LiveCampaign, told: Foretold | None) -> None:
        action = "pacing.surprised" if campaign.surprised_since is not None else "pacing.calm"
        log.info("campaign.forecasts_judged", campaign_id=campaign.id, action=action)
        detail: dict[str, object] = {"mode": campaign.settings.mode}
        if told is not None:
            detail |= {"forecasts": told.forecasts, "under": dict(zip(QUANTILES, _rounded(told), strict=True))}
        try:
            async with self._state.engine.begin() as conn:
                await audit.record(
                    conn,
                    tenant_id=campaign.tenant_id,
                    at=self._state.now(),
                    actor="system",
                    action=action,
                    subject=f"campaign:{campaign.id}",
                    detail=detail,
                )
        except (SQLAlchemyError, OSError) as problem:
            log.warning("pacing.not_audited", campaign_id=campaign.id, problem=type(problem).__name__)


def _measure(metrics: FloorMetrics, campaign: LiveCampaign, told: Foretold | None) -> None:
    label, seen = str(campaign.id), campaign.seen
    if seen is not None:
        metrics.pacing_lines.labels(label).set(len(seen.calls))
        metrics.pacing_free.labels(label).set(idle_seats(seen))
    if campaign.abandonment.remaining is not None:
        metrics.pacing_budget.labels(label).set(campaign.abandonment.remaining)
    if told is None:
        return
    metrics.pacing_predicted.labels(label).set(told.answers)
    metrics.pacing_surprised.labels(label).set(told.surprised)
    for quantile, share in zip(QUANTILES, told.under, strict=True):
        if share is not None:
            metrics.pacing_coverage.labels(label, quantile).set(share)


def _rounded(told: Foretold) -> list[float | None]:
    return [None if share is None else round(share, 4) for share in told.under]
