"""The recorded answers of the identity endpoint of Container Apps, compared with the sandbox's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
import requests

from tests.access.harness import Harness
from tests.recorded.comparison import seen, words
from tests.recorded.conftest import Compare
from tests.recorded.rows import Answer, Row

pytestmark = pytest.mark.recorded

_APP, _NOBODY = "gateway", "00000000-0000-0000-0000-000000000000"
_ALWAYS = words("date server x-correlation-id")
_JSON = _ALWAYS | words("content-type transfer-encoding")
_REFUSED = words("statusCode message correlationId")
_KESTREL = frozenset({"Server: Kestrel"})
_TOKEN = words("access_token expires_on resource token_type client_id")


@dataclass(frozen=True)
class Asked:
    """A row and its request, by code of the gateway, which has no system-assigned identity."""

    row: Row
    query: Mapping[str, str] = field(default_factory=dict)
    shows_header: bool = True


def _row(
    name: str, status: int, keys: frozenset[str], source: str, headers: frozenset[str] = _JSON
) -> Row:
    return Row(name, status, "", headers, keys, source, traits=_KESTREL)


ROWS = (
    Asked(
        _row("GET without X-IDENTITY-HEADER", 403, frozenset(),
             "AzureAD/microsoft-authentication-library-for-dotnet#5077 (2025-04)",
             _ALWAYS | words("content-length")),
        shows_header=False,
    ),
    Asked(
        _row("GET without an id where no identity is system-assigned", 400, _REFUSED,
             "Azure/data-api-builder#1939 (2023-12)"),
    ),
    Asked(
        _row("GET with a client id that is none of the app's", 400, _REFUSED,
             "two texts of users (reported); the headers as in Azure/data-api-builder#1939"),
        {"client_id": _NOBODY},
    ),
    Asked(
        _row("GET a token", 200, _TOKEN,
             "Azure/azure-sdk-for-python azure-identity tests/recordings test_app_service*; the "
             "headers as in Azure/data-api-builder#1939"),
        {"client_id": "own"},
    ),
)  # fmt: skip
KNOWN: Mapping[str, str] = {}


@pytest.mark.parametrize("each", ROWS, ids=lambda each: each.row.name)
def test_the_answer_is_of_the_recorded_kind(
    each: Asked, harness: Harness, compare: Compare
) -> None:
    compare("Identity endpoint", each.row, _asked(each, harness), KNOWN)


def _asked(each: Asked, harness: Harness) -> Answer:
    own = harness.deployment.principal(_APP).client_id
    ids = {name: own if value == "own" else value for name, value in each.query.items()}
    secret = harness.endpoints.planes.headers[_APP]
    answer = requests.get(
        harness.endpoints.environment.identity_endpoint,
        {"api-version": "2019-08-01", "resource": "https://storage.azure.com", **ids},
        headers={"X-IDENTITY-HEADER": secret} if each.shows_header else {},
        timeout=30,
    )
    found = seen(answer, "")
    traits = frozenset({f"Server: {answer.headers.get('Server')}"})
    return Answer(found.status, "", found.headers, found.elements, traits)
