"""Common to all answers of the vault: their headers, and the versions it speaks."""

import re
import uuid

from tests.access.actor import Actor
from tests.access.behaviours.vault.asked import KEY, ask

_STANDARD = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000;includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
_PATTERNS = {
    "Content-Type": r"application/json; charset=utf-8",
    "x-ms-keyvault-region": r"[a-z0-9]+",
    "x-ms-keyvault-service-version": r"[\d.]+",
    "x-ms-keyvault-network-info": r"conn_type=\w+;addr=[^;]+;act_addr_fam=\w+;",
    "x-ms-request-id": r"[0-9a-f-]{36}",
}


def a_version_of_the_api_that_is_missing_or_odd_is_400(actor: Actor) -> None:
    for query in ("", "api-version=", "api-version=odd", "api-version=1.0"):
        answer = ask(actor, "GET", f"{KEY}?{query}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter")
    odd = ask(actor, "GET", f"{KEY}?api-version=odd").json()["error"]["message"]
    assert odd.startswith("The specified version (odd) is not recognized.")


def every_answer_has_the_standard_headers(actor: Actor) -> None:
    answers = [ask(actor, "GET", each) for each in (KEY, "/secrets", f"{KEY}?api-version=odd")]
    assert [each.status_code for each in answers] == [200, 403, 400]
    for each in answers:
        assert {name: each.headers.get(name) for name in _STANDARD} == _STANDARD
        for name, pattern in _PATTERNS.items():
            assert re.fullmatch(pattern, each.headers[name]), name


def an_answer_says_which_assignment_allowed_it(actor: Actor) -> None:
    allowed = ask(actor, "GET", KEY).headers
    assert re.fullmatch(r"[0-9a-f]{32}", allowed["x-ms-keyvault-rbac-assignment-id"])


def the_clients_own_id_of_a_request_comes_back(actor: Actor) -> None:
    own = str(uuid.uuid4())
    answer = ask(
        actor, "GET", KEY, x_ms_client_request_id=own, x_ms_return_client_request_id="true"
    )
    assert answer.headers["x-ms-client-request-id"] == own


BEHAVIOURS = (
    a_version_of_the_api_that_is_missing_or_odd_is_400,
    every_answer_has_the_standard_headers,
    an_answer_says_which_assignment_allowed_it,
    the_clients_own_id_of_a_request_comes_back,
)
