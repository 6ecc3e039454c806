"""The signed-in user, from the token that the services would get."""

from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from joserfc import jwt
from joserfc.jwk import RSAKey

from local.sign_in import SignedIn, SignInError, signed_in

CHAIN = """DefaultAzureCredential failed to retrieve a token from the included credentials.
Attempted credentials:
\tAzureCliCredential: Please run 'az login' to set up an account
\tAzureDeveloperCliCredential: Azure Developer CLI could not be found.
To mitigate this issue, please refer to the troubleshooting guidelines here."""


class Credential:
    def __init__(self, claims: dict[str, str] | None) -> None:
        self.claims = claims

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        if self.claims is None:
            raise ClientAuthenticationError(CHAIN)
        key = RSAKey.generate_key(2048)
        return AccessToken(jwt.encode({"alg": "RS256"}, self.claims, key), 0)


def test_a_user_is_called_by_their_name() -> None:
    claims = {"upn": "dev@example.com", "oid": "0a1b", "tid": "7e4a"}
    assert signed_in(Credential(claims)) == SignedIn("dev@example.com", "0a1b", "7e4a")


def test_an_application_is_called_by_its_id() -> None:
    claims = {"appid": "a991", "oid": "0a1b", "tid": "7e4a"}
    assert signed_in(Credential(claims)).name == "a991"


def test_without_a_sign_in_each_credentials_error_is_shown() -> None:
    with pytest.raises(SignInError) as raised:
        signed_in(Credential(None))
    assert str(raised.value) == (
        "you are not signed in here (az login): "
        "AzureCliCredential: Please run 'az login' to set up an account; "
        "AzureDeveloperCliCredential: Azure Developer CLI could not be found"
    )
