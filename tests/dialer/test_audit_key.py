"""The signing key: given, made once, never replaced, and never repeated in a message."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from campaigns.audit.checkpoints import key_text
from dialer.audit_key import existing_key, key_file, signing_key, trusted_keys
from dialer.settings import Settings, SettingsProblem, load_settings

GIVEN = base64.b64encode(b"g" * 32).decode()


def public(settings: Settings) -> bytes:
    return signing_key(settings).public_key().public_bytes_raw()


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    assert existing_key(settings) is None and trusted_keys(settings) == frozenset()
    made = public(settings)
    assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600
    assert public(settings) == made and trusted_keys(settings) == {made}
    assert [path.name for path in key_file(settings).parent.iterdir()] == ["audit.key"]


def test_servers_that_start_together_sign_with_one_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: public(settings), range(16)))) == 1


def test_a_given_key_is_taken_and_no_file_is_made(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, audit_key=SecretStr(GIVEN))
    assert public(settings) and not list(tmp_path.iterdir())


def test_keys_of_before_are_trusted_too(tmp_path: Path) -> None:
    old = public(Settings(data_dir=tmp_path / "old"))
    settings = Settings(data_dir=tmp_path, audit_trusted_keys=(key_text(old),))
    assert trusted_keys(settings) == {old}
    assert trusted_keys(Settings(data_dir=tmp_path), (key_text(old),)) == {old}


def test_what_is_no_key_is_refused_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="audit_key: this is no key: give 32 bytes in base64") as wrong:
        load_settings(data_dir=tmp_path, audit_key="sesame")
    assert "sesame" not in str(wrong.value)
    key_file(Settings(data_dir=tmp_path)).write_text("sesame")
    with pytest.raises(SettingsProblem, match=r"audit\.key: this is no key.*restore it from a backup") as broken:
        signing_key(Settings(data_dir=tmp_path))
    assert "sesame" not in str(broken.value)


def test_a_folder_that_cannot_be_written_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsProblem, match=r"PROMISELINE_AUDIT_KEY|cannot be read"):
        signing_key(Settings(data_dir=tmp_path / "file"))
