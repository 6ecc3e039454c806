"""The factory of good and forged tokens, held against PyJWT, which is not its own library."""

from dataclasses import replace

import jwt
import pytest
from joserfc.jwk import RSAKey

from sandbox.deployment import as_compiled
from sandbox.entra import SigningKey
from sandbox.testing.token_factory import TokenFactory, header_of


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.of(RSAKey.generate_key(2048))


@pytest.fixture(scope="module")
def factory(key: SigningKey) -> TokenFactory:
    return TokenFactory.of(as_compiled(), key, "gateway")


def proven(token: str, key: jwt.PyJWK, audience: str) -> dict[str, object]:
    return dict(jwt.decode(token, key, algorithms=["RS256"], audience=audience))


def published(key: SigningKey) -> jwt.PyJWK:
    return jwt.PyJWK(key.key.as_dict(private=False), algorithm="RS256")


def test_a_good_token_is_for_the_deployments_own_api_unless_another_is_named(
    factory: TokenFactory, key: SigningKey
) -> None:
    assert proven(factory.good(), published(key), factory.api.app_id)["oid"]
    another = TokenFactory.of(as_compiled(), key, "gateway", "https://vault.azure.net")
    assert proven(another.good(), published(key), "https://vault.azure.net")["oid"]


def test_a_token_that_brings_its_key_is_proven_by_that_key_alone(
    factory: TokenFactory, key: SigningKey
) -> None:
    token = factory.with_its_own_key()
    own = jwt.PyJWK(header_of(token)["jwk"], algorithm="RS256")
    assert proven(token, own, factory.audience)["oid"]
    with pytest.raises(jwt.InvalidSignatureError):
        proven(token, published(key), factory.audience)


def test_a_deployment_without_an_api_has_no_tokens_for_it(key: SigningKey) -> None:
    without = replace(as_compiled(), registration=None)
    with pytest.raises(ValueError, match="no API of its own"):
        TokenFactory.of(without, key, "gateway")
