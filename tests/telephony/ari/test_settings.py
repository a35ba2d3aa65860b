"""Wrong settings are told at once, all of them, in words."""

from typing import Any

import pytest

from telephony.ari.settings import AriSettings

GOOD: dict[str, Any] = {"url": "http://127.0.0.1:8088", "username": "u", "password": "secret"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "127.0.0.1:8088"}, "`url` must be like"),
        ({"url": "ftp://x"}, "`url` must be like"),
        ({"url": "http://u:p@127.0.0.1:8088"}, "must not hold a user name"),
        ({"url": "http://127.0.0.1:8088/?api_key=a:b"}, "must not hold a user name"),
        ({"username": ""}, "`username` must not be empty"),
        ({"username": "a:b"}, "must not hold a colon"),
        ({"password": ""}, "`password` must not be empty"),
        ({"app": "a,b"}, "`app` must be one word"),
        ({"pool_size": 0}, "`pool_size` must be above 0, not 0"),
        ({"deadline_s": -1.0}, "`deadline_s` must be above 0"),
        ({"originates_per_s": float("nan")}, "`originates_per_s` must be above 0"),
        ({"backoff_min_s": 9.0}, "must not be below"),
        ({"disallowed_events": ("RESTResponse",)}, "RESTResponse"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="ARI settings of node") as error:
        AriSettings(**(GOOD | change))
    assert said in str(error.value)
    assert "secret" not in str(error.value)


def test_all_wrong_settings_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"`url`.*`username`.*`pool_size`"):
        AriSettings(url="", username="", password="x", pool_size=0)


def test_the_password_does_not_show() -> None:
    assert "secret" not in repr(AriSettings(**GOOD))


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8088", "http://127.0.0.1:8088/ari"),
        ("http://127.0.0.1:8088/", "http://127.0.0.1:8088/ari"),
        ("http://127.0.0.1:8088/ari", "http://127.0.0.1:8088/ari"),
        ("https://pbx.example/prefix/ari/", "https://pbx.example/prefix/ari"),
        ("https://pbx.example/prefix", "https://pbx.example/prefix/ari"),
    ],
)
def test_the_address_may_be_given_with_or_without_ari(url: str, base: str) -> None:
    assert AriSettings(**(GOOD | {"url": url})).base_url == base
