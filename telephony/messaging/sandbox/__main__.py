"""`python -m telephony.messaging.sandbox`: the sandbox carrier as a process of its own."""

import argparse
import asyncio
import os
from pathlib import Path

from telephony.messaging.sandbox.carrier import SANDBOX_ACCOUNT, SANDBOX_TOKEN, CarrierSettings
from telephony.messaging.sandbox.mail import SandboxMail
from telephony.messaging.sandbox.server import SandboxCarrier


def main() -> None:
    parser = argparse.ArgumentParser(
        description="A message carrier that speaks Twilio's Messages API, and SMTP, and sends nothing."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8091)
    parser.add_argument("--mail-port", type=int, default=0, help="where it takes e-mails, by SMTP; 0: a free port")
    parser.add_argument(
        "--inbound-url", default="", help="where replies are posted, like http://host/hooks/twilio/inbound"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--log", type=Path, default=None, help="append what happens to this file, one JSON object a line"
    )
    given = parser.parse_args()
    settings = CarrierSettings(
        account_sid=os.environ.get("SANDBOX_ACCOUNT_SID", SANDBOX_ACCOUNT),
        auth_token=os.environ.get("SANDBOX_AUTH_TOKEN", SANDBOX_TOKEN),
        inbound_url=given.inbound_url,
        seed=given.seed,
        log_path=given.log,
    )
    asyncio.run(_serve(SandboxCarrier(settings, host=given.host, port=given.port), given.mail_port))


async def _serve(sandbox: SandboxCarrier, mail_port: int) -> None:
    carrier = sandbox.carrier
    async with sandbox, SandboxMail(carrier.clock, carrier.log, host=sandbox.host, port=mail_port) as mail:
        print(f"sandbox carrier listens on {sandbox.base_url}, for e-mails on {mail.host}:{mail.port}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
