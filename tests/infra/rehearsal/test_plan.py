"""A plan by hand, as a rule meets it: an app, an identity, a registry and the right to pull."""

import pytest

from infra.rehearsal.plan import (
    CircularOrderError,
    Edge,
    Finding,
    Plan,
    Severity,
    Step,
    Sure,
    Unknown,
)

GROUP = "/subscriptions/s/resourceGroups/g"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/cr"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-platform"
APP = f"{GROUP}/providers/Microsoft.App/containerApps/notifier"


def of_identity(identity: str) -> Unknown:
    text = f"reference('{identity}').principalId"
    return Unknown(text, frozenset({identity}), identity, ("properties", "principalId"))


registry = Step("registry", REGISTRY, "Microsoft.ContainerRegistry/registries", "cr", "v", GROUP)
identity = Step(
    "identity",
    IDENTITY,
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    "id-platform",
    "v",
    GROUP,
)
pull = Step(
    "access/pull",
    f"{REGISTRY}/providers/Microsoft.Authorization/roleAssignments/{of_identity(IDENTITY)}",
    "Microsoft.Authorization/roleAssignments",
    of_identity(IDENTITY),
    "v",
    REGISTRY,
    body={
        "properties": {"principalId": of_identity(IDENTITY), "principalType": "ServicePrincipal"}
    },
    deployment=("access",),
)
access = Step(
    "access",
    f"{GROUP}/providers/Microsoft.Resources/deployments/access",
    "Microsoft.Resources/deployments",
    "access",
    "v",
    GROUP,
)
app = Step(
    "app",
    APP,
    "Microsoft.App/containerApps",
    "notifier",
    "v",
    GROUP,
    body={"identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}},
)

STEPS = (registry, identity, access, pull, app)
INSIDE = {"access/pull": "access"}
GRANTED_LAST = Plan(
    STEPS,
    (
        Edge("registry", "app", "dependsOn"),
        Edge("identity", "app", "dependsOn"),
        Edge("app", "access", "dependsOn"),
    ),
    INSIDE,
)
GRANTED_FIRST = Plan(
    STEPS,
    (
        Edge("registry", "access", "dependsOn"),
        Edge("identity", "access", "dependsOn"),
        Edge("access", "app", "dependsOn"),
    ),
    INSIDE,
)


def may_pull_by_then(plan: Plan) -> bool:
    """A rule in small: an app comes after the right of its identity."""
    (one,) = plan.of_type("Microsoft.App/containerApps")
    rights = [
        each
        for each in plan.of_type("microsoft.authorization/roleassignments")
        if plan.principal(each).step is identity
    ]
    return any(plan.must_precede(each, one) for each in rights)


def test_what_depends_on_a_deployment_waits_for_what_is_in_it() -> None:
    assert may_pull_by_then(GRANTED_FIRST)
    assert not may_pull_by_then(GRANTED_LAST)
    assert not may_pull_by_then(GRANTED_FIRST.without(Edge("access", "app", "")))


def test_what_is_in_a_deployment_waits_for_what_the_deployment_waits_for() -> None:
    assert GRANTED_FIRST.must_precede(identity, pull)
    assert GRANTED_FIRST.must_precede(registry, app)
    assert not GRANTED_LAST.must_precede(pull, app)


def test_a_deployment_and_what_is_in_it_are_under_way_together() -> None:
    assert GRANTED_FIRST.may_run_together(access, pull)
    assert not GRANTED_FIRST.may_precede(access, pull)
    assert not GRANTED_FIRST.may_precede(pull, access)


def test_what_nothing_orders_may_come_either_way() -> None:
    assert GRANTED_FIRST.may_precede(registry, identity)
    assert GRANTED_FIRST.may_precede(identity, registry)
    assert GRANTED_FIRST.may_run_together(registry, identity)
    assert not GRANTED_FIRST.may_precede(app, registry)


def test_a_principal_is_traced_to_its_identity() -> None:
    found = GRANTED_FIRST.principal(pull)
    assert (found.kind, found.step) == ("user-assigned", identity)


def test_nothing_waits_through_a_step_that_may_be_absent() -> None:
    maybe = Step("m", f"{GROUP}/m", "T/m", "m", "v", GROUP, condition=Unknown("equals(x(), 1)"))
    same = Step("n", f"{GROUP}/n", "T/n", "n", "v", GROUP, condition=Unknown("equals(x(), 1)"))
    plan = Plan(
        (registry, maybe, app, same),
        (Edge("registry", "m", "dependsOn"), Edge("m", "app", "dependsOn"), Edge("m", "n", "x")),
    )
    assert plan.must_precede(registry, maybe)
    assert plan.must_precede(maybe, app)
    assert not plan.must_precede(registry, app)
    assert plan.must_precede(registry, same)


def test_the_waves_show_what_runs_after_what() -> None:
    assert GRANTED_FIRST.order.waves() == [
        ["registry", "identity"],
        ["access", "access/pull"],
        ["app"],
    ]


def test_a_circle_is_named() -> None:
    edges = (Edge("registry", "app", ""), Edge("app", "identity", ""), Edge("identity", "app", ""))
    with pytest.raises(
        CircularOrderError, match=r"wait for each other: (app, identity|identity, app)$"
    ):
        Plan((registry, app, identity), edges)


def test_a_rule_from_memory_never_refuses() -> None:
    with pytest.raises(ValueError, match="memory"):
        Finding(Severity.REFUSED, "app", "", "a rule", "", Sure.MEMORY, "")
