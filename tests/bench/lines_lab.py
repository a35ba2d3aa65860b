"""A real Asterisk with SIPp around it: debtors who ring for half a second, and telephones that answer at once."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from telephony.asterisk.installation import prepare
from telephony.asterisk.lab import LabAsterisk, lab_settings
from telephony.asterisk.ports import free_port
from telephony.asterisk.settings import AgentPhone, Trunk

SCENARIOS = Path(__file__).parent / "sipp"
RING_S = 0.5
TALK_S = 1.0
PATIENT_MS = 20_000


@dataclass(frozen=True, slots=True)
class LinesLab:
    """Debtors at PJSIP/<number>@bare wait to be hung up; those at @trunk hang up themselves after TALK_S."""

    asterisk: LabAsterisk
    phones: tuple[str, ...]
    sipp: tuple[int, ...]

    def pids(self) -> dict[str, int]:
        found = {f"sipp-{number}": pid for number, pid in enumerate(self.sipp)}
        return found | {"asterisk": _pid_of(self.asterisk)}

    def version(self) -> str:
        return self.asterisk.installation.version


@contextmanager
def lines_lab(agents: int, answered: float) -> Iterator[LinesLab]:
    """`answered`: the share of calls that are answered; the others are busy after ringing as long."""
    ports = [free_port(socket.SOCK_DGRAM) for _ in range(3)]
    trunks = (
        Trunk("bare", "127.0.0.1", ports[0], identify=False),
        Trunk("trunk", "127.0.0.1", ports[1], identify=False),
    )
    phones = tuple(
        # SIPp sends no audio, so silence must not end a leg here
        AgentPhone(
            f"agent-{n}",
            "unused-in-benchmarks",
            webrtc=False,
            contact=f"sip:agent-{n}@127.0.0.1:{ports[2]}",
            rtp_timeout_s=0,
        )
        for n in range(1, agents + 1)
    )
    settings = replace(lab_settings(), trunks=trunks, agents=phones, rtp_start=10_000, rtp_end=19_999)
    busy = f"{1 - answered:.3f}"
    with ExitStack() as stack:
        node = stack.enter_context(LabAsterisk(prepare(), settings, name="bench"))
        sipp = (
            stack.enter_context(_sipp("debtor", ports[0], talk_ms=str(PATIENT_MS), busy=busy)),
            stack.enter_context(_sipp("debtor", ports[1], talk_ms=str(round(TALK_S * 1000)), busy=busy)),
            stack.enter_context(_sipp("phone", ports[2])),
        )
        yield LinesLab(node, tuple(f"PJSIP/{phone.name}" for phone in phones), sipp)


@contextmanager
def _sipp(scenario: str, port: int, **words: str) -> Iterator[int]:
    program = shutil.which("sipp")
    if program is None:
        raise RuntimeError("sipp is not installed: apt-get install sip-tester")
    text = (SCENARIOS / f"{scenario}.xml").read_text()
    for name, value in words.items():
        text = text.replace("{{" + name + "}}", value)
    with tempfile.TemporaryDirectory(prefix="promiseline-sipp-") as folder:
        file = Path(folder) / f"{scenario}.xml"
        file.write_text(text)
        command = [program, "-sf", str(file), "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port), "-nostdin"]
        # the calls of this scenario are many at once, and its answers to what comes late are nobody's business
        command += ["-buff_size", "4194304", "-default_behaviors", "all,-abortunexp"]
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _await_port(port, process)
            yield process.pid
        finally:
            process.kill()
            process.wait()


def _await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 5
    while f":{port:04X} " not in Path("/proc/net/udp").read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("SIPp did not listen")
        time.sleep(0.02)


def _pid_of(asterisk: LabAsterisk) -> int:
    """The process that listens on its SIP port, found by the folder in its command line."""
    wanted = asterisk.settings.directories.etc
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and wanted in (folder / "cmdline").read_text():
                return int(folder.name)
        except OSError:
            continue
    raise RuntimeError("Asterisk's process was not found")
