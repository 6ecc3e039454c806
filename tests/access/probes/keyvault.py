"""What Key Vault answers where nobody has seen Azure: each gives the answer by its name."""

import uuid

import pytest
from azure.core.exceptions import HttpResponseError

from tests.access.actor import Actor, Probe
from tests.access.codes import code


def vault_missing(actor: Actor) -> str:
    """The developer may get one secret, and no other."""
    with pytest.raises(HttpResponseError) as raised:
        actor.vault.get_secret(f"no-{uuid.uuid4().hex}")
    found = code(raised.value)
    assert found in {"Forbidden", "SecretNotFound"}
    return "role" if found == "Forbidden" else "existence"


PROBES: dict[str, Probe] = {"vault-missing": vault_missing}
