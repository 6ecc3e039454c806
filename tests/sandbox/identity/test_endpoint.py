"""The managed identity endpoint answers as that of Container Apps, and gives no token too many."""

import json
import socket
import uuid
from base64 import urlsafe_b64decode
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.audit import Outcome
from sandbox.deployment import ContainerApp, Deployment, Lifecycle, Principal, PrincipalKind
from sandbox.entra import RESOURCES, SigningKey
from sandbox.identity.endpoint import requested_identity
from sandbox.refusal import Refusal
from tests.sandbox.identity.harness import RESOURCE, VERSION, Reply, RunningEndpoint

NOT_FOUND = (
    "No User Assigned or Delegated Managed Identity found for specified "
    "ClientId/ResourceId/PrincipalId."
)
NONE_TO_LOAD = "Unable to load the proper Managed Identity."


def claims(reply: Reply) -> dict[str, Any]:
    payload = reply.json["access_token"].split(".")[1]
    return dict(json.loads(urlsafe_b64decode(payload + "===")))


def assert_refused(endpoint: RunningEndpoint, reply: Reply, status: int, message: str) -> None:
    assert reply.status == status
    body = reply.json
    correlation = body.pop("correlationId")
    assert uuid.UUID(correlation)
    assert reply.headers["X-CORRELATION-ID"] == correlation
    assert body == {"statusCode": status, "message": message}
    record = endpoint.audit()[-1]
    assert (record.outcome, record.reason) == (Outcome.REFUSED, message)


@pytest.mark.parametrize("way", ["client_id", "principal_id", "object_id", "mi_res_id"])
@pytest.mark.parametrize("change", [str, str.upper])
def test_an_identity_is_asked_for_by_any_of_its_ids(
    endpoint: RunningEndpoint, way: str, change: Any
) -> None:
    gateway = endpoint.deployment.principal("gateway")
    ids = {"client_id": gateway.client_id, "mi_res_id": gateway.resource_id}
    reply = endpoint.ask("gateway", **{way: change(ids.get(way, gateway.principal_id))})
    assert reply.status == 200
    assert claims(reply)["oid"] == gateway.principal_id
    assert claims(reply)["aud"] == RESOURCE
    assert claims(reply)["xms_az_rid"].endswith("/containerApps/gateway")


def test_an_answer_has_azures_fields_with_times_as_text(endpoint: RunningEndpoint) -> None:
    client_id = endpoint.deployment.principal("gateway").client_id
    reply = endpoint.ask("gateway", client_id=client_id)
    body = reply.json
    assert set(body) == {"access_token", "expires_on", "resource", "token_type", "client_id"}
    assert body["expires_on"] == str(claims(reply)["exp"])
    assert (body["resource"], body["token_type"]) == (RESOURCE, "Bearer")
    assert body["client_id"] == client_id
    [record] = endpoint.audit()
    assert (record.outcome, record.operation) == (Outcome.ISSUED, "GetToken")
    assert (record.identity, record.resource) == ("gateway", RESOURCE)
    assert record.token_id == claims(reply)["uti"]


def test_a_system_assigned_identity_needs_no_name(
    endpoint: RunningEndpoint,
) -> None:
    reply = endpoint.ask("notifier")
    notifier = endpoint.deployment.principal("notifier")
    assert reply.status == 200
    assert claims(reply)["oid"] == notifier.principal_id
    assert claims(reply)["xms_mirid"].endswith("/containerApps/notifier")


def test_an_app_without_one_must_name_its_identity(endpoint: RunningEndpoint) -> None:
    assert_refused(endpoint, endpoint.ask("gateway"), 400, NONE_TO_LOAD)


@pytest.mark.parametrize("whose", ["thumbnailer", "catalog", "notifier", "operator", "developer"])
def test_anothers_identity_is_not_found(endpoint: RunningEndpoint, whose: str) -> None:
    reply = endpoint.ask("gateway", principal_id=endpoint.deployment.principal(whose).principal_id)
    assert_refused(endpoint, reply, 400, NOT_FOUND)


@pytest.mark.parametrize("odd", ["", "x", "00000000-0000-0000-0000-000000000000", "*"])
def test_an_id_without_a_principal_is_not_found(endpoint: RunningEndpoint, odd: str) -> None:
    for way in ("client_id", "principal_id", "mi_res_id"):
        assert_refused(endpoint, endpoint.ask("notifier", **{way: odd}), 400, NOT_FOUND)


@pytest.mark.parametrize("app", ["gateway", "thumbnailer", "catalog", "notifier"])
def test_no_code_gets_the_platforms_token(endpoint: RunningEndpoint, app: str) -> None:
    platform = endpoint.deployment.principal("platform")
    ids = {"client_id": platform.client_id, "principal_id": platform.principal_id}
    for way, value in (ids | {"mi_res_id": platform.resource_id}).items():
        assert_refused(endpoint, endpoint.ask(app, **{way: value}), 400, NOT_FOUND)


