"""The settings of a running sandbox."""

import pytest
from joserfc.jwk import RSAKey

from sandbox.deployment import RoleAssignment
from sandbox.entra import Issuer, Lifetimes, SigningKey
from sandbox.entra.issuer import LIFETIME, USER_LIFETIME
from sandbox.identity import TokenCache
from sandbox.rbac import Allowed, Assignments, Requirement, built_in_roles
from sandbox.supervisor.settings import USUAL, SettingError, Settings, changed
from sandbox.supervisor.settings_in_force import SettingsInForce

READER = next(each for each in built_in_roles() if each.name == "Key Vault Secrets User")
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


@pytest.fixture
def roles() -> Assignments:
    return Assignments(())


def test_by_default_tokens_live_as_on_azure_and_roles_take_effect_at_once(
    issuer: Issuer, cache: TokenCache, roles: Assignments
) -> None:
    in_force = SettingsInForce(issuer, cache, roles)
    assert issuer.lifetimes == Lifetimes(LIFETIME, USER_LIFETIME)
    assert (cache.on, roles.propagation) == (True, 0)
    assert in_force.now.otherwise == {}


def test_each_setting_reaches_its_plane_and_leaves_the_others(
    issuer: Issuer, cache: TokenCache, roles: Assignments
) -> None:
    in_force = SettingsInForce(issuer, cache, roles, Settings(token_lifetime=360))
    assert issuer.lifetimes == Lifetimes(360, 360)
    in_force.change({"endpoint-cache": "off"})
    assert (issuer.lifetimes, cache.on) == (Lifetimes(360, 360), False)
    assert in_force.now.otherwise == {"token-lifetime": "6m", "endpoint-cache": "off"}
    in_force.change({"propagation": "40s"})
    assert (roles.propagation, cache.on) == (40, False)
    usual = {"token-lifetime": "default", "endpoint-cache": "on", "propagation": "0s"}
    found = in_force.change(usual)
    assert (issuer.lifetimes, roles.propagation) == (Lifetimes(), 0)
    assert found == {"settings": USUAL.shown, "warnings": []}


def test_a_role_takes_effect_after_the_propagation_that_is_set(
    issuer: Issuer, cache: TokenCache
) -> None:
    now = [0.0]
    roles = Assignments((), clock=lambda: now[0])
    in_force = SettingsInForce(issuer, cache, roles, Settings(propagation=40))
    roles.put(RoleAssignment("/vault/one", "/vault", "who", READER.id, "a test"))

    def allowed() -> bool:
        wanted = Requirement.of("/vault", "Microsoft.KeyVault/vaults/secrets/getSecret/action")
        return isinstance(roles.decide("who", wanted), Allowed)

    now[0] = 39.9
    assert not allowed()
    now[0] = 40.0
    assert allowed()
    roles.delete("/vault/one")
    assert allowed()
    in_force.change({"propagation": "0s"})
    assert not allowed()


def test_one_wrong_value_changes_nothing(
    issuer: Issuer, cache: TokenCache, roles: Assignments
) -> None:
    in_force = SettingsInForce(issuer, cache, roles)
    with pytest.raises(SettingError, match="endpoint-cache is on or off, not 'maybe'"):
        in_force.change({"token-lifetime": "6m", "endpoint-cache": "maybe"})
    assert in_force.now == USUAL
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
        ({"propagation": "61m"}, "propagation: 61m is too long: the most is 1h"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(
    asked: dict[str, object], sentence: str
) -> None:
    with pytest.raises(SettingError) as refused:
        changed(USUAL, asked)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("lifetime", "warns"), [("5s", True), ("5m", True), ("301s", False), ("24h", False)]
)
def test_a_life_within_the_sdks_margin_is_warned_of_and_not_refused(
    lifetime: str, warns: bool
) -> None:
    settings = changed(USUAL, {"token-lifetime": lifetime})
    assert bool(settings.warnings) == warns
    assert all("never uses a token of" in each for each in settings.warnings)
