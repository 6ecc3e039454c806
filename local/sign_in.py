"""Who is signed in here, as the token says that every service will be shown."""

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
    """Nobody is signed in, or not so that a token is to be had; the message is one sentence."""


@dataclass(frozen=True)
class SignedIn:
    """The principal of a token, and the tenant that it belongs to."""

    name: str
    object_id: str
    tenant: str


def open_developers_credential() -> DefaultAzureCredential:
    """The developer's own sign-in, by the tools that AZURE_TOKEN_CREDENTIALS names, or any.

    One kind is named, always: a chain of all kinds may find another you.
    """
    os.environ.setdefault("AZURE_TOKEN_CREDENTIALS", "dev")
    logging.getLogger("azure.identity").setLevel(logging.ERROR)  # it warns of what it raises anyway
    return DefaultAzureCredential(require_envvar=True)


def signed_in(credential: TokenCredential) -> SignedIn:
    """Get a token and read it. Raises SignInError.

    It is read and not verified: whether it is good is for those to say who are shown it.
    """
    try:
        token = credential.get_token(_SCOPE).token
    except ClientAuthenticationError as error:
        raise SignInError(f"nobody is signed in here (az login): {_causes(error)}") from error
    claims = json.loads(jws.extract_compact(token.encode()).payload)
    name = claims.get("upn") or claims.get("unique_name") or claims.get("appid", "somebody")
    return SignedIn(str(name), str(claims["oid"]), str(claims["tid"]))


def _causes(error: ClientAuthenticationError) -> str:
    """What each credential of the chain said, without the advice around it."""
    lines = [line.strip() for line in str(error.message).splitlines()]
    said = [line for line in lines if "Credential:" in line]
    return "; ".join(line.rstrip(".") for line in said or lines[:1])
