"""Runs throw-away Asterisks on loopback ports: `python -m telephony.asterisk.lab prepare|run|stop`."""

# ruff: noqa: S603 - fixed programs with arguments of our own

import argparse
import base64
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType

from telephony.asterisk import instances, sounds
from telephony.asterisk.config import render
from telephony.asterisk.installation import Installation, LabError, prepare
from telephony.asterisk.ports import free_port
from telephony.asterisk.public import SOUNDS, render_public
from telephony.asterisk.settings import AgentPhone, AsteriskSettings, Directories, Trunk

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0

Renderer = Callable[[AsteriskSettings], dict[str, str]]


def lab_settings(
    *, trunks: tuple[Trunk, ...] = (), agents: tuple[AgentPhone, ...] = (), app: str = "promiseline"
) -> AsteriskSettings:
    """Settings of a node on free loopback ports with a new password."""
    first_rtp = 20000 + 500 * secrets.randbelow(24)
    return AsteriskSettings(
        ari_password=secrets.token_urlsafe(16),
        app=app,
        http_port=free_port(),
        sip_host="127.0.0.1",
        sip_port=free_port(socket.SOCK_DGRAM),
        rtp_start=first_rtp,
        rtp_end=first_rtp + 499,
        trunks=trunks,
        agents=agents,
    )


