"""The headers that stand on every answer of a vault, as the SDKs' own tests recorded them.

Azure/azure-sdk-for-python, sdk/keyvault/azure-keyvault-secrets/tests/recordings
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
    "x-ms-keyvault-service-version": "1.9.2421.1",
    "x-ms-keyvault-network-info": "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;",
}


def standard(vault: Vault, client_request_id: str) -> dict[str, str]:
    """What every answer carries; the client's own request id comes back if it looks like one."""
    made = {"x-ms-keyvault-region": vault.location, "x-ms-request-id": str(uuid.uuid4())}
    if _CLIENT_ID.fullmatch(client_request_id):
        made["x-ms-client-request-id"] = client_request_id
    return _STANDARD | made


def of_decision(allowed: Allowed) -> Mapping[str, str]:
    """Which assignment allowed it. Nothing is cached here, so that every age is nought."""
    return {
        "x-ms-keyvault-rbac-assignment-id": allowed.assignment.id.rpartition("/")[2],
        "x-ms-keyvault-rbac-cache": (
            "ra_age=0;da_age=0;rd_age=0;brd_age=0;ra_notif_age=0;dec_lev=1;"
        ),
    }
