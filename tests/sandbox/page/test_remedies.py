"""The roles that would allow a denied request, and everything else that they would allow."""

import pytest

from sandbox.deployment import Deployment, RoleAssignment, as_compiled
from sandbox.page.attempts import Attempt, attempts
from sandbox.page.remedies import reach, remedies
from sandbox.rbac import Allowed, Assignments, Denied


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return as_compiled()


@pytest.fixture(scope="module")
def assignments(deployment: Deployment) -> Assignments:
    return Assignments(deployment.assignments, deployment.custom_roles)


def attempt(deployment: Deployment, words: str) -> Attempt:
    (found,) = [each for each in attempts(deployment) if each.words == words]
    return found


def test_each_request_has_a_name_of_its_own(deployment: Deployment) -> None:
    names = [each.name for each in attempts(deployment)]
    assert len(names) == len(set(names))


def test_a_request_that_is_not_sent_has_a_reason(deployment: Deployment) -> None:
    assert [
        each.words for each in attempts(deployment) if bool(each.method) == bool(each.why_not)
    ] == []


def test_the_narrowest_role_comes_first_with_its_price(
    deployment: Deployment, assignments: Assignments
) -> None:
    wanted, gateway = attempt(deployment, "read a blob: containers/originals"), "gateway"
    principal = deployment.principal(gateway)
    denied = assignments.decide(principal.principal_id, wanted.requirement)
    assert isinstance(denied, Denied)
    first, *_, last = remedies(principal, wanted, denied, assignments, attempts(deployment))
    assert first.role == "Storage Blob Data Reader"
    assert first.also == ("list the blobs: containers/originals",)
    assert principal.principal_id in first.command
    assert wanted.resource in first.command
    assert "delete a blob: containers/originals" in last.also


def test_every_remedy_that_is_carried_out_allows_the_request(
    deployment: Deployment, assignments: Assignments
) -> None:
    principal, known = deployment.principal("notifier"), list(attempts(deployment))
    by_name = {each.name: each for each in assignments.roles}
    tried = 0
    for each in known:
        denied = assignments.decide(principal.principal_id, each.requirement)
        if isinstance(denied, Allowed):
            continue
        for remedy in remedies(principal, each, denied, assignments, known):
            tried += 1
            role = by_name[remedy.role]
            who = principal.principal_id
            granted = RoleAssignment("/a/b", remedy.scope, who, role.id, "")
            mended = Assignments([granted], deployment.custom_roles)
            assert isinstance(mended.decide(who, each.requirement), Allowed)
    assert tried


def test_the_reach_of_an_identity_is_what_is_decided(
    deployment: Deployment, assignments: Assignments
) -> None:
    notifier = reach(deployment.principal("notifier"), assignments, attempts(deployment))
    secret = deployment.vault.secret_id("webhook-signing-key")
    assert notifier[secret] == ["read a secret", "list the versions of a secret"]
    assert not any("containers" in scope for scope in notifier)
