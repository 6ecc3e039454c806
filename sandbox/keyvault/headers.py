"""The headers of a vault's answers, as the SDKs' own tests recorded them.

Azure/azure-sdk-assets (ce6da959, 2026-05), azure-keyvault-secrets: test_samples_secrets. Until 2022
there was one more, x-ms-keyvault-rbac-cache, and the assignment's id had hyphens.
"""

import re
import uuid
from collections.abc import Mapping

from sandbox.deployment import Vault
from sandbox.rbac import Allowed

_CLIENT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_STANDARD = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000;includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "x-ms-keyvault-service-version": "1.9.3347.1",
    "x-ms-keyvault-network-info": "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;",
}


def standard(vault: Vault, client_request_id: str) -> dict[str, str]:
    """What every answer carries; the client's own request id comes back if it looks like one."""
    made = {"x-ms-keyvault-region": vault.location, "x-ms-request-id": str(uuid.uuid4())}
    if _CLIENT_ID.fullmatch(client_request_id):
        made["x-ms-client-request-id"] = client_request_id
    return _STANDARD | made


def of_decision(allowed: Allowed) -> Mapping[str, str]:
    """Name the assignment that allowed it: 32 hexadecimal digits."""
    assignment = allowed.assignment.id.rpartition("/")[2]
    return {"x-ms-keyvault-rbac-assignment-id": assignment.replace("-", "")}