class LabAsterisk:
    """One running Asterisk with its own directories; a context manager. Blocking: meant for fixtures and commands."""

    def __init__(
        self, installation: Installation, settings: AsteriskSettings, *, name: str = "node", renderer: Renderer = render
    ) -> None:
        self.installation = installation
        self.name = name
        self._renderer = renderer
        self._home = instances.home(installation, name)
        self.settings = replace(settings, directories=_directories(installation, self._home))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.http_port}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def sound_directory(self) -> Path:
        """Where sound:NAME is looked for, on our side."""
        return self.installation.outside(self.settings.directories.data) / "sounds"

    @property
    def log_file(self) -> Path:
        return self.installation.outside(self.settings.directories.log) / "messages"

    def __enter__(self) -> "LabAsterisk":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Write the files and run until ARI answers. Raises LabError with the log's last lines."""
        self._make_home()
        self._launch()

    def restart(self) -> None:
        """After `kill()`: the same node again, on the same ports, knowing nothing."""
        self._launch()

    def kill(self) -> None:
        """SIGKILL, as a crash does it."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop the process without ending it: sockets stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it and remove its directories."""
        if self.running:
            self.thaw()
        self._end(signal.SIGTERM)
        shutil.rmtree(self.installation.outside(self._home), ignore_errors=True)

    def cli(self, command: str) -> str:
        """Run a console command, such as "pjsip show contacts"."""
        path = f"{self.settings.directories.etc}/asterisk.conf"
        done = subprocess.run(
            self.installation.command("-C", path, "-rx", command),
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        return done.stdout

    def log_tail(self, lines: int = 30) -> str:
        with suppress(OSError):
            return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])
        return "(no log)"

    def say(self, name: str, text: str, voice: str = "en-us") -> None:
        """Make sound:promiseline/<name> from a text."""
        sounds.speak(text, voice, self.sound_directory / "promiseline" / f"{name}.wav")

    def _make_home(self) -> None:
        instances.claim(self.installation, self._home)
        for path in (d := self.settings.directories).lib, d.spool, d.run, d.log, d.cache, d.etc:
            self.installation.outside(path).mkdir(parents=True, exist_ok=True)
        self.installation.outside(f"{d.lib}/keys").mkdir()
        self._link_data()
        etc = self.installation.outside(self.settings.directories.etc)
        for file, text in self._renderer(self.settings).items():
            (etc / file).write_text(text, encoding="utf-8")
            (etc / file).chmod(0o600)

    def _link_data(self) -> None:
        """Asterisk's own data by links, our sounds beside it."""
        data = self.installation.outside(self.settings.directories.data)
        stock = self.installation.outside("/usr/share/asterisk")
        (data / "sounds").mkdir(parents=True)
        for entry in stock.iterdir():
            if entry.name != "sounds":
                (data / entry.name).symlink_to(f"/usr/share/asterisk/{entry.name}")
        for entry in (stock / "sounds").iterdir() if (stock / "sounds").is_dir() else ():
            (data / "sounds" / entry.name).symlink_to(f"/usr/share/asterisk/sounds/{entry.name}")
        moh = data / "moh"
        if moh.is_symlink():
            moh.unlink()
        sounds.write_wav(moh / "tone.wav", sounds.tone(5.0))

    def _launch(self) -> None:
        path = f"{self.settings.directories.etc}/asterisk.conf"
        output = self.installation.outside(self._home) / "output"
        with output.open("ab") as file:
            self._process = subprocess.Popen(
                self.installation.command("-C", path, "-f", "-n", "-q"),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        instances.note_process(self.installation, self._home, self._process.pid)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if not self.running or time.monotonic() > deadline:
                tail = self.log_tail() + "\n" + output.read_text(errors="replace")[-2000:]
                self._end(signal.SIGKILL)
                raise LabError(f"Asterisk ({self.name}) did not come up on {self.url}:\n{tail}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        token = base64.b64encode(f"{self.settings.ari_user}:{self.settings.ari_password}".encode()).decode()
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/ari/asterisk/ping", headers={"Authorization": f"Basic {token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=1.0) as reply:  # noqa: S310
                return bool(reply.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(number)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _directories(installation: Installation, home: str) -> Directories:
    names = ("etc", "data", "lib", "spool", "run", "log", "cache")
    return Directories(modules=installation.modules(), **{name: f"{home}/{name}" for name in names})


def public_network(
    installation: Installation, *, registered: tuple[AgentPhone, ...] = (), registrar_port: int = 5060
) -> LabAsterisk:
    """A second Asterisk whose subscribers answer as telephony.asterisk.public says; start it and `teach` it.

    `registered` phones register by themselves at `registrar_port` of 127.0.0.1.
    """
    renderer = partial(render_public, registered=registered, registrar_port=registrar_port)
    return LabAsterisk(installation, lab_settings(), name="public", renderer=renderer)


def teach(lab: LabAsterisk) -> None:
    """Give a started public network its voices."""
    for name, text in SOUNDS.items():
        lab.say(name, text)
    sounds.write_wav(lab.sound_directory / "promiseline" / "test-silence.wav", sounds.silence(60.0))


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m telephony.asterisk.lab", description=__doc__)
    parser.add_argument("command", choices=("prepare", "run", "stop"))
    parser.add_argument("--app", default="promiseline")
    command = parser.parse_args()
    try:
        installation = prepare()
        if command.command == "prepare":
            print(json.dumps({"version": installation.version, "root": str(installation.root or "/")}))
        elif command.command == "stop":
            print(json.dumps({"ended": instances.end_all(installation)}))
        else:
            _run(installation, command.app)
    except (LabError, sounds.NoVoice) as error:
        print(f"promiseline lab: {error}", file=sys.stderr)
        return 1
    return 0


def _run(installation: Installation, app: str) -> None:
    """Our node and a public network, until interrupted; prints how to reach them."""
    public = public_network(installation)
    trunk = Trunk("trunk", "127.0.0.1", public.settings.sip_port)
    agents = tuple(AgentPhone(f"agent-{n}", secrets.token_urlsafe(12)) for n in range(1, 13))
    ours = LabAsterisk(installation, lab_settings(trunks=(trunk,), agents=agents, app=app), name="ours")
    with public, ours:
        teach(public)
        shown = {
            "url": ours.url,
            "username": ours.settings.ari_user,
            "password": ours.settings.ari_password,
            "app": app,
            "dial": "PJSIP/155501002<two digits of telephony.asterisk.public>@trunk",
            "agents": {phone.name: phone.password for phone in agents},
            "pid": os.getpid(),
        }
        print(json.dumps(shown, indent=2), flush=True)
        # blocked only now: the Asterisks would inherit it
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    sys.exit(_main())