def test_two_ids_at_once_exclude_each_other(endpoint: RunningEndpoint) -> None:
    gateway = endpoint.deployment.principal("gateway")
    reply = endpoint.ask("gateway", client_id=gateway.client_id, principal_id=gateway.principal_id)
    assert_refused(endpoint, reply, 400, NOT_FOUND)


WAYS = ["client_id", "principal_id", "object_id", "mi_res_id"]


@pytest.mark.parametrize(("one", "two"), [*combinations(WAYS, 2), *((each, each) for each in WAYS)])
def test_two_ids_are_refused_whatever_they_name(
    endpoint: RunningEndpoint, one: str, two: str
) -> None:
    gateway, platform = map(endpoint.deployment.principal, ("gateway", "platform"))
    header = {"X-IDENTITY-HEADER": "secret of gateway"}
    usual = [("api-version", VERSION), ("resource", RESOURCE)]
    own = (one, id_of(gateway, one))
    assert endpoint.ask_with(header, query=[*usual, own]).status == 200
    for other in (gateway, platform):
        for pair in ([own, (two, id_of(other, two))], [(two, id_of(other, two)), own]):
            reply = endpoint.ask_with(header, query=[*usual, *pair])
            assert_refused(endpoint, reply, 400, NOT_FOUND)


def id_of(principal: Principal, way: str) -> str:
    known = {"client_id": principal.client_id, "mi_res_id": principal.resource_id}
    return known.get(way, principal.principal_id)


def test_an_id_counts_however_its_name_is_written(endpoint: RunningEndpoint) -> None:
    """Or a request for another identity would pass for one that names none."""
    platform = endpoint.deployment.principal("platform").client_id
    assert endpoint.ask("notifier").status == 200
    for name in ("CLIENT_ID", "Client_Id"):
        assert_refused(endpoint, endpoint.ask("notifier", **{name: platform}), 400, NOT_FOUND)


@pytest.mark.parametrize("name", ["api-version", "resource"])
def test_a_repeated_parameter_is_not_chosen_from(endpoint: RunningEndpoint, name: str) -> None:
    header = {"X-IDENTITY-HEADER": "secret of notifier"}
    usual = [("api-version", VERSION), ("resource", RESOURCE)]
    twice = [*usual, (name, dict(usual)[name])]
    assert endpoint.ask_with(header, query=usual).status == 200
    assert endpoint.ask_with(header, query=twice).status in {400, 500}
    assert endpoint.audit()[-1].outcome is Outcome.REFUSED


def test_two_headers_are_no_header(endpoint: RunningEndpoint) -> None:
    line = "GET {}?api-version={}&resource={} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}\r\n"
    mine, other = (f"X-IDENTITY-HEADER: secret of {app}\r\n" for app in ("notifier", "gateway"))
    for headers, status in ((mine, b"200"), (mine + mine, b"403"), (mine + other, b"403")):
        path = urlsplit(endpoint.url)
        with socket.create_connection(("127.0.0.1", path.port or 0), timeout=60) as client:
            client.sendall(line.format(path.path, VERSION, RESOURCE, headers).encode())
            assert client.recv(65536).split(b" ")[1] == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-IDENTITY-HEADER": ""},
        {"X-IDENTITY-HEADER": "secret"},
        {"X-IDENTITY-HEADER": "secret of nobody"},
        {"X-IDENTITY-HEADER": "SECRET OF GATEWAY"},
        {"X-IDENTITY_HEADER": "secret of gateway"},
        {"Metadata": "true"},
        {"secret": "secret of gateway"},
        {"X-IDENTITY-HEADER": "sécret"},
    ],
)
def test_without_an_apps_header_the_answer_is_403_and_empty(
    endpoint: RunningEndpoint, headers: dict[str, str]
) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    reply = endpoint.ask_with(encoded)  # type: ignore[arg-type]
    assert (reply.status, reply.text, reply.headers["Content-Length"]) == (403, "", "0")
    [record] = endpoint.audit()
    assert record.outcome is Outcome.REFUSED
    assert "secret" not in endpoint.raw_audit().lower()


def test_another_apps_header_is_that_app(endpoint: RunningEndpoint) -> None:
    client_id = endpoint.deployment.principal("gateway").client_id
    assert endpoint.ask("gateway", client_id=client_id).status == 200
    assert_refused(endpoint, endpoint.ask("catalog", client_id=client_id), 400, NOT_FOUND)
    assert endpoint.audit()[-1].identity == "catalog"


@pytest.mark.parametrize("odd", ["2017-09-01", "2018-02-01", "", "latest", "2019-08-01 "])
def test_another_api_version_is_refused(endpoint: RunningEndpoint, odd: str) -> None:
    assert endpoint.ask("notifier", **{"api-version": odd}).status == 400
    assert endpoint.audit()[-1].outcome is Outcome.REFUSED


def test_an_api_version_must_be_given(endpoint: RunningEndpoint) -> None:
    header = {"X-IDENTITY-HEADER": "secret of notifier"}
    assert endpoint.ask_with(header, query={"resource": RESOURCE}).status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_other_methods_are_not_allowed(endpoint: RunningEndpoint, method: str) -> None:
    refused = endpoint.ask("notifier", method=method)
    assert (refused.status, refused.text, refused.headers["Allow"]) == (405, "", "GET")
    assert endpoint.ask("notifier").status == 200


