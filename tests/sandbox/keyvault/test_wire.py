"""The bytes on the wire: headers, errors, and requests that try to be two things at once."""

import pytest

from sandbox.audit import Outcome
from tests.sandbox.keyvault.harness import API, OFFICER, SECRET, RunningVault

STANDARD = {
    "Cache-Control": "no-cache",
    "Expires": "-1",
    "Pragma": "no-cache",
    "Strict-Transport-Security": "max-age=31536000;includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "x-ms-keyvault-region": "westeurope",
    "x-ms-keyvault-network-info": "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;",
}
DECIDED = "x-ms-keyvault-rbac-assignment-id"


@pytest.fixture
def running(emptied: RunningVault) -> RunningVault:
    """A refused request leaves no trace, so that one vault does for all of these."""
    return emptied


def test_every_answer_carries_azures_headers(running: RunningVault) -> None:
    token = running.token(OFFICER)
    own = {"x-ms-client-request-id": "8dd1a6d3-f963-435d-9b5b-197a49b4a055"}
    replies = {
        401: running.send("GET", f"/secrets?{API}", headers=own),
        400: running.send("GET", "/secrets", token, headers=own),
        404: running.send("GET", f"/secrets/none?{API}", token, headers=own),
        200: running.send("GET", f"/secrets?{API}", token, headers=own),
        405: running.send("OPTIONS", f"/secrets?{API}", token, headers=own),
    }
    for status, reply in replies.items():
        assert reply.status == status
        assert set(reply.headers.items()) >= set((STANDARD | own).items())
        assert reply.headers["x-ms-request-id"]
        assert reply.headers["x-ms-keyvault-service-version"]
        assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
        assert (DECIDED in reply.headers) is (status in {200, 404})


def test_the_assignment_that_allowed_is_named(running: RunningVault) -> None:
    reply = running.send("GET", f"/secrets?{API}", running.token(OFFICER))
    assert reply.headers[DECIDED] == OFFICER.principal_id.replace("-", "")
    [allowed] = running.audit(Outcome.ALLOWED)
    assert allowed.assignment.endswith(OFFICER.principal_id)


def test_a_client_request_id_that_is_none_does_not_come_back(running: RunningVault) -> None:
    odd = {"x-ms-client-request-id": "<script>"}
    reply = running.send("GET", f"/secrets?{API}", running.token(OFFICER), headers=odd)
    assert "x-ms-client-request-id" not in reply.headers


@pytest.mark.parametrize("host", ["other.vault.azure.net", "localhost", "", "vault.azure.net"])
def test_another_host_is_not_this_vault(running: RunningVault, host: str) -> None:
    token = running.token(OFFICER)
    reply = running.send("GET", f"/secrets?{API}", token, headers={"Host": host})
    assert reply.status == 400
    own = {"Host": f"{running.vault.host.upper()}:443"}
    assert running.send("GET", f"/secrets?{API}", token, headers=own).status == 200


@pytest.mark.parametrize("query", ["", "?api-version=", "?api-version=7.7", "?api-version=latest"])
def test_an_api_version_that_is_not_known_is_refused(running: RunningVault, query: str) -> None:
    reply = running.send("GET", f"/secrets{query}", running.token(OFFICER))
    assert (reply.status, reply.error["code"]) == (400, "BadParameter")
    assert "is not recognized. Consider using the latest" in reply.error["message"]


