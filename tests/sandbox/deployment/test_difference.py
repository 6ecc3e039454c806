"""The difference of two deployments: by identity, role and scope, and by resource."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.deployment import (
    Deployment,
    Kind,
    RoleAssignment,
    RoleDefinition,
    as_compiled,
    difference,
)
from sandbox.deployment.difference import ResourceChange, Right, RoleChange
from sandbox.rbac import built_in_roles

DEPLOYMENT = as_compiled()
ACCOUNT = DEPLOYMENT.storage.id
THUMBNAILS = DEPLOYMENT.storage.container_id("thumbnails")
ORIGINALS = DEPLOYMENT.storage.container_id("originals")
GATEWAY = DEPLOYMENT.principal("gateway")
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
NAMES = {
    READER: "Storage Blob Data Reader",
    CONTRIBUTOR: "Storage Blob Data Contributor",
    OWNER: "Storage Blob Data Owner",
}


def assigned(
    role: str, scope: str, name: str = "a", principal: str = GATEWAY.principal_id
) -> RoleAssignment:
    return RoleAssignment(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        scope,
        principal,
        f"/providers/Microsoft.Authorization/roleDefinitions/{role}",
        why="a test",
    )


def holding(*assignments: RoleAssignment, roles: tuple[RoleDefinition, ...] = ()) -> Deployment:
    """Return the deployment with these assignments alone."""
    return replace(DEPLOYMENT, assignments=assignments, custom_roles=roles)


def changes(before: Deployment, after: Deployment) -> tuple[RoleChange, ...]:
    return difference(before, after, built_in_roles()).roles


def resources(before: Deployment, after: Deployment) -> set[tuple[str, str, str]]:
    found = difference(before, after, built_in_roles()).resources
    return {(each.kind.value, each.type, each.name.rpartition("/")[2]) for each in found}


def change(kind: Kind, role: str, scope: str, *before: tuple[str, str]) -> RoleChange:
    rights = tuple(Right(NAMES[each], on) for each, on in before)
    return RoleChange(kind, "gateway", Right(NAMES[role], scope), "a test", rights)


def test_the_same_deployment_has_no_difference() -> None:
    assert not difference(DEPLOYMENT, DEPLOYMENT, built_in_roles())


def test_a_right_is_granted_and_revoked_with_its_reason() -> None:
    one = holding(assigned(READER, THUMBNAILS))
    assert changes(holding(), one) == (change(Kind.GRANTED, READER, THUMBNAILS),)
    assert changes(one, holding()) == (change(Kind.REVOKED, READER, THUMBNAILS),)


def test_another_name_of_the_same_assignment_is_no_change() -> None:
    before = holding(assigned(READER, THUMBNAILS, "a"))
    assert changes(before, holding(assigned(READER, THUMBNAILS.upper(), "b"))) == ()


@pytest.mark.parametrize(
    ("kind", "role", "scope", "before"),
    [
        (Kind.WIDENED, READER, ACCOUNT, (READER, THUMBNAILS)),
        (Kind.NARROWED, READER, THUMBNAILS, (READER, ACCOUNT)),
        (Kind.WIDENED, CONTRIBUTOR, THUMBNAILS, (READER, THUMBNAILS)),
        (Kind.NARROWED, READER, THUMBNAILS, (CONTRIBUTOR, THUMBNAILS)),
        (Kind.NARROWED, CONTRIBUTOR, ACCOUNT, (OWNER, ACCOUNT)),
    ],
)
def test_one_right_that_became_another_is_one_change(
    kind: Kind, role: str, scope: str, before: tuple[str, str]
) -> None:
    then, now = holding(assigned(*before)), holding(assigned(role, scope))
    assert changes(then, now) == (change(kind, role, scope, before),)


def test_one_wide_right_that_became_two_narrow_ones_is_not_revoked_besides() -> None:
    then = holding(assigned(READER, ACCOUNT))
    now = holding(assigned(READER, THUMBNAILS), assigned(READER, ORIGINALS))
    wide = (READER, ACCOUNT)
    assert changes(then, now) == (
        change(Kind.NARROWED, READER, THUMBNAILS, wide),
        change(Kind.NARROWED, READER, ORIGINALS, wide),
    )
    assert changes(now, then) == (
        change(Kind.WIDENED, READER, ACCOUNT, (READER, THUMBNAILS), (READER, ORIGINALS)),
    )


def test_rights_that_have_nothing_in_common_are_granted_and_revoked() -> None:
    vault = "4633458b-17de-408a-b874-0445c86b69e6"
    then = holding(assigned(READER, THUMBNAILS))
    for other in (assigned(vault, THUMBNAILS), assigned(READER, ORIGINALS)):
        found = [each.kind for each in changes(then, holding(other))]
        assert found == [Kind.GRANTED, Kind.REVOKED]


def test_a_right_of_another_identity_is_another() -> None:
    catalog = DEPLOYMENT.principal("catalog").principal_id
    then = holding(assigned(READER, THUMBNAILS))
    found = changes(then, holding(assigned(READER, ACCOUNT, principal=catalog)))
    assert [(each.kind, each.identity) for each in found] == [
        (Kind.GRANTED, "catalog"),
        (Kind.REVOKED, "gateway"),
    ]


def test_a_custom_role_with_more_actions_widens_the_right_of_each_holder() -> None:
    def role(*actions: str) -> tuple[RoleDefinition, ...]:
        return (RoleDefinition("/x/roleDefinitions/custom", "Depositor", data_actions=actions),)

    blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
    assignment = assigned("custom", THUMBNAILS)
    narrow = holding(assignment, roles=role(f"{blobs}/read"))
    wide = holding(assignment, roles=role(f"{blobs}/*"))
    assert [each.kind for each in changes(narrow, wide)] == [Kind.WIDENED]
    assert [each.kind for each in changes(wide, narrow)] == [Kind.NARROWED]
    assert ("changed", "custom role", "Depositor") in resources(narrow, wide)


def test_what_is_new_is_made_and_what_left_is_gone_but_a_secret_stays() -> None:
    storage = replace(DEPLOYMENT.storage, containers=("originals", "reports"))
    after = replace(
        DEPLOYMENT,
        accounts=(storage,),
        vaults=(replace(DEPLOYMENT.vault, secrets=()),),
        namespaces=(replace(DEPLOYMENT.bus, queues=()),),
        principals=tuple(each for each in DEPLOYMENT.principals if each.name != "platform"),
    )
    assert resources(DEPLOYMENT, after) == {
        ("made", "container", "reports"),
        ("gone", "container", "thumbnails"),
        ("gone", "container", "catalog"),
        ("kept", "secret", "webhook-signing-key"),
        ("gone", "queue", "photo-uploads"),
        ("gone", "identity", "platform"),
    }


def test_a_changed_setting_is_named_with_both_values_and_a_variable_without() -> None:
    (queue,) = DEPLOYMENT.bus.queues
    settings = replace(queue.settings, lock_duration=timedelta(seconds=30))
    notifier = DEPLOYMENT.app("notifier")
    environment = {**notifier.environment, "NEW": "s3cret"}
    changed = replace(notifier, environment=environment, attachments=())
    after = replace(
        DEPLOYMENT,
        namespaces=(replace(DEPLOYMENT.bus, queues=(replace(queue, settings=settings),)),),
        apps=tuple(changed if each.name == "notifier" else each for each in DEPLOYMENT.apps),
    )
    found = difference(DEPLOYMENT, after, built_in_roles())
    name = f"{DEPLOYMENT.bus.name}/photo-uploads"
    details = ("lock duration is 30 s (before: 1 min)",)
    assert found.resources[0] == ResourceChange(Kind.CHANGED, "queue", name, details)
    assert "variable NEW is new" in found.resources[1].details
    assert "identity notifier is gone" in found.resources[1].details
    assert "s3cret" not in str(found)


def test_forwarding_and_the_action_of_a_rule_are_settings() -> None:
    (queue,), (topic,) = DEPLOYMENT.bus.queues, DEPLOYMENT.bus.topics
    forwards = replace(queue, settings=replace(queue.settings, forwarding=("forwardTo",)))
    first, *others = topic.subscriptions
    changing = tuple(replace(each, action="SET a=1") for each in first.rules)
    below = (replace(first, rules=changing), *others)
    after = replace(
        DEPLOYMENT.bus, queues=(forwards,), topics=(replace(topic, subscriptions=below),)
    )
    found = difference(DEPLOYMENT, replace(DEPLOYMENT, namespaces=(after,)), built_in_roles())
    details = [each.details for each in found.resources]
    assert details[0] == ("forwarding is forwardTo (before: none)",)
    assert "action SET a=1 (before: " in str(details[1])
