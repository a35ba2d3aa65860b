"""Runs the sandbox carrier on a loopback port, in this process or by itself."""

from types import TracebackType

from aiohttp import web

from telephony.clock import Clock, SystemClock
from telephony.messaging.sandbox.api import make_app
from telephony.messaging.sandbox.carrier import Carrier, CarrierSettings


class SandboxCarrier:
    """`async with SandboxCarrier(settings, clock) as sandbox:` listens; `sandbox.base_url` is its address."""

    def __init__(
        self,
        settings: CarrierSettings | None = None,
        clock: Clock | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.carrier = Carrier(settings or CarrierSettings(), clock or SystemClock())
        self.host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self.base_url = ""

    async def start(self) -> str:
        self._runner = web.AppRunner(make_app(self.carrier), access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base_url = f"http://{self.host}:{port}"
        return self.base_url

    async def close(self) -> None:
        await self.carrier.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> "SandboxCarrier":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
