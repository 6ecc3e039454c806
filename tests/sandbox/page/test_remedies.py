"""The roles that would allow a denied request, and everything else that they would allow."""

import pytest

from sandbox.deployment import (
    Deployment,
    Principal,
    RoleAssignment,
    RoleDefinition,
    as_compiled,
)
from sandbox.page.attempts import Attempt, attempts
from sandbox.page.remedies import Remedy, reach, remedies
from sandbox.page.verdicts import decide
from sandbox.rbac import Assignments, Requirement


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return as_compiled()


@pytest.fixture(scope="module")
def assignments(deployment: Deployment) -> Assignments:
    return Assignments(deployment.assignments, deployment.custom_roles)


def attempt(deployment: Deployment, words: str) -> Attempt:
    (found,) = [each for each in attempts(deployment) if each.words == words]
    return found


def test_the_narrowest_role_comes_first_with_its_price(
    deployment: Deployment, assignments: Assignments
) -> None:
    wanted, gateway = attempt(deployment, "read a blob: containers/originals"), "gateway"
    principal = deployment.principal(gateway)
    first, *_, last = mended(deployment, assignments, principal, wanted)
    assert first.title == "Storage Blob Data Reader"
    assert first.also == ("list the blobs: containers/originals",)
    assert all(principal.principal_id in text for title, text in first.snippets[:1])
    assert wanted.resource in first.snippets[0][1]
    assert "delete a blob: containers/originals" in last.also


def test_every_remedy_that_is_carried_out_allows_the_request(
    deployment: Deployment, assignments: Assignments
) -> None:
    principal = deployment.principal("notifier")
    by_name = {each.name: each for each in assignments.roles}
    tried = 0
    for each in attempts(deployment):
        if not isinstance(each.needs, Requirement):
            continue
        for remedy in mended(deployment, assignments, principal, each):
            tried += 1
            who, role = principal.principal_id, by_name[remedy.title]
            granted = RoleAssignment("/a/b", each.resource, who, role.id, "")
            then = Assignments([granted], deployment.custom_roles)
            assert decide(principal, each, then).allowed
    assert tried


@pytest.mark.parametrize("data", [True, False], ids=["data action", "control plane"])
def test_half_of_the_rights_of_a_request_allow_it_not_and_are_no_remedy(
    deployment: Deployment, data: bool
) -> None:
    asked = attempt(deployment, "read the queue with the management client: queues/photo-uploads")
    principal, read = deployment.principal("gateway"), "Microsoft.ServiceBus/namespaces/queues/read"
    rights = {"data_actions" if data else "actions": (read,)}
    half = RoleDefinition("/roles/half", "Half", **rights)
    given = RoleAssignment("/a/b", asked.resource, principal.principal_id, half.id, "")
    for granted in ([], [given]):
        then = Assignments(granted, [half])
        assert not decide(principal, asked, then).allowed
        assert "Half" not in [each.title for each in mended(deployment, then, principal, asked)]


def test_an_identity_in_another_app_brings_all_of_its_rights(
    deployment: Deployment, assignments: Assignments
) -> None:
    asked = attempt(deployment, "get a token in the app's code: containerApps/catalog")
    (found,) = mended(deployment, assignments, deployment.principal("gateway"), asked)
    assert "create a blob: containers/originals" in found.also
    assert not mended(deployment, assignments, deployment.principal("notifier"), asked)
    assert not mended(deployment, assignments, deployment.principal("catalog"), asked)


def test_an_app_role_is_given_by_the_declaration(
    deployment: Deployment, assignments: Assignments
) -> None:
    (asked,) = [each for each in attempts(deployment) if each.verb == "call the API"]
    (found,) = mended(deployment, assignments, deployment.principal("notifier"), asked)
    assert (found.title, "notifier" in found.snippets[0][1]) == ("the app role Catalog.Read", True)
    assert not mended(deployment, assignments, deployment.principal("gateway"), asked)


def mended(
    deployment: Deployment, assignments: Assignments, principal: Principal, asked: Attempt
) -> list[Remedy]:
    verdict = decide(principal, asked, assignments)
    known = list(attempts(deployment))
    return (
        list(remedies(principal, asked, verdict, assignments, known)) if not verdict.allowed else []
    )


def test_the_reach_of_an_identity_is_what_is_decided(
    deployment: Deployment, assignments: Assignments
) -> None:
    notifier = reach(deployment.principal("notifier"), assignments, attempts(deployment))
    secret = deployment.vault.secret_id("webhook-signing-key")
    assert notifier[secret] == ["read a secret", "list a secret's versions"]
    assert not any("containers" in scope for scope in notifier)
