"""Counts what the floor does, for Prometheus. Labels hold node names, words of our vocabulary and ids of campaigns."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

FAST = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0)


class FloorMetrics:
    """One set for each floor; `registry` is what /metrics prints."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.answer_to_agent = Histogram(
            "answer_to_agent_seconds", "From the answer to the agent", buckets=FAST, registry=self.registry
        )
        self.originate_to_event = Histogram(
            "originate_to_event_seconds",
            "From launch to the first news of the line",
            buckets=SLOW,
            registry=self.registry,
        )
        self.calls = Counter("calls_total", "Calls that ended", ["outcome"], registry=self.registry)
        self.denied = Counter("gate_denied_total", "Contacts refused", ["reason"], registry=self.registry)
        self.unexpected = Counter(
            "unexpected_event_total", "Events that cannot come", ["life", "state", "event"], registry=self.registry
        )
        self.requests_failed = Counter(
            "exchange_request_failed_total",
            "Requests that the exchange refused or lost",
            ["what", "how"],
            registry=self.registry,
        )
        self.tick = Histogram("campaign_tick_seconds", "One look at a campaign", buckets=FAST, registry=self.registry)
        self.write = Histogram("records_write_seconds", "One batch of records", buckets=FAST, registry=self.registry)
        self.unwritten = Gauge("records_unwritten", "Records that wait for the database", registry=self.registry)
        self.records_lost = Counter(
            "records_refused_total", "Records the database refused", ["kind"], registry=self.registry
        )
        self.given_up = Counter(
            "calls_given_up_total", "Calls ended before an answer because their agents left", registry=self.registry
        )
        self.in_flight = Gauge("calls_in_flight", "Calls that live", registry=self.registry)
        self.pacing_lines = self._by_campaign("pacing_lines", "Calls in flight without an agent")
        self.pacing_free = self._by_campaign("pacing_free_agents", "Agents of the campaign who can take a call")
        self.pacing_budget = self._by_campaign("pacing_budget", "Abandoned calls that the gauges still allow")
        self.pacing_predicted = self._by_campaign("pacing_predicted_answers", "Answers expected of the calls in flight")
        self.pacing_surprised = self._by_campaign("pacing_surprised", "1 while the forecasts are not borne out")
        self.pacing_coverage = Gauge(
            "pacing_coverage",
            "Share of forecasts whose quantile was not exceeded",
            ["campaign", "quantile"],
            registry=self.registry,
        )
        self.reconciled = Counter("reconciled_total", "Findings of reconciliation", ["finding"], registry=self.registry)

    def _by_campaign(self, name: str, words: str) -> Gauge:
        return Gauge(name, words, ["campaign"], registry=self.registry)
