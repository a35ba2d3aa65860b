"""What the web role counts. Labels are route patterns and codes, never addresses or names."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class WebMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "promiseline_http_requests", "HTTP requests", ["method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "promiseline_http_seconds", "Time to answer an HTTP request", ["route"], registry=registry
        )
        self.logins = Counter("promiseline_logins", "Logins by result", ["result"], registry=registry)
        self.hooks = Counter(
            "promiseline_webhooks", "Calls of providers by result", ["provider", "kind", "result"], registry=registry
        )
        self.sockets = Gauge("promiseline_consoles", "Consoles connected", ["namespace"], registry=registry)
        self.deltas = Counter("promiseline_deltas_sent", "Deltas put on consoles' queues", registry=registry)
        self.drops = Counter(
            "promiseline_consoles_dropped", "Consoles cut off by the server", ["because"], registry=registry
        )
        self.commands = Counter(
            "promiseline_commands", "Commands of consoles by result", ["namespace", "result"], registry=registry
        )
