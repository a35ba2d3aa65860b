"""Says where the database and Redis are: the URLs of the settings, or embedded engines, started while in use."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from campaigns.db.embedded import EmbeddedPostgres, EmbeddedValkey, EngineError
from dialer.settings import Settings


@dataclass(frozen=True, slots=True)
class Engines:
    database_url: str
    redis_url: str
    embedded: bool


@contextmanager
def engines(settings: Settings) -> Iterator[Engines]:
    """The two URLs; embedded engines stop at the end unless another program still uses them."""
    database_url = settings.database_url.get_secret_value()
    redis_url = settings.redis_url.get_secret_value()
    postgres = None if database_url else EmbeddedPostgres(settings.data_dir / "postgres")
    valkey = None if redis_url else EmbeddedValkey(settings.data_dir / "valkey")
    try:
        with _usable(settings.data_dir):
            if postgres is not None:
                postgres.start()
                postgres.ensure_database()
                database_url = postgres.url()
            if valkey is not None:
                valkey.start()
                redis_url = valkey.url()
        yield Engines(database_url, redis_url, embedded=postgres is not None)
    finally:
        if valkey is not None:
            valkey.stop()
        if postgres is not None:
            postgres.stop()


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    """Raises EngineError where the folder cannot be made or written."""
    try:
        yield
    except OSError as problem:
        raise EngineError(
            f"the data folder {folder} cannot be used ({problem.strerror}): set PROMISELINE_DATA_DIR to a folder where"
            " this user may write, or PROMISELINE_DATABASE_URL and PROMISELINE_REDIS_URL to servers of your own"
        ) from None
