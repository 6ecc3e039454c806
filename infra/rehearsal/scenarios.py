"""Our own deployment in the situations that it meets: each a plan, and its outcome on Azure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from infra.rehearsal.arm import Target, plan_of
from infra.rehearsal.plan import ROLE_ASSIGNMENT, Finding, Plan, Step
from infra.rehearsal.rules import judge
from infra.rehearsal.rules.deployer import holdings
from infra.rehearsal.world import World

Template = Mapping[str, Any]
Parameters = Mapping[str, Any]
# Plans a template, by its name, with parameters.
Player = Callable[[str, Parameters], Plan]

_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
_GROUP = "Microsoft.Resources/resourceGroups"

_GIVEN: Parameters = {
    "environmentName": "dev",
    "location": "westeurope",
    "gatewayAddresses": ["any"],
    "partnerWebhookUrl": "https://partner.example.com/hook",
    "catalogAudience": "none",
    "operatorPrincipalId": "0b5e7a70-0000-4000-8000-000000000001",
}
_IMAGES: Parameters = {
    f"{service}Image": f"registry.azurecr.io/keyless/{service}:1"
    for service in ("gateway", "thumbnailer", "catalog", "notifier")
}
_ROLES_OF_THE_HOST: Parameters = {
    "custom": {
        "depositor": "de905170-0000-4000-8000-000000000001",
        "keeper": "de905170-0000-4000-8000-000000000002",
        "keySetter": "de905170-0000-4000-8000-000000000003",
    }
}
_ATTENDEE: Parameters = {
    "principalId": "a77e0dee-0000-4000-8000-000000000001",
    "principalType": "User",
}


def _only(before: Plan | None, play: Player) -> World:
    return World(before)


def _itself(plan: Plan) -> Plan:
    return plan


@dataclass(frozen=True)
class Scenario:
    """One situation: the deployment, and the resources that Azure holds before."""

    name: str
    title: str
    parameters: Parameters
    template: str = "main"
    # The parameters of the deployment before; none for a first one.
    before: Parameters | None = None
    # The resources that Azure holds, given the plan of the deployment before.
    world: Callable[[Plan | None, Player], World] = _only
    # The change of the template since.
    change: Callable[[Plan], Plan] = _itself
    # The rules whose findings this situation is there to show.
    expects: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rehearsed:
    """A scenario, its plan, and its findings: the surprises, and those that it is there to show."""

    scenario: Scenario
    plan: Plan
    findings: Sequence[Finding]
    expected: Sequence[Finding] = ()

    @property
    def unmet(self) -> frozenset[str]:
        """The rules that were expected to find something, and did not."""
        return self.scenario.expects - {each.rule for each in self.expected}


def rehearse(
    scenario: Scenario, templates: Mapping[str, Template], target: Target | None = None
) -> Rehearsed:
    """Play a scenario with the compiled templates, by the names main, workshop and deployer.

    These are our own, so the worst counts: no order is left to luck, nor to a reference by id.
    """
    at = target or Target()

    def play(template: str, parameters: Parameters) -> Plan:
        return plan_of(templates[template], parameters, at, strict=True)

    before = None if scenario.before is None else play(scenario.template, scenario.before)
    plan = scenario.change(play(scenario.template, scenario.parameters))
    found = [*plan.findings, *judge(plan, scenario.world(before, play), strict=True)]
    return Rehearsed(
        scenario,
        plan,
        [each for each in found if each.rule not in scenario.expects],
        [each for each in found if each.rule in scenario.expects],
    )


def without(plan: Plan, step: Step) -> Plan:
    """Return the same plan, had the template not had one of its steps."""
    return replace(
        plan,
        steps=[each for each in plan.steps if each.key != step.key],
        edges=[each for each in plan.edges if step.key not in (each.first, each.then)],
        inside={key: around for key, around in plan.inside.items() if key != step.key},
    )


def _without_a_row(plan: Plan) -> Plan:
    return without(plan, plan.of_type(ROLE_ASSIGNMENT)[-1])


def _without_an_identity(before: Plan | None, play: Player) -> World:
    identities = before.of_type(_IDENTITY) if before else ()
    return World(before, recreated=frozenset(each.id for each in identities))


def _without_its_group(before: Plan | None, play: Player, purged: bool) -> World:
    groups = before.of_type(_GROUP) if before else ()
    return World(before, removed=frozenset(each.id for each in groups), purged=purged)


def _to_an_attendee(before: Plan | None, play: Player) -> World:
    return World(before, deployer=holdings(play("deployer", {**_ATTENDEE, **_ROLES_OF_THE_HOST})))


_FULL: Parameters = {**_GIVEN, **_IMAGES}
_WORKSHOP: Parameters = {**_GIVEN, **_ROLES_OF_THE_HOST}

_ALL = (
    Scenario("first", "first deployment, without images", _GIVEN),
    Scenario("first-with-images", "first deployment, with images", _FULL),
    Scenario("again", "the same again", _FULL, before=_FULL),
    Scenario("images-arrive", "images arrive", _FULL, before=_GIVEN),
    Scenario(
        "identities-recreated",
        "the identities were deleted, and are made again",
        _FULL,
        before=_FULL,
        world=_without_an_identity,
        expects=frozenset({"rights-left"}),
    ),
    Scenario(
        "row-left",
        "a row has left the policy",
        _FULL,
        before=_FULL,
        change=_without_a_row,
        expects=frozenset({"rights-left"}),
    ),
    Scenario("no-apps", "first deployment, apps=false", {**_GIVEN, "apps": False}),
    Scenario(
        "apps-go",
        "apps=false after a deployment with apps",
        {**_GIVEN, "apps": False},
        before=_FULL,
        expects=frozenset({"rights-left", "resources-left"}),
    ),
    Scenario(
        "workshop",
        "workshop.bicep, by an attendee who holds one resource group",
        _WORKSHOP,
        template="workshop",
        world=_to_an_attendee,
    ),
    Scenario(
        "up-after-down",
        "azd down and up again, within the retention of the vault",
        _FULL,
        before=_FULL,
        world=partial(_without_its_group, purged=False),
        expects=frozenset({"deleted-twin"}),
    ),
    Scenario(
        "up-after-purge",
        "azd down --purge and up again",
        _FULL,
        before=_FULL,
        world=partial(_without_its_group, purged=True),
    ),
)

# By name, in the order in which they are presented.
SCENARIOS: Mapping[str, Scenario] = {each.name: each for each in _ALL}
