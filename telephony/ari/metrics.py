"""Prometheus metrics of ARI traffic; labels are static names only, never a number or an id."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class AriMetrics:
    """One set for all nodes of a process. Without a registry it has its own, so that tests do not meet."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.requests = Counter(
            "ari_requests", "REST requests by operation and outcome", ["node", "op", "status"], registry=self.registry
        )
        self.latency = Histogram(
            "ari_request_seconds", "Time to the reply", ["node", "op"], buckets=BUCKETS, registry=self.registry
        )
        self.events = Counter("ari_events", "Events received by type", ["node", "type"], registry=self.registry)
        self.malformed = Counter(
            "ari_events_malformed", "Frames not understood", ["node", "type"], registry=self.registry
        )
        self.connects = Counter("ari_connects", "Event streams opened", ["node"], registry=self.registry)
        self.disconnects = Counter(
            "ari_disconnects", "Event streams lost or not opened, by kind", ["node", "kind"], registry=self.registry
        )
        self.queue_depth = Gauge("ari_event_queue_depth", "Events waiting", ["node"], registry=self.registry)
        self.lag = Gauge("ari_lag_seconds", "Smoothed lag of replies and events", ["node"], registry=self.registry)
        self.refused_originates = Counter(
            "ari_originates_not_admitted", "Originates refused by our own limit", ["node"], registry=self.registry
        )
