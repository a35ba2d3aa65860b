"""The production set: its files are right even where no Docker engine runs."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from dialer.asterisk_files import write_files
from dialer.cli.app import app
from dialer.settings import Settings, load_settings

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS = {"migrate", "asterisk-config"}


def test_every_part_of_the_production_set_is_there() -> None:
    assert set(SERVICES) == JOBS | {"postgres", "valkey", "asterisk", "web", "dialer", "scheduler", "messenger"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - JOBS - {"asterisk"}))
def test_each_service_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_asterisk_has_its_health_check_in_its_image() -> None:
    assert "HEALTHCHECK" in (ROOT / "deploy" / "asterisk" / "Dockerfile").read_text()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_refers_to_is_declared(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / source).exists(), f"{volume} is declared nowhere"


def test_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert all(secret["file"].startswith("./secrets/") for secret in COMPOSE["secrets"].values())
    assert not re.search(r"(PASSWORD|TOKEN|SECRET_KEY): *[^/\s]", text)


@pytest.mark.parametrize("name", ["migrate", "asterisk-config", "web", "dialer", "scheduler", "messenger"])
def test_each_command_is_one_that_promiseline_has(name: str) -> None:
    words = SERVICES[name]["command"]
    result = CliRunner().invoke(app, [words[0], "--help"])
    assert result.exit_code == 0, result.output
    for option in (word for word in words if word.startswith("--")):
        assert option in result.output


def settings_of_the_deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    secrets = {
        "promiseline_database_url": "postgresql+asyncpg://promiseline:pw@postgres/promiseline",
        "promiseline_redis_url": "redis://valkey:6379/0",
        "promiseline_email": '{"host": "mail.example.com", "from_address": "desk@example.com"}',
        "promiseline_secret_key": "k" * 48,
        "promiseline_audit_key": "a" * 43 + "=",
        "promiseline_nodes": '[{"name": "a", "url": "http://asterisk:8088/ari", "password": "pw"}]',
        "promiseline_messaging": (
            '{"provider": "twilio", "account_sid": "AC1", "auth_token": "t", "sms_sender": "+15550100101"}'
        ),
    }
    assert set(secrets) == set(SERVICES["web"]["secrets"])
    for name, value in secrets.items():
        (tmp_path / name).write_text(value)
    monkeypatch.setenv("PROMISELINE_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("PROMISELINE_CONFIG", str(ROOT / "deploy" / "promiseline.toml"))
    return load_settings()


def test_the_shipped_settings_and_secrets_load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = settings_of_the_deployment(monkeypatch, tmp_path)

    assert settings.web.host == "0.0.0.0"  # noqa: S104 - inside its container
    assert settings.messaging.provider == "twilio"
    assert settings.nodes[0].name == "a"


def test_asterisks_files_are_made_from_the_shipped_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = settings_of_the_deployment(monkeypatch, tmp_path)
    written = {path.name: path for path in write_files(settings, tmp_path / "etc")}

    assert {"asterisk.conf", "http.conf", "ari.conf", "pjsip.conf", "extensions.conf", "modules.conf"} <= set(written)
    assert all(path.stat().st_mode & 0o007 == 0 for path in written.values()), "the files hold passwords"
    assert "[agent-web-20]" in written["pjsip.conf"].read_text()
    assert "Example Recovery" in written["promiseline-sounds.tsv"].read_text()


def test_browser_phones_come_by_the_proxy_and_ari_is_on_no_public_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_of_the_deployment(monkeypatch, tmp_path)
    http = next(path for path in write_files(settings, tmp_path / "etc") if path.name == "http.conf").read_text()

    assert settings.web.phone_ws_url.startswith("wss://")
    assert re.search(r"^bindaddr *= *172\.17\.0\.1$", http, re.MULTILINE), "what host-gateway is to the containers"
    assert "asterisk:host-gateway" in SERVICES["dialer"]["extra_hosts"]


def test_the_shipped_settings_hold_no_secret() -> None:
    shipped = tomllib.loads((ROOT / "deploy" / "promiseline.toml").read_text())
    assert not {"secret_key", "audit_key", "database_url", "redis_url", "nodes", "messaging", "email"} & set(shipped)
