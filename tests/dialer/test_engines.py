"""Embedded engines: where their folder cannot be used, that is said."""

from pathlib import Path

import pytest

from campaigns.db.embedded import EngineError
from dialer.engines import engines
from dialer.settings import Settings


@pytest.mark.parametrize("below", [".", "engines"])
def test_a_folder_that_cannot_be_used_is_told_with_the_way_out(tmp_path: Path, below: str) -> None:
    (file := tmp_path / "file").touch()

    with pytest.raises(EngineError, match=r"the data folder .* cannot be used \(.+\): set PROMISELINE_DATA_DIR to"):
        with engines(Settings(data_dir=file / below)):
            pass


def test_what_fails_while_they_are_used_is_not_taken_for_their_fault(tmp_path: Path) -> None:
    nowhere = {"database_url": "postgresql://127.0.0.1:1/x", "redis_url": "redis://127.0.0.1:1/0"}

    with pytest.raises(FileNotFoundError), engines(Settings.model_validate(nowhere)):
        raise FileNotFoundError