def test_one_parameter_twice_is_refused(running: RunningVault) -> None:
    for twice in ("api-version=7.6", "API-Version=7.5", "%61pi-version=1.0"):
        reply = running.send("GET", f"/secrets?{API}&{twice}", running.token(OFFICER))
        assert reply.status == 400


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/secrets/one/latest", "latest"),
        ("GET", "/secrets/one/backup", "backup"),
        ("DELETE", "/deletedsecrets/one/purge", "purge"),
        ("DELETE", f"/secrets/one/{'0' * 32}", "0" * 32),
        ("POST", "/secrets/one", ""),
        ("PUT", "/deletedsecrets/one", ""),
        ("GET", f"/secrets/one/{'0' * 31}", "0" * 31),
        ("GET", f"/secrets/one/{'0' * 32}/more", f"{'0' * 32}/more"),
        ("GET", "/secrets/one//", ""),
        ("GET", "/secrets/one/VERSION", "VERSION"),
        ("GET", "/secrets/one/%7Bversion%7D", "{version}"),
    ],
)
def test_an_operation_that_is_none_is_a_bad_parameter(
    running: RunningVault, method: str, path: str, operation: str
) -> None:
    reply = running.send(method, f"{path}?{API}", running.token(OFFICER))
    message = f"Method {method} does not allow operation '{operation}'"
    assert (reply.status, reply.error["message"]) == (400, message)
    [refused] = running.audit(Outcome.REFUSED)
    assert (refused.operation, refused.identity) == ("Name", "officer")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "MERGE", "PROPFIND"])
def test_methods_that_key_vault_has_none_of_are_not_allowed(
    running: RunningVault, method: str
) -> None:
    assert_not_allowed(running, method, "/secrets/one")


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/secrets", "/secrets/", "/deletedsecrets"])
def test_a_collection_can_only_be_read(running: RunningVault, method: str, path: str) -> None:
    assert_not_allowed(running, method, path)
    assert running.send("GET", f"{path}?{API}", running.token(OFFICER)).status == 200


def assert_not_allowed(running: RunningVault, method: str, path: str) -> None:
    reply = running.send(method, f"{path}?{API}", running.token(OFFICER))
    assert reply.status == 405
    if method != "HEAD":
        assert reply.error == {"code": "MethodNotAllowed", "message": f"HTTP {method} not allowed"}
    [refused] = running.audit(Outcome.REFUSED)
    assert (refused.operation, refused.reason) == ("Name", "the method is not allowed")


@pytest.mark.parametrize("override", ["X-HTTP-Method", "X-HTTP-Method-Override", "X-Method"])
def test_a_method_cannot_be_overridden(running: RunningVault, override: str) -> None:
    headers = {override: "DELETE", "X-Original-URL": f"/secrets/{SECRET}-2"}
    who = running.principal("notifier")
    running.client(OFFICER).set_secret(SECRET, "the value")
    reply = running.send("GET", f"/secrets/{SECRET}?{API}", running.token(who), headers=headers)
    assert (reply.status, reply.json["value"]) == (200, "the value")


@pytest.mark.parametrize(
    "name",
    [
        "a_b",
        "a.b",
        "..",
        ".",
        "%2e%2e",
        "a%2Fb",
        "a%5Cb",
        "a%252Fb",
        "a%00",
        "%C0%AF",
        "%FF",
        "a%20",
        "a%0A",
        "a%zz",
        "%EF%BC%A1",
        "%C4%B0",
        "a" * 128,
        "a;b",
        "a#b",
        "{name}",
    ],
)
def test_a_name_that_is_none_is_refused_however_it_is_spelt(
    running: RunningVault, name: str
) -> None:
    for target in (f"/secrets/{name}?{API}", f"/deletedsecrets/{name}?{API}"):
        reply = running.send("GET", target, running.token(OFFICER))
        assert (reply.status, reply.error["code"]) == (400, "BadParameter")
        assert "contains an invalid name" in reply.error["message"]
    assert running.audit(Outcome.ALLOWED) == []


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "//secrets/one",
        "/keys/one",
        "/certificates",
        "/secret/one",
        "/secrets.json",
        "/%2e/secrets",
        "/favicon.ico",
    ],
)
def test_an_unknown_collection_is_not_found(running: RunningVault, target: str) -> None:
    assert running.send("GET", f"{target}?{API}", running.token(OFFICER)).status == 404
    assert running.audit(Outcome.ALLOWED) == []


