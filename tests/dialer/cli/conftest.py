"""The command line on a database and a Valkey of the run, with all settings that a server needs but nodes."""

from pathlib import Path

import pytest

from tests.dialer.cli.program import KEY, Program


@pytest.fixture
def program(database_url: str, valkey_url: str, tmp_path: Path) -> Program:
    """On a migrated, empty database."""
    environment = {
        "PROMISELINE_DATABASE_URL": database_url,
        "PROMISELINE_REDIS_URL": valkey_url,
        "PROMISELINE_SECRET_KEY": KEY,
        "PROMISELINE_WEB__PORT": "0",
        "PROMISELINE_WEB__PHONE_WS_URL": "",
    }
    return Program(tmp_path, environment)
