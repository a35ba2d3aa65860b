"""Settings: where they come from, and what is said of wrong ones."""

from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from compliance.abandonment_ledger import HouseWindow, Policy
from dialer.settings import GivenSettings, SettingsProblem, load_settings


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("PROMISELINE_CONFIG", "PROMISELINE_SECRETS_DIR", "PROMISELINE_NODES"):
        monkeypatch.delenv(name, raising=False)


def test_without_any_setting_everything_has_a_safe_default() -> None:
    settings = load_settings()

    assert settings.web.host == "127.0.0.1"
    assert settings.messaging.provider == "none"
    assert settings.nodes == ()


def test_a_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "promiseline.toml").write_text('business_name = "From file"\n[web]\nport = 9000\n')
    monkeypatch.setenv("PROMISELINE_WEB__PORT", "9100")

    settings = load_settings()

    assert settings.business_name == "From file"
    assert settings.web.port == 9100


def test_a_secrets_folder_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "promiseline_secret_key").write_text("k" * 40 + "\n")
    monkeypatch.setenv("PROMISELINE_SECRETS_DIR", str(tmp_path))

    assert load_settings().secret_key.get_secret_value() == "k" * 40


def test_a_config_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMISELINE_CONFIG", "missing.toml")

    with pytest.raises(SettingsProblem, match=r"missing\.toml"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PROMISELINE_WEB__PORT", "70000", "web.port"),
        ("PROMISELINE_SECRET_KEY", "short", "openssl rand"),
        ("PROMISELINE_NODES", '[{"name": "a", "url": "ftp://x", "password": "p"}]', "nodes.0.url"),
        ("PROMISELINE_NODES", '[{"name": "a", "url": "http://x", "password": "p", "trunk": "PJSIP/x"}]', "{number}"),
        ("PROMISELINE_MESSAGING__PROVIDER", "twilio", "needs account_sid"),
        ("PROMISELINE_EMAIL__HOST", "mail.example.com", "needs from_address"),
        ("PROMISELINE_EMAIL__FROM_ADDRESS", "desk", "no address like desk@example.com"),
        ("PROMISELINE_EMAIL__PASSWORD", "p", "a password without username"),
        ("PROMISELINE_EMAIL__SECURITY", "ssl", "email.security"),
    ],
)
def test_a_wrong_setting_is_named_with_the_way_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingsProblem, match="settings are not right") as problem:
        load_settings()

    assert says in str(problem.value)


def test_mail_goes_in_the_open_to_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMISELINE_EMAIL__FROM_ADDRESS", "desk@example.com")
    monkeypatch.setenv("PROMISELINE_EMAIL__HOST", "127.0.0.1")
    monkeypatch.setenv("PROMISELINE_EMAIL__SECURITY", "none")
    assert load_settings().email.security == "none"

    monkeypatch.setenv("PROMISELINE_EMAIL__HOST", "mail.example.com")
    with pytest.raises(SettingsProblem, match="use starttls or tls"):
        load_settings()
    monkeypatch.delenv("PROMISELINE_EMAIL__SECURITY")
    assert load_settings().email.security == "starttls"


def test_two_nodes_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    node = '{"name": "a", "url": "http://x", "password": "p"}'
    monkeypatch.setenv("PROMISELINE_NODES", f"[{node}, {node}]")

    with pytest.raises(SettingsProblem, match="same name"):
        load_settings()


def test_secrets_never_show_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMISELINE_SECRET_KEY", "s3cr3t" * 8)
    monkeypatch.setenv("PROMISELINE_DATABASE_URL", "postgresql://me:hunter2@db/x")

    shown = repr(load_settings())

    assert "s3cr3t" not in shown
    assert "hunter2" not in shown


def test_the_house_decides_how_abandonment_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMISELINE_ABANDONMENT__HOUSE_LIMIT_PERCENT", "2.5")
    monkeypatch.setenv("PROMISELINE_ABANDONMENT__HOUSE_WINDOWS", '[{"hours": 4, "paces": false}]')

    policy = load_settings().abandonment.policy()

    assert (policy.limit, policy.windows) == (Fraction(25, 1000), (HouseWindow(4, paces=False),))
    assert replace(policy, limit=Policy().limit, windows=Policy().windows) == Policy(), "the defaults are the same"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HOUSE_LIMIT_PERCENT", "3.5", "less than or equal to 3"),
        ("CONFIDENCE", "1", "less than 1"),
        ("HOUSE_WINDOWS", '[{"hours": 4}, {"hours": 4, "paces": false}]', "two windows have the same hours"),
    ],
)
def test_an_abandonment_rule_looser_than_the_law_or_senseless_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"PROMISELINE_ABANDONMENT__{name}", value)

    with pytest.raises(SettingsProblem, match=says):
        load_settings()


def test_a_misspelt_setting_is_told_wherever_it_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "promiseline.toml").write_text('bussiness_name = "x"\n[web]\nprot = 1\n')
    (tmp_path / "promiseline_secret_kee").write_text("hunter2")
    monkeypatch.setenv("PROMISELINE_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("PROMISELINE_DIAL_STOP_MARGIN", "120")
    monkeypatch.setenv("PROMISELINE_WEB__PORT", "70000")

    with pytest.raises(SettingsProblem) as problem:
        load_settings()

    said = str(problem.value)
    for words in (
        "did you mean business_name?",
        "web.prot: there is no such setting; did you mean web.port?",
        "promiseline_secret_kee: there is no such setting; did you mean promiseline_secret_key?",
        "PROMISELINE_DIAL_STOP_MARGIN: there is no such setting; did you mean PROMISELINE_DIAL_STOP_MARGIN_S?",
        "set PROMISELINE_WEB__PORT",
    ):
        assert words in said
    assert "hunter2" not in said


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "promiseline.toml").write_bytes('business_name = "Müller"'.encode("latin-1"))

    with pytest.raises(SettingsProblem, match=r"promiseline\.toml is no UTF-8 from byte 18 on"):
        load_settings()


def test_a_process_that_does_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMISELINE_ROLES", "[]")

    with pytest.raises(SettingsProblem, match="roles"):
        load_settings()


def test_nothing_of_this_machine_reaches_given_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A demonstration on a host whose server is set up must not find the server's database."""
    (tmp_path / "promiseline.toml").write_text('tenant = "house"\n')
    (tmp_path / "promiseline_secret_key").write_text("k" * 40)
    monkeypatch.setenv("PROMISELINE_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("PROMISELINE_DATABASE_URL", "postgresql://me:hunter2@db/x")
    monkeypatch.setenv("PROMISELINE_WEB__PORT", "no number")

    settings = GivenSettings(data_dir=tmp_path)

    assert settings.database_url.get_secret_value() == settings.secret_key.get_secret_value() == ""
    assert (settings.tenant, settings.web.port, settings.data_dir) == ("main", 8080, tmp_path)
