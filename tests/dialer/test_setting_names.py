"""Names that look like settings and are none."""

import pytest

from dialer.setting_names import names_of, unknown_files, unknown_name, unknown_variables
from dialer.settings import Settings

KNOWN = tuple(names_of(Settings))


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("PROMISELINE_BUSINES_NAME", "did you mean PROMISELINE_BUSINESS_NAME?"),
        ("PROMISELINE_WEB_PORT", "did you mean PROMISELINE_WEB__PORT?"),
        ("PROMISELINE_DIAL_STOP_MARGIN", "did you mean PROMISELINE_DIAL_STOP_MARGIN_S?"),
        ("promiseline_secretkey", "did you mean PROMISELINE_SECRET_KEY?"),
        ("PROMISELINE_QQQQ", "docs/configuration.md lists them"),
    ],
)
def test_a_variable_that_is_no_setting_is_told_with_what_it_may_mean(variable: str, says: str) -> None:
    [line] = unknown_variables({variable: "hunter2"}, KNOWN)

    assert variable in line and says in line
    assert "hunter2" not in line


def test_settings_variables_of_commands_and_what_a_cluster_adds_are_let_through() -> None:
    ours = {f"PROMISELINE_{name.upper().replace('.', '__')}": "x" for name in KNOWN if not name.startswith("nodes.")}
    others = dict.fromkeys(("PROMISELINE_CONFIG", "PROMISELINE_SECRETS_DIR", "PROMISELINE_NEW_PASSWORD"), "x")
    cluster = {
        "PROMISELINE_PORT": "tcp://10.0.0.7:8080",
        "PROMISELINE_SERVICE_HOST": "10.0.0.7",
        "PROMISELINE_SERVICE_PORT_HTTP": "8080",
        "PROMISELINE_PORT_8080_TCP_ADDR": "10.0.0.7",
        "PROMISELINE_WEB_PORT": "tcp://10.0.0.8:80",
    }

    assert unknown_variables(ours | others | cluster | {"PATH": "/bin"}, KNOWN) == []


def test_what_stands_behind_a_group_is_judged_with_the_group() -> None:
    assert unknown_variables({"PROMISELINE_WEB__PROT": "1"}, KNOWN) == []
    assert unknown_name(("web", "prot"), KNOWN) == "there is no such setting; did you mean web.port?"
    assert "did you mean nodes.password?" in unknown_name(("nodes", 0, "passwort"), KNOWN)


def test_a_secret_that_no_setting_reads_is_told_and_files_of_others_are_not_ours() -> None:
    files = [
        "promiseline_secret_key",
        "promiseline_secret_kee",
        "promiseline_messaging__auth_token",
        "postgres_password",
    ]

    token, key = unknown_files(files, KNOWN)

    assert "promiseline_secret_kee: there is no such setting; did you mean promiseline_secret_key?" in key
    assert "promiseline_messaging__auth_token" in token, "a group is one file, which holds JSON"
