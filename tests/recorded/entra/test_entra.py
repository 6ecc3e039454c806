"""The recorded answers of login.microsoftonline.com, compared with the sandbox's."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import requests

from tests.access.harness import Harness
from tests.recorded.comparison import json_of, seen, words
from tests.recorded.conftest import Compare
from tests.recorded.rows import Row

pytestmark = pytest.mark.recorded

_HOST = "https://login.microsoftonline.com"
_NO_TENANT = "5ab5c21b-0000-4000-8000-000000000001"
_JS = "Azure/azure-sdk-for-js sdk/digitaltwins/digital-twins-core/recordings (2021, 2022-03)"

_ALWAYS = words(
    "date content-type content-length strict-transport-security x-content-type-options p3p "
    "x-ms-request-id x-ms-ests-server set-cookie"
)
_METADATA = _ALWAYS | words(
    "cache-control access-control-allow-origin access-control-allow-methods"
)
_REFUSED = words("error error_description error_codes timestamp trace_id correlation_id error_uri")
_INSTANCE = words(
    "tenant_discovery_endpoint api-version metadata metadata[].preferred_network "
    "metadata[].preferred_cache metadata[].aliases"
)
_DISCOVERY = words(
    "token_endpoint token_endpoint_auth_methods_supported jwks_uri response_modes_supported "
    "subject_types_supported id_token_signing_alg_values_supported response_types_supported "
    "scopes_supported issuer request_uri_parameter_supported userinfo_endpoint "
    "authorization_endpoint device_authorization_endpoint http_logout_supported "
    "frontchannel_logout_supported end_session_endpoint claims_supported kerberos_endpoint "
    "tenant_region_scope cloud_instance_name cloud_graph_host_name msgraph_host rbac_url"
)


@dataclass(frozen=True)
class Asked:
    """A row and its request; `{tenant}` is the sandbox's own."""

    row: Row
    method: str
    path: str


ROWS = (
    Asked(
        Row("GET the clouds", 200, "", _METADATA, _INSTANCE, _JS),
        "GET", "/common/discovery/instance?api-version=1.1&authorization_endpoint="
        f"{_HOST}/{{tenant}}/oauth2/v2.0/authorize",
    ),
    Asked(
        Row("GET a tenant's configuration", 200, "", _METADATA, _DISCOVERY, _JS),
        "GET", "/{tenant}/v2.0/.well-known/openid-configuration",
    ),
    Asked(
        Row("GET the configuration of a tenant that does not exist", 400, "invalid_tenant 90002",
            _METADATA, _REFUSED, f"{_JS}; james-gould/azure-keyvault-emulator#324 (2025-08)"),
        "GET", f"/{_NO_TENANT}/v2.0/.well-known/openid-configuration",
    ),
    Asked(
        # Its headers were not recorded: whatever there is may be there.
        Row("POST for a token of a tenant that does not exist", 400, "invalid_request 90002",
            frozenset(), _REFUSED, "three answers of 2024 and 2026 (reported)",
            sometimes=_ALWAYS | words("cache-control pragma expires")),
        "POST", f"/{_NO_TENANT}/oauth2/v2.0/token",
    ),
)  # fmt: skip
KNOWN: Mapping[str, str] = {}


@pytest.mark.parametrize("each", ROWS, ids=lambda each: each.row.name)
def test_the_answer_is_of_the_recorded_kind(
    each: Asked, harness: Harness, compare: Compare
) -> None:
    path = each.path.format(tenant=harness.deployment.tenant_id)
    answer = requests.request(each.method, f"{_HOST}{path}", timeout=30)
    body = json_of(answer)
    code = f"{body['error']} {body['error_codes'][0]}" if "error" in body else ""
    compare("Entra", each.row, seen(answer, code), KNOWN)
