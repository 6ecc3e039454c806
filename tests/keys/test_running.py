"""A running sandbox holds no key, after photos have gone all their way."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import pytest
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from cli.demo_run import send, wait_until_done
from cli.photos import uploads
from sandbox.telemetry import FILE, trace_of
from tests.conftest import Running
from tests.e2e.test_pipeline import eventually, photo, told_of
from tests.keys.allowances import RUNNING, unexplained, unused
from tests.keys.running import PROC, audit, environments, logs, telemetry, variables
from tests.keys.scan import Finding, Text, scan

SERVICES = {"gateway", "thumbnailer", "catalog", "notifier"}

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="no /proc shows environments here")


@pytest.fixture(scope="module")
def texts(sandbox: Running) -> Sequence[Text]:
    """Return the texts that a run from end to end leaves, with a broken file's warning."""
    gallery = sandbox.report.gallery
    broken = next(each for each in uploads() if each.name == "broken.jpg")
    # Its own bytes: the same file again would be the same photo again for the bus.
    changed = replace(broken, content=broken.content + uuid.uuid4().bytes)
    for upload in (photo(), changed):
        sent = send(gallery, upload)
        wait_until_done(gallery, upload, sent)
        told_of(sandbox, sent)
        eventually(partial(trace_of, sandbox.state.path(FILE), sent), bool)
    state = sandbox.state
    written = [*logs(state), *telemetry(state), *audit(state)]
    given = variables(sandbox.report)
    return [*given, *environments(sandbox.report.pid), *written]


@pytest.fixture(scope="module")
def findings(texts: Sequence[Text]) -> Sequence[Finding]:
    return list(scan(texts))


def test_every_service_was_looked_at(texts: Sequence[Text]) -> None:
    seen = {each.where for each in texts if each.content}
    assert {f"environment of {each}" for each in SERVICES} <= seen
    assert {f"{each}.log" for each in SERVICES} <= seen
    assert {"environment of azurite", "telemetry.db", "audit.jsonl"} <= seen


def test_there_is_no_key_where_something_runs(findings: Sequence[Finding]) -> None:
    assert list(map(str, unexplained(findings, RUNNING))) == []


def test_each_allowance_is_still_needed(findings: Sequence[Finding]) -> None:
    assert unused(findings, RUNNING) == []


def test_the_secrets_that_there_are_stand_in_no_log_and_no_record(
    sandbox: Running, texts: Sequence[Text], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known secrets of the sandbox need no detector: they are searched for by value."""
    written = "".join(each.content for each in texts if each.place != "environments")
    assert "Webhook answered" in written
    for name, value in _known(sandbox, texts, monkeypatch).items():
        assert len(value) > 20, name
        assert value not in written, name


def test_a_service_has_its_own_identity_header_and_no_other_secret(
    sandbox: Running, texts: Sequence[Text], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = _known(sandbox, texts, monkeypatch)
    for service in SERVICES:
        for each in texts:
            if each.where == f"environment of {service}":
                assert [name for name, value in known.items() if value in each.content] == [service]


def _known(
    sandbox: Running, texts: Sequence[Text], monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    headers = {name: sandbox.environment(name)["IDENTITY_HEADER"] for name in SERVICES}
    azurite = next(each.content for each in texts if each.where == "environment of azurite")
    mine = sandbox.act_as("notifier", monkeypatch)
    credential = ManagedIdentityCredential(client_id=mine.get("AZURE_CLIENT_ID"))
    with credential, SecretClient(mine["AZURE_KEY_VAULT_ENDPOINT"], credential) as vault:
        secret = vault.get_secret(mine["WEBHOOK_SECRET_NAME"]).value or ""
        token = credential.get_token("https://vault.azure.net/.default").token
    account = azurite.partition("AZURITE_ACCOUNTS=")[2].partition("\n")[0].partition(":")[2]
    return {**headers, "webhook key": secret, "token": token, "account key": account}
