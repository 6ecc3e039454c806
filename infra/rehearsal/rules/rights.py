"""Who holds which right where, as far as a plan says so."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from infra.rehearsal.plan import (
    ROLE_ASSIGNMENT,
    Plan,
    Step,
    Unknown,
    Value,
    has_unknown_part,
    same_id,
)
from infra.rehearsal.rules.bodies import entries, inside, text
from infra.rehearsal.world import World, is_at_or_below

ROLE_DEFINITION = "Microsoft.Authorization/roleDefinitions"

# What the built-in roles include that a rule asks for. One that is not here may include anything.
# MicrosoftDocs/azure-docs articles/role-based-access-control/built-in-roles
_EVERYTHING = ("*",)
_BUILT_IN: Mapping[str, Sequence[str]] = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": _EVERYTHING,  # Owner
    "b24988ac-6180-42a0-ab88-20f7382dd24c": _EVERYTHING,  # Contributor
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": ("*/read",),  # Reader
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": ("microsoft.containerregistry/registries/pull/read",),
    # AcrPush
    "8311e382-0749-4cb8-b61a-304f252e45ec": ("microsoft.containerregistry/registries/pu*",),
    # Azure Service Bus Data Owner, Data Receiver, Data Sender
    "090c5cfd-751d-490a-894a-3ce6f1109419": ("microsoft.servicebus/*",),
    "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0": (
        "microsoft.servicebus/*/queues/read",
        "microsoft.servicebus/*/topics/read",
        "microsoft.servicebus/*/topics/subscriptions/read",
        "microsoft.servicebus/*/receive/action",
    ),
    "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": (
        "microsoft.servicebus/*/queues/read",
        "microsoft.servicebus/*/topics/read",
        "microsoft.servicebus/*/topics/subscriptions/read",
        "microsoft.servicebus/*/send/action",
    ),
    # These give no right on a registry or a bus.
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": ("microsoft.storage/*",),  # Blob Data Reader
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": ("microsoft.storage/*",),  # Blob Data Contributor
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": ("microsoft.storage/*",),  # Blob Data Owner
    "4633458b-17de-408a-b874-0445c86b69e6": ("microsoft.keyvault/*",),  # Secrets User
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": ("microsoft.keyvault/*",),  # Secrets Officer
    "3913510d-42f4-4e42-8a64-420c390055eb": ("microsoft.insights/*",),  # Metrics Publisher
    "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd": ("microsoft.cognitiveservices/*",),  # OpenAI User
}


def is_ready_for(plan: Plan, world: World, first: Step, then: Step) -> bool:
    """Tell whether one resource is surely there when another is made."""
    if world.grants(first) if first.is_a(ROLE_ASSIGNMENT) else world.has(first):
        return True
    return plan.must_precede(first, then) and plan.needs(first) <= plan.needs(then)


def comes_earlier_by_luck(plan: Plan, first: Step, then: Step) -> bool:
    """Tell whether one resource would be there when another is made, were all made equally fast.

    Nothing in the template makes it so: the first begins earlier because it waits for less.
    """
    return plan.wave(first) < plan.wave(then) and plan.may_precede(first, then)


def role_of(assignment: Step) -> str | None:
    """The name (a GUID) of the role of an assignment, in lower case; None where it is unknown."""
    given = inside(assignment.properties, "roleDefinitionId")
    if isinstance(given, Unknown):
        given = given.of
    return (
        given.rstrip("/").rpartition("/")[2].lower() if isinstance(given, str) and given else None
    )


def role_step(plan: Plan, assignment: Step) -> Step | None:
    """The definition of the role of an assignment, where the same plan makes it."""
    given = inside(assignment.properties, "roleDefinitionId")
    identifier = given.of if isinstance(given, Unknown) else given
    if not isinstance(identifier, str) or not identifier:
        return None
    made = plan.of_type(ROLE_DEFINITION)
    return next((each for each in made if same_role(each.id, identifier)), None)


def same_role(one: str, other: str) -> bool:
    """Compare the ids of role definitions, which name one role at whatever scope they begin."""
    mark = "/providers/microsoft.authorization/roledefinitions/"
    left, right = (each.rstrip("/").lower().rpartition(mark) for each in (one, other))
    return bool(left[1] and right[1]) and left[2] == right[2]


def includes(plan: Plan, assignment: Step, action: str) -> bool | None:
    """Tell whether a role includes an action; None where the role is not known here."""
    made = role_step(plan, assignment)
    if made is not None:
        return any(_matches(each, action) for each in _actions(made))
    allowed = _BUILT_IN.get(role_of(assignment) or "")
    return None if allowed is None else any(_matches(each, action) for each in allowed)


def of(plan: Plan, identity: str, world: World) -> Iterator[Step]:
    """The role assignments of an identity, by its id or that of the resource that it belongs to."""
    return (each for each in _assignments(plan, world) if same_id(_whom(plan, each), identity))


def on(assignments: Iterable[Step], resource: str) -> Iterator[Step]:
    """Those of the assignments whose scope is a resource or contains it."""
    return (each for each in assignments if is_at_or_below(resource, each.scope))


def may_be_given(plan: Plan, identity: str, resource: str, action: str) -> bool:
    """Tell whether an assignment gives a right, if what is unknown of it is as it should be."""
    for each in plan.of_type(ROLE_ASSIGNMENT):
        anyone = plan.principal(each).kind == "unknown"
        anything = has_unknown_part(each.scope)
        its_own = same_id(_whom(plan, each), identity)
        there = anything or is_at_or_below(resource, each.scope)
        unsure = anyone or anything
        if unsure and (anyone or its_own) and there and includes(plan, each, action) is not False:
            return True
    return False


def _whom(plan: Plan, assignment: Step) -> str:
    """The id of the identity that an assignment is for, or an empty text."""
    value = inside(assignment.properties, "principalId")
    known = plan.principal(assignment).kind in {"user-assigned", "system-assigned"}
    return value.of if known and isinstance(value, Unknown) else ""


def _assignments(plan: Plan, world: World) -> Iterator[Step]:
    yield from plan.of_type(ROLE_ASSIGNMENT)
    planned = {each.id.lower() for each in plan.of_type(ROLE_ASSIGNMENT)}
    yield from (each for each in world.assignments() if each.id.lower() not in planned)


def _actions(definition: Step) -> Iterator[str]:
    for permission in entries(definition.properties, "permissions"):
        for key in ("actions", "dataActions"):
            listed = inside(permission, key)
            if isinstance(listed, list | tuple):
                yield from (each for each in listed if isinstance(each, str))


def _matches(pattern: str, action: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower())


def identity_named(app: Step, value: Value) -> str | None:
    """The id of the identity that an app names by its id, or by the word system: then its own."""
    if isinstance(value, str) and value.lower() == "system":
        return app.id
    identifier = value.of if isinstance(value, Unknown) else value
    return identifier if isinstance(identifier, str) and identifier.startswith("/") else None


def kinds_of_identity(step: Step) -> frozenset[str] | None:
    """The kinds of identity that a resource has, in lower case; None where that is unknown."""
    given = inside(step.body, "identity", "type")
    if isinstance(given, Unknown):
        return None
    return frozenset(
        each.strip().lower() for each in (text(step.body, "identity", "type") or "").split(",")
    )
