"""Another plane in front of the same Azurite, with another answer to an open question."""

import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import trustme

from sandbox.assumptions import assume
from sandbox.audit import Audit, Gate
from sandbox.entra import Verifier, blob_audiences
from sandbox.storage import Azurite
from sandbox.supervisor.data_planes import blob_storage
from tests.sandbox.storage.harness import Running, Storage, policy_of


class RunningAzurite(Azurite):
    """An Azurite that runs already."""

    @asynccontextmanager
    async def running(self, containers: Iterable[str]) -> AsyncIterator[None]:
        yield


@contextmanager
def assuming(storage: Storage, folder: Path, answer: str, *, port: int = 0) -> Iterator[Storage]:
    """Yield `storage` under an assumption, with its own audit; `port` is another Azurite's."""
    azurite = RunningAzurite(**vars(replace(storage.azurite, port=port or storage.azurite.port)))
    tenant, names = storage.deployment.tenant_id, storage.principals.items()
    by_id = {each.principal_id: name for name, each in names}
    verifier = Verifier([storage.signing], tenant, blob_audiences(storage.host), by_id)
    audit = Audit(folder / "audit.jsonl")
    gate = Gate(policy_of(storage.deployment, storage.principals), audit)
    account, assumed = storage.deployment.storage, assume([answer])
    gateway = blob_storage(account, tenant, verifier, gate, azurite, assumed=assumed)
    authority, trusted = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(trusted)
    with Running(gateway, azurite, authority, ()) as at:
        yield replace(storage, port=at, trusted=trusted, audit_file=folder / "audit.jsonl")
    audit.close()
