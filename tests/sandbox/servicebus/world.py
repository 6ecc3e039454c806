"""A namespace for tests, with short locks, and identities with one right each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sandbox.deployment import (
    CorrelationFilter,
    EntitySettings,
    Namespace,
    Principal,
    PrincipalKind,
    Queue,
    RoleAssignment,
    Rule,
    Subscription,
    Topic,
)

TENANT = "11111111-1111-1111-1111-111111111111"
GROUP = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg-test"
BUS = f"{GROUP}/providers/Microsoft.ServiceBus/namespaces/sb-test"

SENDER_ROLE = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"
RECEIVER_ROLE = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0"
OWNER_ROLE = "090c5cfd-751d-490a-894a-3ce6f1109419"
# Everything on the control plane, nothing on the data plane.
_CONTRIBUTOR_ROLE = "b24988ac-6180-42a0-ab88-20f7382dd24c"

SETTINGS = EntitySettings(lock_duration=timedelta(seconds=30), max_delivery_count=3)
HASTY = replace(SETTINGS, lock_duration=timedelta(seconds=1))
_EVERYTHING = Rule("everything", sql="1=1")


def queue(name: str, settings: EntitySettings = SETTINGS) -> Queue:
    """Return a queue of the test namespace."""
    return Queue(f"{BUS}/queues/{name}", name, settings)


def topic(
    name: str,
    settings: EntitySettings = SETTINGS,
    below: EntitySettings = SETTINGS,
    **subscriptions: tuple[Rule, ...],
) -> Topic:
    """Return a topic of the test namespace, with its subscriptions and their rules."""
    scope = f"{BUS}/topics/{name}"
    return Topic(
        scope,
        name,
        settings,
        tuple(
            Subscription(f"{scope}/subscriptions/{each}", each, below, rules)
            for each, rules in subscriptions.items()
        ),
    )


NAMESPACE = Namespace(
    BUS,
    "sb-test",
    queues=(
        queue("orders"),
        queue("others"),
        queue("hasty", HASTY),
        queue("once", replace(SETTINGS, duplicate_window=timedelta(minutes=10))),
        queue("mortal", replace(SETTINGS, dead_letter_on_expiration=True)),
        queue("fading", replace(SETTINGS, time_to_live=timedelta(minutes=10))),
        queue("visits", replace(SETTINGS, requires_session=True)),
        queue("glimpses", replace(HASTY, requires_session=True)),
    ),
    topics=(
        topic(
            "events",
            replace(SETTINGS, duplicate_window=timedelta(minutes=10)),
            everything=(_EVERYTHING,),
            red=(Rule("red", correlation=CorrelationFilter(label="red")),),
            cheap=(
                Rule("cheap", sql="price < 10 AND sys.Label <> 'blue'"),
                Rule("free", sql="price = 0"),
            ),
        ),
        topic("tours", below=replace(SETTINGS, requires_session=True), guided=(_EVERYTHING,)),
    ),
)


def _principal(number: int, name: str) -> Principal:
    identity = f"00000000-0000-4000-8000-{number:012}"
    return Principal(name, PrincipalKind.USER_ASSIGNED, identity, identity, f"{GROUP}/{name}")


@dataclass(frozen=True)
class Grant:
    """A role for a principal of its own, at one scope."""

    role: str
    scope: str


GRANTS: Mapping[str, Grant] = {
    "owner": Grant(OWNER_ROLE, BUS),
    "contributor": Grant(_CONTRIBUTOR_ROLE, BUS),
    "orders-sender": Grant(SENDER_ROLE, f"{BUS}/queues/orders"),
    "orders-receiver": Grant(RECEIVER_ROLE, f"{BUS}/queues/orders"),
    "others-sender": Grant(SENDER_ROLE, f"{BUS}/queues/others"),
    "others-receiver": Grant(RECEIVER_ROLE, f"{BUS}/queues/others"),
    "events-sender": Grant(SENDER_ROLE, f"{BUS}/topics/events"),
    "events-receiver": Grant(RECEIVER_ROLE, f"{BUS}/topics/events"),
    "red-sender": Grant(SENDER_ROLE, f"{BUS}/topics/events/subscriptions/red"),
    "red-receiver": Grant(RECEIVER_ROLE, f"{BUS}/topics/events/subscriptions/red"),
    "namespace-sender": Grant(SENDER_ROLE, BUS),
    "namespace-receiver": Grant(RECEIVER_ROLE, BUS),
    "group-receiver": Grant(RECEIVER_ROLE, GROUP),
}
STRANGER = "stranger"
PRINCIPALS = {
    name: _principal(number, name) for number, name in enumerate([*GRANTS, STRANGER], start=1)
}
ASSIGNMENTS = tuple(
    RoleAssignment(
        id=f"{grant.scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        scope=grant.scope,
        principal_id=PRINCIPALS[name].principal_id,
        role_definition_id=f"/providers/Microsoft.Authorization/roleDefinitions/{grant.role}",
        why="a test",
    )
    for name, grant in GRANTS.items()
)
