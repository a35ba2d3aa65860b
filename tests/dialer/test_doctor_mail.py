"""What the doctor says of a mail server that works, and of each way in which it does not."""

from pathlib import Path
from typing import Any

import pytest

from dialer.doctor_mail import look_at_mail
from dialer.findings import Finding
from dialer.settings import GivenSettings, Settings
from tests.mail_servers import real_server

PUBLIC = {"public_base_url": "https://dial.example.com"}


def settings(port: int, folder: Path, web: dict[str, str] = PUBLIC, **values: Any) -> Settings:
    given = {
        "host": "localhost", "port": port, "username": "sandbox", "password": "sandbox-token", "timeout_s": 5.0,
        "from_address": "desk@example.com", "ca_file": str(folder / "localhost.pem"),
    }  # fmt: skip
    return GivenSettings(email={**given, **values}, web=web)


async def finding(given: Settings) -> Finding:
    (found,) = await look_at_mail(given)
    return found


async def test_a_server_that_lets_us_in_is_well_and_gets_no_message(tmp_path: Path) -> None:
    async with real_server(tmp_path, "starttls") as server:
        found = await finding(settings(server.port, tmp_path))
        assert found.ok and "localhost lets us in, TLSv1." in found.says
        assert server.letters == []


async def test_a_wrong_password_is_named(tmp_path: Path) -> None:
    async with real_server(tmp_path, "starttls") as server:
        found = await finding(settings(server.port, tmp_path, password="wrong"))
    assert not found.ok and "refuses the login" in found.says and "PROMISELINE_EMAIL__PASSWORD" in found.mend


async def test_a_certificate_that_nobody_vouches_for_is_named(tmp_path: Path) -> None:
    async with real_server(tmp_path, "starttls") as server:
        found = await finding(settings(server.port, tmp_path, ca_file=""))
    assert not found.ok and "no trusted TLS" in found.says and "ca_file" in found.mend


async def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = await finding(settings(9, tmp_path, ca_file=""))
    assert not found.ok and "cannot be reached" in found.says and "port (9)" in found.mend


async def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    found = await finding(settings(9, tmp_path, ca_file=str(tmp_path / "none.pem")))
    assert not found.ok and "ca_file" in found.says and "PEM" in found.mend


async def test_an_address_to_unsubscribe_at_that_is_not_https_is_named(tmp_path: Path) -> None:
    async with real_server(tmp_path, "starttls") as server:
        first, second = await look_at_mail(settings(server.port, tmp_path, {"public_base_url": "http://dial.test"}))
    assert first.ok and not second.ok and "PROMISELINE_WEB__PUBLIC_BASE_URL" in second.mend


async def test_no_server_is_no_fault() -> None:
    found = await finding(GivenSettings())
    assert found.ok and "PROMISELINE_EMAIL__HOST" in found.says


@pytest.mark.parametrize("secret", ["sandbox-token", "desk@example.com"])
async def test_no_finding_tells_a_secret_or_an_address(tmp_path: Path, secret: str) -> None:
    found = await finding(settings(9, tmp_path, ca_file=""))
    assert secret not in found.says + found.mend
