"""The settings of the mail server, a group of dialer.settings."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from telephony.messaging.letter import BadAddress, mailbox

Security = Literal["starttls", "tls", "none"]
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class EmailSettings(BaseModel):
    """The mail server that e-mails are handed to; it signs (DKIM) and delivers them. Bounces are not read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(default="", description="name of the SMTP server; empty: no e-mails")
    port: int = Field(default=587, ge=1, le=65535, description="its port: 587 for starttls, 465 for tls")
    security: Security = Field(
        default="starttls",
        description="how the connection is encrypted; the server's certificate is checked; none: a server on this"
        " machine alone",
    )
    username: str = Field(default="", description="login at the server; empty: none is needed")
    password: SecretStr = Field(default=SecretStr(""), description="password of that login")
    ca_file: str = Field(default="", description="PEM file of a certificate authority of your own")
    from_address: str = Field(default="", description="address that e-mails come from; its domain is in Message-IDs")
    from_name: str = Field(default="", description="name beside it, of no debt; empty: business_name")
    reply_to: str = Field(default="", description="address that answers go to, and that somebody reads")
    timeout_s: float = Field(
        default=30.0, gt=0, le=300, description="of one connection; no reply to a message by then is 'unknown'"
    )

    @field_validator("from_address", "reply_to")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        if address:
            try:
                mailbox(address)
            except BadAddress as problem:
                raise ValueError(f"this is no address like desk@example.com: {problem}") from None
        return address

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.host and not self.from_address:
            raise ValueError("a mail server needs from_address, the address that e-mails come from")
        if self.host and self.security == "none" and self.host not in LOOPBACK:
            raise ValueError(
                "security none would send persons' names and the password in the open: use starttls or tls"
            )
        if self.password.get_secret_value() and not self.username:
            raise ValueError("a password without username: set both")
        return self