@pytest.mark.parametrize(
    "target", ["https://{host}/secrets/one", "http://other/secrets/one", "*", "secrets/one"]
)
def test_a_target_that_is_no_path_is_refused(running: RunningVault, target: str) -> None:
    reply = running.send("GET", target.format(host=running.vault.host) + f"?{API}", "none")
    assert reply.status in {400, 401}
    assert running.audit(Outcome.ALLOWED) == []


def test_an_encoded_name_is_decided_on_by_its_meaning(running: RunningVault) -> None:
    running.client(OFFICER).set_secret(SECRET, "the value")
    running.client(OFFICER).set_secret("other", "another")
    token = running.token(running.principal("notifier"))
    same = SECRET.replace("w", "%77")
    assert running.send("GET", f"/%73ecrets/{same}/?{API}", token).json["value"] == "the value"
    assert running.send("GET", f"/secrets/%6Fther?{API}", token).status == 403


def test_words_of_the_path_are_names_too(running: RunningVault) -> None:
    client = running.client(OFFICER)
    for each in ("restore", "versions", "backup", "recover", "secrets", "0" * 32):
        client.set_secret(each, each)
        assert client.get_secret(each).value == each
        assert len(list(client.list_properties_of_secret_versions(each))) == 1
        assert client.backup_secret(each)
        client.begin_delete_secret(each).wait()
        client.begin_recover_deleted_secret(each).wait()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 5000,
        b'{"value": 1}',
        b'{"value": null}',
        b'{"value": "\\ud800"}',
        b'{"value": "' + b"a" * 25_601 + b'"}',
        b'{"value": "a", "tags": {"a": 1}}',
        b'{"value": "a", "tags": []}',
        b'{"value": "a", "tags": {"' + b"a" * 257 + b'": ""}}',
        b'{"value": "a", "contentType": 1}',
        b'{"value": "a", "contentType": "' + b"a" * 256 + b'"}',
        b'{"value": "a", "attributes": 1}',
        b'{"value": "a", "attributes": {"enabled": "false"}}',
        b'{"value": "a", "attributes": {"exp": "soon"}}',
        b'{"value": "a", "attributes": {"exp": true}}',
        b'{"value": "a", "attributes": {"exp": -1}}',
        b'{"value": "a", "attributes": {"nbf": 99999999999999999999}}',
        b'{"value": "a", "attributes": {"nbf": 2, "exp": 1}}',
    ],
)
def test_a_body_that_key_vault_does_not_understand_changes_nothing(
    running: RunningVault, body: bytes
) -> None:
    reply = running.send("PUT", f"/secrets/one?{API}", running.token(OFFICER), body)
    assert (reply.status, reply.error["code"]) == (400, "BadParameter")
    assert running.send("GET", f"/secrets/one?{API}", running.token(OFFICER)).status == 404


def test_a_value_may_be_as_long_as_azure_allows(running: RunningVault) -> None:
    value = "ß" * 12_800
    assert running.client(OFFICER).set_secret("one", value).value == value


def test_a_body_without_end_is_too_large(running: RunningVault) -> None:
    body = b'{"value": "' + b" " * (16 * 1024 * 1024) + b'"}'
    reply = running.send("PUT", f"/secrets/one?{API}", running.token(OFFICER), body)
    assert reply.status == 413


def test_a_file_that_is_damaged_is_an_error_of_the_server_and_says_no_more(
    running: RunningVault, caplog: pytest.LogCaptureFixture
) -> None:
    running.client(OFFICER).set_secret("one", "the value")
    running.spoil("UPDATE version SET sealed = x'00'")
    reply = running.send("GET", f"/secrets/one?{API}", running.token(OFFICER))
    assert (reply.status, reply.error["code"]) == (500, "InternalServerError")
    assert "the value" not in caplog.text
    assert "DecryptionError" in caplog.text
