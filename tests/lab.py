"""Gives tests a real Asterisk of ours with a second one as the public network, and SIPp where bytes matter.

Import the fixture into a conftest: `from tests.lab import asterisk_lab`. A missing Asterisk is built; when that
fails, the test fails.
"""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dialer.asterisk_files import phone_password
from telephony.ari.settings import AriSettings
from telephony.asterisk import sounds
from telephony.asterisk.installation import prepare
from telephony.asterisk.lab import LabAsterisk, lab_settings, public_network, teach
from telephony.asterisk.ports import free_port
from telephony.asterisk.settings import AgentPhone, Trunk

SECRET_KEY = "acceptance tests sign addresses with this"
"""The server's secret key in tests: the passwords of browser phones come from it, here as in production."""

SIPP_SCENARIOS = Path(__file__).parent / "contracts" / "exchange" / "sipp"


@dataclass(frozen=True, slots=True)
class AsteriskLab:
    """`ours` is the node under test; `public` answers numbers by their last two digits (telephony.asterisk.public).

    Endpoints: PJSIP/<number>@trunk, PJSIP/<number>@sipp (whoever listens on `sipp_port`), PJSIP/agent-1 ... agent-4
    (telephones that answer at once), agent-mute (a telephone at `mute_port`), agent-reg (registered by the public
    network), agent-web-1 ... agent-web-4 (browsers; passwords in `web_phones`).
    """

    ours: LabAsterisk
    public: LabAsterisk
    sipp_port: int
    mute_port: int
    web_phones: dict[str, str]

    def ari_settings(self, **changes: object) -> AriSettings:
        settings = self.ours.settings
        values: dict[str, object] = {
            "url": self.ours.url,
            "username": settings.ari_user,
            "password": settings.ari_password,
            "app": settings.app,
            "node": "lab",
        }
        return AriSettings(**(values | changes))  # type: ignore[arg-type]

    def register(self, phone: str = "agent-reg") -> None:
        """The phone is registered when this returns, or has been before."""
        self._registration(phone, "register", wanted=True)

    def unregister(self, phone: str = "agent-reg") -> None:
        self._registration(phone, "unregister", wanted=False)

    def _registration(self, phone: str, command: str, *, wanted: bool) -> None:
        """Ask again until it is so: a request made while the one before has no answer yet is dropped."""
        deadline = time.monotonic() + 15
        while ("Registered" in self._registrations(phone)) != wanted:
            assert time.monotonic() < deadline, f"{phone} could not {command}"
            self.public.cli(f"pjsip send {command} {phone}-registration")
            asked = time.monotonic()
            while ("Registered" in self._registrations(phone)) != wanted and time.monotonic() < asked + 1:
                time.sleep(0.02)

    def _registrations(self, phone: str) -> list[str]:
        lines = self.public.cli("pjsip show registrations").splitlines()
        return next((line.split() for line in lines if f"{phone}-registration" in line), [])


@pytest.fixture(scope="session")
def asterisk_lab() -> Iterator[AsteriskLab]:
    with running_lab() as lab:
        yield lab


@contextmanager
def running_lab() -> Iterator[AsteriskLab]:
    installation = prepare()
    sipp_port, mute_port = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    # the node's port must be known to the public network before, and the other way round
    base = lab_settings()
    registered = (AgentPhone("agent-reg", "registers-in-tests", webrtc=False),)
    public = public_network(installation, registered=registered, registrar_port=base.sip_port)
    contact = f"127.0.0.1:{public.settings.sip_port}"
    static = [
        AgentPhone(f"agent-{n}", "unused-in-tests", webrtc=False, contact=f"sip:agent-{n}@{contact}")
        for n in range(1, 5)
    ]
    mute = AgentPhone("agent-mute", "unused-in-tests", webrtc=False, contact=f"sip:agent-mute@127.0.0.1:{mute_port}")
    web = [AgentPhone(name, phone_password(SECRET_KEY, name)) for name in (f"agent-web-{n}" for n in range(1, 5))]
    # everything is 127.0.0.1 here: by address a phone would be taken for the carrier
    trunks = (
        Trunk("trunk", "127.0.0.1", public.settings.sip_port, identify=False),
        Trunk("sipp", "127.0.0.1", sipp_port, identify=False),
    )
    agents = (*static, mute, *registered, *web)
    ours = LabAsterisk(installation, replace(base, trunks=trunks, agents=agents), name="ours")
    with ExitStack() as stack:
        stack.enter_context(ours)
        sounds.abandon_messages(ours.sound_directory, "Example Recovery", "+15550100100")
        stack.enter_context(public)
        teach(public)
        yield AsteriskLab(ours, public, sipp_port, mute_port, {phone.name: phone.password for phone in web})


@contextmanager
def sipp(scenario: str, port: int, **words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run tests/contracts/exchange/sipp/<scenario>.xml as the called side on `port` until the block ends.

    `words` replace {{name}} in the scenario; SIPp's own keys do not work in a status line.
    """
    program = shutil.which("sipp")
    assert program is not None, "sipp is not installed: apt-get install sip-tester"
    text = (SIPP_SCENARIOS / f"{scenario}.xml").read_text()
    for name, value in words.items():
        text = text.replace("{{" + name + "}}", value)
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(text)
        file.flush()
        yield from _run_sipp(program, file.name, port)


def _run_sipp(program: str, scenario: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [program, "-sf", scenario, "-i", "127.0.0.1", "-p", str(port)]
    command += ["-nostdin", "-mi", "127.0.0.1"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _await_port(port, process)
        yield process
    finally:
        process.kill()
        process.communicate()


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until SIPp has bound its port."""
    deadline = time.monotonic() + 5
    wanted = f":{port:04X} "
    while wanted not in Path("/proc/net/udp").read_text():
        assert process.poll() is None, "sipp ended at once"
        assert time.monotonic() < deadline, "sipp did not listen"
        time.sleep(0.02)
