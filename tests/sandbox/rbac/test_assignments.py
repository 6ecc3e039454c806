"""Role assignments while they change: those listed, and those that have propagated."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.deployment import ByHand, NotEvaluated, RoleAssignment, RoleDefinition
from sandbox.rbac import (
    Allowed,
    AssignmentExistsError,
    Assignments,
    AssignmentUpdateError,
    Decision,
    Denied,
    Drift,
    Policy,
    Requirement,
    RoleInUseError,
    UnknownRoleError,
)

GROUP = "/subscriptions/0000/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
SECRET = f"{VAULT}/secrets/one"
READ, WRITE = "Test/things/read", "Test/things/write"
READER = RoleDefinition("/roles/reader", "reader", data_actions=(READ,))
WRITER = RoleDefinition("/roles/writer", "writer", data_actions=(READ, WRITE))
ROLES = (READER, WRITER)
ANN, BEN = "aaaa", "bbbb"
BY_HAND = ByHand("deployer", "d", "2026-01-01T00:00:00Z", "d", "2026-01-01T00:00:00Z", "User")


def assigned(who: str, role: RoleDefinition, scope: str, name: str = "") -> RoleAssignment:
    key = name or f"{scope}|{who}|{role.name}"
    return RoleAssignment(key, scope, who, role.id, "a reason")


def by_hand(who: str, role: RoleDefinition, scope: str, name: str = "") -> RoleAssignment:
    return replace(assigned(who, role, scope, name or f"hand|{who}|{scope}"), by_hand=BY_HAND)


@dataclass
class World:
    """Assignments, their clock, and the drift that they have stored."""

    deployed: tuple[RoleAssignment, ...] = ()
    now: float = 0.0
    kept: list[Drift] = field(default_factory=list)
    keep: Callable[[Drift], None] | None = None

    def __post_init__(self) -> None:
        self.it = Assignments(
            self.deployed,
            ROLES,
            keep=self.keep or self.kept.append,
            clock=lambda: self.now,
        )

    def decide(self, who: str, scope: str = SECRET, action: str = READ) -> Decision:
        return self.it.decide(who, Requirement.of(scope, action))

    def allows(self, who: str, scope: str = SECRET, action: str = READ) -> bool:
        return isinstance(self.decide(who, scope, action), Allowed)

    def ids(self) -> set[str]:
        return {each.id for each in self.it.listed}


def test_a_grant_by_hand_allows_at_the_next_decision_and_its_deletion_denies() -> None:
    world = World()
    assert isinstance(world.decide(ANN), Denied)
    grant = by_hand(ANN, READER, VAULT)
    world.it.put(grant)
    decision = world.decide(ANN)
    assert isinstance(decision, Allowed)
    assert decision.assignment is grant
    assert not world.allows(BEN)
    assert world.it.delete(grant.id.upper()) == grant
    assert not world.allows(ANN)
    assert world.it.delete(grant.id) is None


def test_with_propagation_a_change_is_listed_at_once_and_takes_effect_later() -> None:
    world = World()
    world.it.propagation = 40
    grant = by_hand(ANN, READER, VAULT)
    world.it.put(grant)
    assert world.ids() == {grant.id}
    for world.now, allowed in ((0, False), (39.9, False), (40, True)):
        assert world.allows(ANN) is allowed, world.now
    world.it.delete(grant.id)
    assert world.it.listed == ()
    for world.now, allowed in ((79.9, True), (80, False)):
        assert world.allows(ANN) is allowed, world.now


def test_another_propagation_holds_for_changes_that_wait() -> None:
    world = World()
    world.it.propagation = 40
    world.it.put(by_hand(ANN, READER, VAULT))
    world.now = 10
    assert not world.allows(ANN)
    world.it.propagation = 5
    assert world.allows(ANN)
    world.it.propagation = 600
    assert world.allows(ANN), "what has taken effect stays"


def test_a_change_that_has_taken_effect_does_not_wait_again() -> None:
    world = World()
    world.it.put(by_hand(ANN, READER, VAULT))
    world.it.propagation = 40
    assert world.allows(ANN)


def test_a_deployment_propagates_too_and_keeps_what_hands_have_granted() -> None:
    old, new = assigned(ANN, READER, VAULT), assigned(BEN, READER, VAULT)
    world = World((old,))
    grant = by_hand(BEN, WRITER, SECRET)
    world.it.put(grant)
    world.it.propagation = 40
    world.it.deploy([new], ROLES)
    assert world.ids() == {new.id, grant.id}
    assert world.allows(ANN)
    assert not world.allows(BEN, VAULT)
    world.now = 40
    assert not world.allows(ANN)
    assert world.allows(BEN, VAULT)
    assert world.allows(BEN, action=WRITE), "the grant by hand has survived"


def test_a_deployment_brings_back_what_was_deleted_by_hand() -> None:
    deployed = assigned(ANN, READER, VAULT)
    world = World((deployed,))
    assert world.it.delete(deployed.id, by="deployer") == deployed
    assert not world.allows(ANN)
    assert dict(world.kept[-1].deleted) == {deployed.id.lower(): "deployer"}
    again = Assignments([deployed], ROLES, drift=world.kept[-1])
    assert again.listed == (), "a restart is no deployment"
    world.it.deploy([deployed], ROLES)
    assert world.allows(ANN)
    assert world.kept[-1] == Drift()


def test_a_deployment_makes_no_assignment_for_a_deleted_identity_and_leaves_those_there() -> None:
    left, deleted, row = (
        assigned(*each, VAULT) for each in ((ANN, READER), (ANN, WRITER), (BEN, READER))
    )
    world = World((left, deleted, row))
    world.it.delete(deleted.id, "deployer")
    world.it.delete(row.id, "deployer")
    added = assigned(ANN, READER, GROUP)
    world.it.deploy((left, deleted, row, added), ROLES, former={ANN})
    assert world.ids() == {left.id, row.id}
    gone = {deleted.id.lower(): "deployer", added.id.lower(): ""}
    assert world.kept[-1] == world.it.drift == Drift(deleted=gone)


def test_a_deployment_adopts_the_grant_by_hand_that_has_its_name() -> None:
    world = World()
    deployed = assigned(ANN, READER, VAULT)
    world.it.put(replace(deployed, by_hand=BY_HAND))
    assert world.it.drift.made
    world.it.deploy([deployed], ROLES)
    assert not world.it.drift.made
    assert world.it.listed == (deployed,)


def test_a_deployment_of_what_exists_under_another_name_changes_nothing() -> None:
    kept = assigned(BEN, READER, VAULT)
    world = World((kept,))
    grant = by_hand(ANN, READER, VAULT, "another")
    world.it.put(grant)
    with pytest.raises(AssignmentExistsError, match="az role assignment delete --ids another"):
        world.it.deploy([assigned(ANN, READER, VAULT)], ROLES)
    assert world.ids() == {kept.id, grant.id}
    assert world.allows(BEN)


def test_a_role_that_a_hand_has_granted_cannot_leave_the_deployment() -> None:
    world = World()
    world.it.put(by_hand(ANN, READER, VAULT, "mine"))
    with pytest.raises(RoleInUseError, match=r"/roles/reader.*delete --ids mine"):
        world.it.deploy([], [WRITER])
    assert world.allows(ANN)
    world.it.deploy([], [READER])
    assert world.allows(ANN)


def test_a_deployment_changes_its_custom_roles_when_it_has_propagated() -> None:
    deployed = assigned(ANN, READER, VAULT)
    world = World((deployed,))
    world.it.propagation = 40
    world.it.deploy([deployed], [replace(READER, data_actions=(WRITE,))])
    assert (world.allows(ANN), world.allows(ANN, action=WRITE)) == (True, False)
    world.now = 40
    assert (world.allows(ANN), world.allows(ANN, action=WRITE)) == (False, True)
    world.it.deploy([], [])
    world.now = 80
    decision = world.decide(ANN)
    assert isinstance(decision, Denied)
    assert decision.roles_that_would == ()


def test_a_deployment_changes_what_a_denial_says_is_not_evaluated() -> None:
    world = World()
    unsure = NotEvaluated(assigned(ANN, READER, VAULT), "the reason")
    world.it.deploy((), ROLES, [unsure])
    denied = world.decide(ANN)
    assert isinstance(denied, Denied)
    assert denied.not_evaluated == (unsure,)
    world.it.put(by_hand(BEN, READER, VAULT))
    assert isinstance(world.decide(ANN), Denied)
    assert world.allows(BEN)


def test_a_principal_has_a_role_on_a_scope_once() -> None:
    world = World((assigned(ANN, READER, VAULT, "first"),))
    with pytest.raises(AssignmentExistsError) as raised:
        world.it.put(by_hand(ANN.upper(), READER, f"{VAULT.upper()}/"))
    assert raised.value.existing.id == "first"
    world.it.put(by_hand(ANN, WRITER, VAULT))
    assert len(world.it.listed) == 2


def test_an_assignment_keeps_its_principal_role_and_scope() -> None:
    world = World()
    world.it.put(by_hand(ANN, READER, VAULT, "mine"))
    for other in (
        by_hand(BEN, READER, VAULT, "mine"),
        by_hand(ANN, WRITER, VAULT, "mine"),
        by_hand(ANN, READER, SECRET, "MINE"),
    ):
        with pytest.raises(AssignmentUpdateError):
            world.it.put(other)
    described = replace(by_hand(ANN, READER, VAULT, "mine"), why="described")
    world.it.put(described)
    assert world.it.listed == (described,)


def test_an_unknown_role_is_refused_and_changes_nothing() -> None:
    world = World()
    with pytest.raises(UnknownRoleError):
        world.it.put(by_hand(ANN, RoleDefinition("/roles/none", "none"), VAULT))
    with pytest.raises(UnknownRoleError):
        world.it.deploy([assigned(ANN, WRITER, VAULT)], [READER])
    assert (world.it.listed, world.kept) == ((), [])


def test_what_cannot_be_stored_does_not_take_effect() -> None:
    def fail(_: Drift) -> None:
        raise OSError(28, "No space left on device")

    deployed = assigned(BEN, READER, VAULT)
    world = World((deployed,), keep=fail)
    with pytest.raises(OSError, match="No space"):
        world.it.put(by_hand(ANN, READER, VAULT))
    with pytest.raises(OSError, match="No space"):
        world.it.delete(deployed.id)
    with pytest.raises(OSError, match="No space"):
        world.it.deploy([], ROLES)
    assert world.it.listed == (deployed,)
    assert (world.allows(ANN), world.allows(BEN)) == (False, True)


def test_what_precedes_the_deployment_outlives_it_and_is_no_drift() -> None:
    owner = assigned(ANN, READER, GROUP)
    it = Assignments([], ROLES, standing=[owner])
    it.deploy([assigned(BEN, READER, VAULT)], ROLES)
    assert owner in it.listed
    assert it.drift == Drift()
    it.delete(owner.id)
    assert owner not in it.listed
    assert it.drift == Drift(), "it is back at the next start"


GRANTS = [
    by_hand(who, role, scope, f"{who}{role.name}{scope}")
    for who in (ANN, BEN)
    for role in ROLES
    for scope in (GROUP, SECRET)
]
STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(GRANTS), st.booleans(), st.booleans()),
    max_size=14,
)


@given(steps=STEPS, propagation=st.sampled_from([0, 1, 4]))
def test_a_decision_is_that_of_all_changes_old_enough_in_their_order(
    steps: list[tuple[int, RoleAssignment, bool, bool]], propagation: int
) -> None:
    """Decisions in between must not matter; the list is the result of all changes."""
    world = World()
    world.it.propagation = propagation
    log: list[tuple[float, RoleAssignment, bool]] = []
    for pause, grant, granted, looks in steps:
        world.now += pause
        if granted:
            world.it.put(grant)
        else:
            world.it.delete(grant.id)
        log.append((world.now, grant, granted))
        if looks:
            compared(world, log)
    compared(world, log)
    assert world.ids() == {each.id for each in replayed(log)}


def compared(world: World, log: list[tuple[float, RoleAssignment, bool]]) -> None:
    due = [each for each in log if each[0] + world.it.propagation <= world.now]
    plain = Policy(replayed(due), ROLES)
    for who in (ANN, BEN):
        for action in (READ, WRITE):
            requirement = Requirement.of(SECRET, action)
            expected = isinstance(plain.decide(who, requirement), Allowed)
            assert world.allows(who, SECRET, action) is expected


def replayed(log: list[tuple[float, RoleAssignment, bool]]) -> list[RoleAssignment]:
    found: dict[str, RoleAssignment] = {}
    for _, grant, granted in log:
        found.pop(grant.id, None)
        if granted:
            found[grant.id] = grant
    return list(found.values())
