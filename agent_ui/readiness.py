"""What /readyz says of the parts behind the web: the floor with its nodes, Redis."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_ui.ports import CheckResult
from dialer.commands import FloorPort

UNHEARD = {
    "dialer": (
        "the dialer is not heard since {since}",
        "Look at the process of the role dialer and start it: promiseline serve --roles dialer."
        " Calls in progress go on at the exchange; this process sees by itself that the dialer is back.",
    ),
    "redis": (
        "the dialer is not heard since {since}: Redis, which carries its words, cannot be reached",
        "Start Redis or mend the way to it (PROMISELINE_REDIS_URL); all roles find it again by themselves.",
    ),
}


class FloorCheck:
    """Whether some exchange can be dialed through; the consoles work without, and say so."""

    name = "exchange"
    required = False

    def __init__(self, floor: FloorPort, tenant_id: int) -> None:
        self._floor = floor
        self._stream = f"floor:{tenant_id}"

    async def check(self) -> CheckResult:
        link = self._floor.link.state
        if not link.up:
            reason, mend = UNHEARD[link.why]
            return CheckResult(False, reason.format(since=f"{link.since:%Y-%m-%d %H:%M:%S}Z"), mend)
        nodes = self._floor.hub.state(self._stream).get("nodes") or {}
        if not nodes:
            return CheckResult(False, "no exchange is known", "Set PROMISELINE_NODES; see: promiseline doctor")
        down = sorted(name for name, node in nodes.items() if node.get("health") == "down")
        if down:
            return CheckResult(False, f"down: {', '.join(down)}", "See: promiseline doctor")
        return CheckResult(True, f"up: {', '.join(sorted(nodes))}")


class RedisCheck:
    """Whether split roles can see each other."""

    name = "redis"
    required = False

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def check(self) -> CheckResult:
        try:
            await self._redis.ping()
        except (RedisError, OSError) as problem:
            mend = "One process goes on without it; split roles lose sight of each other."
            return CheckResult(False, f"cannot be reached ({type(problem).__name__})", mend)
        return CheckResult(True, "answers")
