"""Each plane's request is allowed by a role on its resource or above, and by none beside it."""

from collections.abc import Callable

import pytest

from sandbox.deployment import Deployment, RoleAssignment, load
from sandbox.keyvault.name import name as name_secret
from sandbox.rbac import Allowed, Policy, Requirement, built_in_roles
from sandbox.servicebus.name import ATTACH_RECEIVER, ATTACH_SENDER, Directory, NamedLink
from sandbox.state import State
from sandbox.storage.name import name as name_blob
from sandbox.storage.recognise import Table
from sandbox.storage.request import read_request

WHO = "11111111-0000-4000-8000-000000000000"
ROLES = {each.name: each for each in built_in_roles()}
Asked = Callable[[Deployment], tuple[Requirement, ...]]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return load(State.open(tmp_path_factory.mktemp("state")))


def read_blob(deployment: Deployment) -> tuple[Requirement, ...]:
    headers = [("x-ms-version", "2025-11-05")]
    request = read_request("GET", "/originals/a/b", headers)
    return name_blob(request, deployment.storage, Table()).requirements


def get_secret(deployment: Deployment) -> tuple[Requirement, ...]:
    target = "/secrets/webhook-signing-key?api-version=7.6"
    return name_secret(deployment.vault, "GET", target).requirements


def send(deployment: Deployment) -> tuple[Requirement, ...]:
    node = Directory(deployment.bus).node("photo-uploads")
    return NamedLink(node, ATTACH_SENDER).requirements


def receive(deployment: Deployment) -> tuple[Requirement, ...]:
    node = Directory(deployment.bus).node("photo-events/subscriptions/catalog")
    return NamedLink(node, ATTACH_RECEIVER).requirements


CASES: list[tuple[Asked, str, list[str], list[str]]] = [
    (
        read_blob,
        "Storage Blob Data Reader",
        ["{account}/blobServices/default/containers/originals", "{account}"],
        ["{account}/blobServices/default/containers/thumbnails", "{account}2", "{vault}"],
    ),
    (
        get_secret,
        "Key Vault Secrets User",
        ["{vault}/secrets/webhook-signing-key", "{vault}"],
        ["{vault}/secrets/webhook-signing", "{vault}2", "{account}"],
    ),
    (
        send,
        "Azure Service Bus Data Sender",
        ["{bus}/queues/photo-uploads", "{bus}"],
        ["{bus}/topics/photo-events", "{bus}2", "{vault}"],
    ),
    (
        receive,
        "Azure Service Bus Data Receiver",
        ["{bus}/topics/photo-events/subscriptions/catalog", "{bus}/topics/photo-events", "{bus}"],
        ["{bus}/topics/photo-events/subscriptions/notifier", "{bus}/queues/photo-uploads"],
    ),
]
ABOVE = ["/subscriptions/{subscription}/resourceGroups/{group}", "/subscriptions/{subscription}"]
BESIDE = ["/subscriptions/{subscription}/resourceGroups/{group}-2", "/subscriptions/another"]


@pytest.mark.parametrize(
    ("asked", "role", "scope", "allowed"),
    [
        (asked, role, scope, allowed)
        for asked, role, within, outside in CASES
        for scopes, allowed in (([*within, *ABOVE], True), ([*outside, *BESIDE], False))
        for scope in scopes
    ],
)
def test_a_role_is_inherited_downward_and_never_sideways(
    deployment: Deployment, asked: Asked, role: str, scope: str, allowed: bool
) -> None:
    written = resolved(scope, deployment)
    assignment = RoleAssignment(f"{written}/one", written, WHO, ROLES[role].id, "a test")
    policy = Policy([assignment])
    (requirement,) = asked(deployment)
    decision = policy.decide(WHO, requirement)
    assert isinstance(decision, Allowed) == allowed
    if isinstance(decision, Allowed):
        assert decision.assignment is assignment


def resolved(scope: str, deployment: Deployment) -> str:
    """Return the scope as a template could spell it, in another case."""
    account = deployment.storage.id
    return scope.format(
        account=account.upper(),
        vault=deployment.vault.id,
        bus=deployment.bus.id,
        subscription=deployment.subscription_id,
        group=account.split("/")[4],
    )
