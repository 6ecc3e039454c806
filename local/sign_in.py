"""The developer's sign-in, read from the token that the services will see."""

import json
import logging
import os
from dataclasses import dataclass

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential
from joserfc import jws

_SCOPE = "https://storage.azure.com/.default"


class SignInError(RuntimeError):
    """There is no sign-in, or it gives no token; the message is one sentence."""


@dataclass(frozen=True)
class SignedIn:
    """The principal of a token, and its tenant."""

    name: str
    object_id: str
    tenant: str


def open_developers_credential() -> DefaultAzureCredential:
    """Open the developer's credential: the kind that AZURE_TOKEN_CREDENTIALS names, or `dev`.

    A chain of all kinds could find a different identity.
    """
    os.environ.setdefault("AZURE_TOKEN_CREDENTIALS", "dev")
    logging.getLogger("azure.identity").setLevel(logging.ERROR)  # it logs each error that it raises
    return DefaultAzureCredential(require_envvar=True)


def signed_in(credential: TokenCredential) -> SignedIn:
    """Get a token and read its claims. Raises SignInError.

    The token is not verified here; the services that receive it do that.
    """
    try:
        token = credential.get_token(_SCOPE).token
    except ClientAuthenticationError as error:
        raise SignInError(f"you are not signed in here (az login): {_causes(error)}") from error
    claims = json.loads(jws.extract_compact(token.encode()).payload)
    name = claims.get("upn") or claims.get("unique_name") or claims.get("appid", "unknown")
    return SignedIn(str(name), str(claims["oid"]), str(claims["tid"]))


def _causes(error: ClientAuthenticationError) -> str:
    """Return the error of each credential in the chain, without the advice around it."""
    lines = [line.strip() for line in str(error.message).splitlines()]
    said = [line for line in lines if "Credential:" in line]
    return "; ".join(line.rstrip(".") for line in said or lines[:1])
