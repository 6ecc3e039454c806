"""The outside issuers whose tokens a user-assigned identity accepts in place of a secret.

https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.deployment.expressions import Unresolved
from sandbox.deployment.resources import FederatedCredential, LeftOut
from sandbox.deployment.snapshot import FEDERATED, Snapshot, SnapshotError, about, properties_of

_MARK = "/federatedIdentityCredentials/"
_READ = ("issuer", "subject", "audiences")


def federated_credentials(snapshot: Snapshot) -> Iterator[FederatedCredential | LeftOut]:
    """Return the federated identity credentials of a snapshot, and those that cannot be known.

    Raises SnapshotError for an issuer that is no https address.
    """
    for each in snapshot.of_type(FEDERATED):
        properties = properties_of(each)
        unknown = [name for name in _READ if isinstance(properties.get(name), Unresolved)]
        if unknown:
            why = f"its {unknown[0]} is known only on Azure, so it trusts no one here"
            yield LeftOut(each["type"], each["name"], why)
        elif "subject" not in properties:
            why = "it has no subject, and the sandbox reads no other expression"
            yield LeftOut(each["type"], each["name"], why)
        else:
            with about(each):
                yield _credential(each, properties)


def _credential(resource: Mapping[str, Any], properties: Mapping[str, Any]) -> FederatedCredential:
    issuer = str(properties["issuer"])
    if not _is_https(issuer):
        raise SnapshotError(f"the issuer of {resource['name']} is no https address: {issuer!r}")
    return FederatedCredential(
        name=resource["name"],
        identity_id=resource["id"].rpartition(_MARK)[0],
        issuer=issuer,
        subject=str(properties["subject"]),
        audiences=tuple(map(str, properties["audiences"])),
    )


def _is_https(issuer: str) -> bool:
    try:
        parts = urlsplit(issuer)
        return bool(parts.scheme == "https" and parts.hostname and not parts.username)
    except ValueError:
        return False
