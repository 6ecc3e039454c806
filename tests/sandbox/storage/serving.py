"""A gateway that serves the deployment's account, with an Azurite of its own."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme
from joserfc.jwk import RSAKey

from sandbox.audit import Audit, Gate
from sandbox.deployment import load
from sandbox.entra import Issuer, SigningKey, Verifier, blob_audiences
from sandbox.state import State
from sandbox.storage import Azurite, free_port
from sandbox.storage.account_keys import AccountKeys
from sandbox.storage.backend import Backend
from sandbox.storage.plane import BlobStorage
from tests.sandbox.storage.harness import Running, Storage, policy_of, principals_of


@contextmanager
def serving(
    folder: Path, key_of_gateway: str = "", *, shared_key: bool = False
) -> Iterator[Storage]:
    """Serve until the block ends. A gateway with another key than Azurite's is refused by it.

    With `shared_key`, the account takes the keys that the state holds.
    """
    state = State.open(folder)
    deployment = load(state)
    principals = principals_of(deployment)
    key = SigningKey.of(RSAKey.generate_key(2048))
    audit = Audit(state.path("audit.jsonl"))
    account = deployment.storage
    names = {each.principal_id: name for name, each in principals.items()}
    verifier = Verifier([key], deployment.tenant_id, blob_audiences(account.host), names)
    gate = Gate(policy_of(deployment, principals), audit)
    azurite = Azurite(account.name, account.host, state.folder("azurite"), free_port())
    backend = Backend(account.name, account.host, azurite.port, key_of_gateway or azurite.key)
    keys = AccountKeys.kept_in(state, account.name) if shared_key else None
    gateway = BlobStorage(account, deployment.tenant_id, verifier, gate, backend, keys=keys)
    authority = trustme.CA()
    with Running(gateway, azurite, authority, account.containers) as port:
        trusted = ssl.create_default_context()
        authority.configure_trust(trusted)
        yield Storage(
            deployment,
            Issuer(key, deployment.tenant_id),
            principals,
            state.path("audit.jsonl"),
            port,
            trusted,
            azurite,
            key,
            gate,
        )
    audit.close()
