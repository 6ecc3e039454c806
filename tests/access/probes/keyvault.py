"""What Key Vault answers where nobody has seen Azure: each gives the answer by its name."""

import uuid
from urllib.parse import urlsplit

import pytest
import requests
from azure.core.exceptions import HttpResponseError

from tests.access.actor import Actor, Probe
from tests.access.codes import code


def vault_login(actor: Actor) -> str:
    """Whoever has no token is told where to get one."""
    url = f"https://{actor.hosts.vault}/secrets/a?api-version=7.4"
    challenge = requests.get(url, timeout=30).headers["WWW-Authenticate"]
    login = challenge.split('"')[1]
    return str(urlsplit(login).hostname)


def vault_missing(actor: Actor) -> str:
    """The developer may get one secret, and no other."""
    with pytest.raises(HttpResponseError) as raised:
        actor.vault.get_secret(f"no-{uuid.uuid4().hex}")
    found = code(raised.value)
    assert found in {"Forbidden", "SecretNotFound"}
    return "role" if found == "Forbidden" else "existence"


PROBES: dict[str, Probe] = {"vault-login": vault_login, "vault-missing": vault_missing}
