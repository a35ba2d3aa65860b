"""Writes an e-mail as it goes to the server: headers, and the text in UTF-8 whatever its language. Pure."""

from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from uuid import UUID

from telephony.messaging.port import Envelope


class BadAddress(Exception):
    """An address that a mail server cannot carry. Holds no personal data."""


@dataclass(frozen=True, slots=True)
class Sender:
    """`address` and `reply_to` like desk@example.com; an empty `reply_to` asks for no other address than `address`."""

    address: str
    name: str = ""
    reply_to: str = ""

    @property
    def domain(self) -> str:
        """In ASCII. Raises BadAddress."""
        return mailbox(self.address).rpartition("@")[2]


def message_id(of: UUID, sender: Sender) -> str:
    """The Message-ID of one message: the same at each try, so that a second copy is known as one."""
    return f"<{of}@{sender.domain}>"


def mailbox(address: str) -> str:
    """The address in ASCII, its domain as IDNA. Raises BadAddress."""
    local, _, domain = address.rpartition("@")
    if not local or not local.isascii() or not local.isprintable() or " " in local:
        raise BadAddress("the part before the @ is not ASCII")
    try:
        return Address(username=local, domain=domain.encode("idna").decode("ascii")).addr_spec
    except (UnicodeError, ValueError, IndexError):
        raise BadAddress("the domain cannot be written in ASCII") from None


def compose(envelope: Envelope, sender: Sender, now: datetime) -> bytes:
    """The whole message with CRLF line ends. Raises BadAddress for an address that is none."""
    lines = [
        f"Message-ID: {message_id(envelope.message_id, sender)}",
        f"Date: {format_datetime(now)}",
        f"From: {_named(sender)}",
        f"To: {mailbox(envelope.to)}",
        f"Subject: {_words(envelope.subject, 'Subject')}",
        # RFC 3834: no answer of a machine to the answer of a machine
        "Auto-Submitted: auto-generated",
    ]
    if sender.reply_to:
        lines.append(f"Reply-To: {mailbox(sender.reply_to)}")
    if envelope.unsubscribe_url:
        # RFC 8058: a mail program's own button posts there, and nothing is asked any more
        lines += [
            f"List-Unsubscribe: <{envelope.unsubscribe_url}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    head = "".join(line + "\r\n" for line in lines).encode("ascii")
    return head + _content(envelope).as_bytes()


def _content(envelope: Envelope) -> EmailMessage:
    # the library is asked for the content alone: in folding headers it breaks up long addresses and loses blanks
    made = EmailMessage(policy=SMTP)
    mostly_ascii = sum(character.isascii() for character in envelope.body) * 4 >= len(envelope.body) * 3
    made.set_content(
        envelope.body, subtype="plain", charset="utf-8", cte="quoted-printable" if mostly_ascii else "base64"
    )
    if envelope.language:
        made["Content-Language"] = envelope.language
    return made


def _named(sender: Sender) -> str:
    address, name = mailbox(sender.address), " ".join(sender.name.split())
    if name.isascii():
        return formataddr((name, address))
    return f"{_words(name, 'From')} <{address}>"


def _words(text: str, header: str) -> str:
    """One line of text as a header may hold it: as it is, or in encoded words (RFC 2047)."""
    line = " ".join(text.split())
    if line.isascii() and line.isprintable():
        return line
    return Header(line, "utf-8", header_name=header).encode(linesep="\r\n")
