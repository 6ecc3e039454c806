"""Recent refusals are listed, but not those now allowed, nor those of others."""

from dataclasses import replace

import pytest

from local.doctor.recent import recent_refusals
from local.rights import READ
from sandbox.audit import Outcome, Record
from sandbox.deployment import Deployment, as_compiled


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return as_compiled()


def denied(deployment: Deployment, who: str, container: str, second: int = 0) -> Record:
    return Record(
        f"2026-11-30T12:00:{second:02}.000Z",
        "blob",
        Outcome.DENIED,
        "GetBlob",
        identity=who,
        principal_id=deployment.principal(who).principal_id,
        action=READ,
        scope=deployment.storage.container_id(container),
        missing=("Storage Blob Data Reader",),
    )


def test_a_denial_is_listed_once_with_its_count_and_its_last_time(
    deployment: Deployment,
) -> None:
    records = [denied(deployment, "gateway", "originals", each) for each in (1, 2)]
    (found,) = recent_refusals(deployment, deployment.principal("gateway"), records)
    assert (found.times, found.when) == (2, "2026-11-30T12:00:02.000Z")
    assert (found.action, found.roles) == (READ, ("Storage Blob Data Reader",))


def test_what_is_allowed_by_now_is_history(deployment: Deployment) -> None:
    gateway = deployment.principal("gateway")
    assert recent_refusals(deployment, gateway, [denied(deployment, "gateway", "thumbnails")]) == ()
    without = replace(deployment, assignments=())
    assert recent_refusals(without, gateway, [denied(deployment, "gateway", "thumbnails")])


def test_a_refusal_of_another_identity_is_not_listed(deployment: Deployment) -> None:
    records = [denied(deployment, "catalog", "originals")]
    assert recent_refusals(deployment, deployment.principal("gateway"), records) == ()


def test_a_refused_token_is_listed_with_its_reason(deployment: Deployment) -> None:
    refused = Record("t", "identity", Outcome.REFUSED, "GetToken", "gateway", reason="No.")
    (found,) = recent_refusals(deployment, deployment.principal("gateway"), [refused])
    assert (found.operation, found.reason) == ("identity GetToken", "No.")
    assert recent_refusals(deployment, deployment.principal("catalog"), [refused]) == ()


def test_only_the_latest_few_are_listed_newest_first(deployment: Deployment) -> None:
    refused = [
        Record(f"{n}", "blob", Outcome.REFUSED, f"Operation{n}", "gateway", reason="No.")
        for n in range(9)
    ]
    found = recent_refusals(deployment, deployment.principal("gateway"), refused)
    assert [each.when for each in found] == ["8", "7", "6", "5", "4"]
