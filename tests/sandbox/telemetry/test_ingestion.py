"""The ingestion endpoint: the right to publish, the items it keeps, and Azure's errors."""

import gzip
import json
import time
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from sandbox.audit import Outcome
from sandbox.entra import MONITOR, VAULT, Issuer, SigningKey
from tests.sandbox.telemetry.conftest import TRACE, Ingestion

SERVICES = ("gateway", "thumbnailer", "catalog", "notifier", "developer")
UNAUTHORIZED = "Unauthorized - please provide the valid authorization token"
FORBIDDEN = (
    "Forbidden - provided credentials do not grant the access to ingest the telemetry into the "
    "component"
)


@pytest.mark.parametrize("name", SERVICES)
def test_a_caller_with_the_role_publishes_and_is_recorded(ingestion: Ingestion, name: str) -> None:
    before = len(ingestion.kept())
    answer = ingestion.send([ingestion.envelope()], ingestion.token(name))
    assert (answer.status_code, answer.json()) == (
        200,
        {"itemsReceived": 1, "itemsAccepted": 1, "errors": []},
    )
    assert len(ingestion.kept()) == before + 1
    record = ingestion.last()
    assert (record.outcome, record.identity) == (Outcome.ALLOWED, name)
    assert record.action == "Microsoft.Insights/Telemetry/Write"
    assert record.role == "Monitoring Metrics Publisher"
    assert record.scope == ingestion.stack.deployment.insights.id


@pytest.mark.parametrize("name", ["platform", "operator"])
def test_a_caller_without_the_role_is_refused_and_nothing_is_kept(
    ingestion: Ingestion, name: str
) -> None:
    before = len(ingestion.kept())
    answer = ingestion.send([ingestion.envelope()], ingestion.token(name))
    assert (answer.status_code, answer.reason) == (403, FORBIDDEN)
    assert len(ingestion.kept()) == before
    assert (ingestion.last().outcome, ingestion.last().identity) == (Outcome.DENIED, name)
    assert "Monitoring Metrics Publisher" in ingestion.last().missing


def forged(ingestion: Ingestion) -> str:
    stranger = SigningKey.of(RSAKey.generate_key(2048))
    issuer = Issuer(stranger, ingestion.stack.deployment.tenant_id)
    return issuer.issue(ingestion.stack.deployment.principal("gateway"), MONITOR).text


def expired(ingestion: Ingestion) -> str:
    deployment = ingestion.stack.deployment
    issuer = Issuer(ingestion.stack.planes.key, deployment.tenant_id, lambda: time.time() - 7200)
    return issuer.issue(deployment.principal("gateway"), MONITOR, lifetime=3600).text


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (lambda i: None, "there is not one bearer token"),
        (lambda i: i.key, "not a signed token"),
        (forged, "a key that Entra does not publish"),
        (expired, "expired"),
        (lambda i: i.token(audience=VAULT), "for another service"),
        (lambda i: i.token(audience=f"{MONITOR}//"), "for another service"),
    ],
)
def test_a_request_that_proves_nothing_is_refused_with_azures_words(
    ingestion: Ingestion, token: Any, reason: str
) -> None:
    before = len(ingestion.kept())
    answer = ingestion.send([ingestion.envelope()], token(ingestion))
    assert (answer.status_code, answer.reason) == (401, UNAUTHORIZED)
    assert len(ingestion.kept()) == before
    assert ingestion.last().outcome is Outcome.REFUSED
    assert reason in ingestion.last().reason
    assert "eyJ" not in ingestion.stack.raw_audit()


def test_the_slash_that_the_exporters_leave_in_the_audience_does_no_harm(
    ingestion: Ingestion,
) -> None:
    answer = ingestion.send([ingestion.envelope()], ingestion.token(audience=f"{MONITOR}/"))
    assert answer.status_code == 200


def test_the_slash_that_the_exporters_leave_in_the_path_does_no_harm(ingestion: Ingestion) -> None:
    answer = ingestion.send([ingestion.envelope()], ingestion.token(), path="//v2.1/track")
    assert answer.status_code == 200


def test_the_older_api_is_for_keys_alone_which_are_not_enough_here(ingestion: Ingestion) -> None:
    answer = ingestion.send([ingestion.envelope()], ingestion.token(), path="/v2/track")
    assert answer.status_code == 400
    assert answer.reason == "Incorrect API was used - v2 API does not support authentication"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/v3/track", 404), ("GET", "/v2.1/track", 405)]
)
def test_there_is_no_other_operation(
    ingestion: Ingestion, method: str, path: str, status: int
) -> None:
    answer = ingestion.send(b"", ingestion.token(), path=path, method=method)
    assert answer.status_code == status
    assert ingestion.last().outcome is Outcome.REFUSED


def test_one_bad_item_does_not_keep_the_good_ones_out(ingestion: Ingestion) -> None:
    before = len(ingestion.kept())
    data = {"baseType": "RequestData", "baseData": {"id": "", "duration": "0.00:00:01"}}
    bad = [
        ingestion.envelope(iKey="00000000-0000-4000-8000-000000000000"),
        ingestion.envelope(data=data),
        ingestion.envelope(time="yesterday"),
    ]
    answer = ingestion.send([bad[0], ingestion.envelope(), *bad[1:]], ingestion.token())
    assert answer.status_code == 206
    body = answer.json()
    assert (body["itemsReceived"], body["itemsAccepted"]) == (4, 1)
    assert [each["index"] for each in body["errors"]] == [0, 2, 3]
    assert {each["statusCode"] for each in body["errors"]} == {400}
    assert body["errors"][0]["message"] == "Invalid instrumentation key"
    assert body["errors"][1]["message"].startswith("109: Field 'id' on type 'RequestData'")
    assert len(ingestion.kept()) == before + 1


def test_nothing_but_bad_items_is_a_bad_request(ingestion: Ingestion) -> None:
    answer = ingestion.send(["no envelope", {}, None], ingestion.token())
    assert answer.status_code == 400
    assert answer.json()["itemsAccepted"] == 0


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (b"[", "identity", 400),
        (b"[" * 9000, "identity", 400),
        (b"no gzip", "gzip", 400),
        (gzip.compress(b"[]" * 99, mtime=0)[:-9], "gzip", 400),
        (gzip.compress(bytes(17 * 1024 * 1024), mtime=0), "gzip", 413),
        (b"[]", "br", 415),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    ingestion: Ingestion, content: bytes, encoding: str, status: int
) -> None:
    headers = {"Content-Encoding": encoding}
    assert ingestion.send(content, ingestion.token(), headers=headers).status_code == status


def test_items_may_come_one_a_line(ingestion: Ingestion) -> None:
    line = json.dumps(ingestion.envelope()).encode()
    headers = {"Content-Encoding": "identity", "Content-Type": "application/x-json-stream"}
    answer = ingestion.send(line + b"\n" + line + b"\n", ingestion.token(), headers=headers)
    assert answer.json()["itemsAccepted"] == 2


def test_the_sender_of_an_item_is_known_by_the_token_whatever_the_item_claims(
    ingestion: Ingestion,
) -> None:
    tags = {"ai.cloud.role": "notifier", "ai.operation.id": TRACE, "ai.operation.parentId": "1f"}
    ingestion.send([ingestion.envelope(tags=tags)], ingestion.token("catalog"))
    item = ingestion.kept()[-1]
    assert (item.role, item.identity) == ("notifier", "catalog")
    assert (item.table, item.operation, item.parent) == ("AppRequests", TRACE, "1f")
    assert (item.seconds, item.code, item.success, item.called("6f1d")) == (
        1.5,
        "200",
        True,
        "photo",
    )
