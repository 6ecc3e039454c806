"""The settings of a running sandbox."""

import pytest
from joserfc.jwk import RSAKey

from sandbox.entra import Issuer, Lifetimes, SigningKey
from sandbox.entra.issuer import LIFETIME, USER_LIFETIME
from sandbox.identity import TokenCache
from sandbox.supervisor.settings import AZURES, SettingError, Settings, changed
from sandbox.supervisor.settings_in_force import SettingsInForce

TENANT = "7e4a4700-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.of(RSAKey.generate_key(2048))


@pytest.fixture
def issuer(key: SigningKey) -> Issuer:
    return Issuer(key, TENANT)


@pytest.fixture
def cache(issuer: Issuer) -> TokenCache:
    return TokenCache(issuer)


def test_by_default_tokens_live_as_on_azure(issuer: Issuer, cache: TokenCache) -> None:
    in_force = SettingsInForce(issuer, cache)
    assert issuer.lifetimes == Lifetimes(LIFETIME, USER_LIFETIME)
    assert cache.on
    assert in_force.now.otherwise == {}


def test_each_setting_reaches_its_plane_and_leaves_the_others(
    issuer: Issuer, cache: TokenCache
) -> None:
    in_force = SettingsInForce(issuer, cache, Settings(token_lifetime=360))
    assert issuer.lifetimes == Lifetimes(360, 360)
    in_force.change({"endpoint-cache": "off"})
    assert (issuer.lifetimes, cache.on) == (Lifetimes(360, 360), False)
    assert in_force.now.otherwise == {"token-lifetime": "6m", "endpoint-cache": "off"}
    found = in_force.change({"token-lifetime": "default", "endpoint-cache": "on"})
    assert issuer.lifetimes == Lifetimes()
    assert found == {"settings": AZURES.shown, "warnings": []}


def test_one_wrong_value_changes_nothing(issuer: Issuer, cache: TokenCache) -> None:
    in_force = SettingsInForce(issuer, cache)
    with pytest.raises(SettingError, match="endpoint-cache is on or off, not 'maybe'"):
        in_force.change({"token-lifetime": "6m", "endpoint-cache": "maybe"})
    assert in_force.now == AZURES
    assert issuer.lifetimes == Lifetimes()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"token-life": "6m"}, "no setting is called 'token-life'; choose from token-lifetime, "),
        ({"token-lifetime": 360}, "the value of token-lifetime must be text"),
        ({"token-lifetime": "6"}, "token-lifetime: '6' is no duration"),
        ({"token-lifetime": "4s"}, "token-lifetime: 4s is too short: the least is 5s"),
        ({"token-lifetime": "25h"}, "token-lifetime: 25h is too long: the most is 24h"),
        ({"endpoint-cache": ""}, "endpoint-cache is on or off, not ''"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(
    asked: dict[str, object], sentence: str
) -> None:
    with pytest.raises(SettingError) as refused:
        changed(AZURES, asked)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("lifetime", "warns"), [("5s", True), ("5m", True), ("301s", False), ("24h", False)]
)
def test_a_life_within_the_sdks_margin_is_warned_of_and_not_refused(
    lifetime: str, warns: bool
) -> None:
    settings = changed(AZURES, {"token-lifetime": lifetime})
    assert bool(settings.warnings) == warns
    assert all("never uses a token of" in each for each in settings.warnings)