def test_every_answer_is_kestrels_with_a_correlation_id_of_its_own(
    endpoint: RunningEndpoint,
) -> None:
    replies = (
        endpoint.ask("notifier"),
        endpoint.ask("gateway"),
        endpoint.ask("nobody"),
        endpoint.ask("notifier", method="POST"),
    )
    assert [each.status for each in replies] == [200, 400, 403, 405]
    assert {each.headers["Server"] for each in replies} == {"Kestrel"}
    assert len({each.headers["X-CORRELATION-ID"] for each in replies}) == len(replies)


@pytest.mark.parametrize(
    "odd",
    [
        "x",
        "https://database.windows.net/",
        "https://eventhubs.azure.net",
        "https://vault.azure.net.evil.com",
        "x" * 5000,
        "x\x1b[31m",
    ],
)
def test_a_resource_that_is_not_here_is_named_beside_those_that_are(
    endpoint: RunningEndpoint, odd: str
) -> None:
    there = ", ".join(RESOURCES)
    message = f"This sandbox has no {odd[:200]!r} to get a token for, only {there}."
    assert_refused(endpoint, endpoint.ask("notifier", resource=odd), 400, message)


def test_a_resource_must_be_given(endpoint: RunningEndpoint) -> None:
    header = {"X-IDENTITY-HEADER": "secret of notifier"}
    missing = "The parameter resource is missing."
    assert_refused(endpoint, endpoint.ask("notifier", resource=""), 400, missing)
    assert endpoint.ask_with(header, query={"api-version": VERSION}).status == 400


def test_no_refusal_holds_a_token_and_no_record_does(endpoint: RunningEndpoint) -> None:
    replies = [endpoint.ask("gateway"), endpoint.ask("notifier", resource="x")]
    assert endpoint.ask("notifier").status == 200
    assert not any("eyJ" in each.text for each in replies)
    assert "eyJ" not in endpoint.raw_audit()


def with_lifecycle(app: ContainerApp, lifecycle: Lifecycle) -> ContainerApp:
    attachments = [replace(each, lifecycle=lifecycle) for each in app.attachments]
    return replace(app, attachments=tuple(attachments))


@pytest.mark.parametrize("lifecycle", Lifecycle)
def test_code_gets_an_identity_in_the_lifecycles_that_let_it(
    deployment: Deployment, lifecycle: Lifecycle
) -> None:
    app = with_lifecycle(deployment.app("gateway"), lifecycle)
    query = {"client_id": deployment.principal("gateway").client_id}
    if lifecycle in {Lifecycle.MAIN, Lifecycle.ALL}:
        assert requested_identity(app, query).name == "gateway"
    else:
        with pytest.raises(Refusal):
            requested_identity(app, query)


@pytest.mark.parametrize("lifecycle", [Lifecycle.NONE, Lifecycle.INIT])
def test_a_system_assigned_identity_has_a_lifecycle_too(
    deployment: Deployment, lifecycle: Lifecycle
) -> None:
    app = with_lifecycle(deployment.app("notifier"), lifecycle)
    assert requested_identity(deployment.app("notifier"), {}).kind is PrincipalKind.SYSTEM_ASSIGNED
    with pytest.raises(Refusal):
        requested_identity(app, {})


@pytest.mark.parametrize("lifecycle", Lifecycle)
def test_lifecycle_none_may_give_tokens_to_code_and_init_never_does(
    deployment: Deployment, lifecycle: Lifecycle
) -> None:
    app = with_lifecycle(deployment.app("gateway"), lifecycle)
    query = {"client_id": deployment.principal("gateway").client_id}
    if lifecycle is Lifecycle.INIT:
        with pytest.raises(Refusal):
            requested_identity(app, query, none_gives_tokens=True)
    else:
        assert requested_identity(app, query, none_gives_tokens=True).name == "gateway"


def test_an_unknown_identity_may_be_azures_500(deployment: Deployment) -> None:
    app, nobody = deployment.app("gateway"), {"client_id": "00000000-0000-0000-0000-000000000000"}
    for status in (400, 500):
        with pytest.raises(Refusal) as refused:
            requested_identity(app, nobody, unknown_status=status)
        assert refused.value.status == status
    own = {"client_id": deployment.principal("gateway").client_id}
    assert requested_identity(app, own, unknown_status=500).name == "gateway"


def test_a_wrong_header_may_be_401_and_a_missing_one_stays_403(
    deployment: Deployment, key: SigningKey, tmp_path: Path
) -> None:
    endpoint = RunningEndpoint(deployment, key, tmp_path, wrong_header_status=401)
    try:
        assert endpoint.ask_with({"X-IDENTITY-HEADER": "wrong"}).status == 401
        assert endpoint.ask_with({}).status == 403
        assert endpoint.ask("notifier").status == 200
    finally:
        endpoint.stop()
