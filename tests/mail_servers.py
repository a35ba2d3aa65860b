"""Two kinds of mail servers behind one face: the sandbox's twin, and aiosmtpd with TLS as real ones have it."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from telephony.clock import SystemClock
from telephony.messaging.letter import Sender
from telephony.messaging.sandbox.mail import MAIL_PASSWORD, MAIL_USER, Letter, MailScript, SandboxMail
from telephony.messaging.smtp import Security, SmtpAccount

SENDER = Sender("desk@northwind.example", "Northwind", "answers@northwind.example")
KINDS = ("twin", "real_starttls", "real_tls")


class MailServer(Protocol):
    """What the tests ask of either: who it took what from, and what is to befall an address."""

    port: int
    letters: list[Letter]
    scripts: dict[str, MailScript]


@dataclass
class RealServer:
    """aiosmtpd's server with the twin's scripts."""

    port: int = 0
    letters: list[Letter] = field(default_factory=list)
    scripts: dict[str, MailScript] = field(default_factory=dict)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        script = self.scripts.get(address, MailScript())
        if script.drop == "recipient":
            server.transport.abort()
        if script.recipient:
            return script.recipient
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        (to,) = envelope.rcpt_tos
        script = self.scripts.get(to, MailScript())
        if script.end:
            return script.end
        self.letters.append(Letter(envelope.mail_from, to, envelope.original_content))
        if script.drop == "taken":
            server.transport.abort()
        return "250 2.0.0 OK"


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate for `name` and 127.0.0.1 that vouches for itself, and its key: two PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / f"{name}.pem", folder / f"{name}.key"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, secret


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (
        MAIL_USER.encode(),
        MAIL_PASSWORD.encode(),
    )
    return AuthResult(success=good, handled=False)


@asynccontextmanager
async def real_server(folder: Path, security: Security, name: str = "localhost") -> AsyncIterator[RealServer]:
    """A mail server that takes messages after login and over TLS alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, name))
    handler = RealServer()
    wrapped = security == "tls"

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            # aiosmtpd knows of STARTTLS alone, and takes a connection that is TLS from its start for an open one
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
            return SMTP(
                handler, hostname="mail.test", authenticator=_authenticate, auth_required=True, loop=loop,
                auth_require_tls=not wrapped, tls_context=None if wrapped else context, require_starttls=not wrapped,
            )  # fmt: skip

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context if wrapped else None)
    handler.port = server.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def mail_server(kind: str, folder: Path) -> AsyncIterator[tuple[MailServer, SmtpAccount]]:
    """The server of one of KINDS, and an account that it lets in."""
    if kind == "twin":
        async with SandboxMail(SystemClock()) as twin:
            yield twin, _account(twin.port, "none", "")
        return
    security: Security = "tls" if kind == "real_tls" else "starttls"
    async with real_server(folder, security) as real:
        yield real, _account(real.port, security, str(folder / "localhost.pem"))


def _account(port: int, security: Security, ca_file: str) -> SmtpAccount:
    return SmtpAccount("127.0.0.1", port, SENDER, security, MAIL_USER, MAIL_PASSWORD, timeout_s=5.0, ca_file=ca_file)
