"""The decisions of RBAC, and the reason that each one gives."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.deployment import NotEvaluated, RoleAssignment, RoleDefinition
from sandbox.rbac import (
    Action,
    Allowed,
    Decision,
    Denied,
    Policy,
    Requirement,
    UnknownRoleError,
    scope_and_above,
)

SUBSCRIPTION = "/subscriptions/0000"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
SECRET = f"{VAULT}/secrets/one"
TOPIC = f"{GROUP}/providers/Microsoft.ServiceBus/namespaces/sb/topics/events"
LEVELS = [SUBSCRIPTION, GROUP, VAULT, SECRET]
READ, WRITE, OTHER = "Test/things/read", "Test/things/write", "Test/others/read"

READER = RoleDefinition("/roles/reader", "reader", data_actions=(READ,))
WRITER = RoleDefinition("/roles/writer", "writer", data_actions=(READ, WRITE))
ALL_BUT_READ = RoleDefinition(
    "/roles/most", "most", data_actions=("Test/*",), not_data_actions=(READ,)
)
OWNER = RoleDefinition("/roles/owner", "owner", actions=("*",))
ROLES = (READER, WRITER, ALL_BUT_READ, OWNER)
ANN, BEN = "aaaa", "bbbb"


def assigned(who: str, role: RoleDefinition, scope: str) -> RoleAssignment:
    return RoleAssignment(f"{scope}|{who}|{role.name}", scope, who, role.id, "a reason")


def decided(assignments: list[RoleAssignment], who: str, scope: str, *actions: str) -> Decision:
    return Policy(assignments, ROLES).decide(who, Requirement.of(scope, *actions))


def test_no_principal_may_do_anything_without_an_assignment() -> None:
    assert isinstance(decided([], ANN, SECRET, READ), Denied)


@pytest.mark.parametrize("level", LEVELS)
def test_a_role_is_inherited_by_all_below_and_by_nothing_else(level: str) -> None:
    assignments = [assigned(ANN, READER, level)]
    for each in LEVELS:
        allowed = isinstance(decided(assignments, ANN, each, READ), Allowed)
        assert allowed is (LEVELS.index(each) >= LEVELS.index(level)), each
        assert isinstance(decided(assignments, BEN, each, READ), Denied)


@pytest.mark.parametrize(
    "neighbour",
    [f"{SECRET}2", SECRET[:-1], f"{VAULT}2/secrets/one", f"{VAULT}/keys/one", VAULT, TOPIC],
)
def test_a_right_on_one_thing_is_none_on_its_neighbour(neighbour: str) -> None:
    assignments = [assigned(ANN, READER, SECRET)]
    assert isinstance(decided(assignments, ANN, neighbour, READ), Denied)
    assert isinstance(decided(assignments, ANN, SECRET, READ), Allowed)


def test_a_right_on_a_subscription_of_a_topic_is_none_on_the_topic() -> None:
    assignments = [assigned(ANN, READER, f"{TOPIC}/subscriptions/mine")]
    assert isinstance(decided(assignments, ANN, f"{TOPIC}/subscriptions/mine", READ), Allowed)
    assert isinstance(decided(assignments, ANN, f"{TOPIC}/subscriptions/yours", READ), Denied)
    assert isinstance(decided(assignments, ANN, TOPIC, READ), Denied)


def test_scopes_and_principals_compare_without_case() -> None:
    assignments = [assigned(ANN.upper(), READER, SECRET.upper())]
    assert isinstance(decided(assignments, ANN, f"{SECRET.lower()}/", READ), Allowed)


def test_roles_add_up_and_one_roles_exception_is_not_anothers() -> None:
    most = assigned(ANN, ALL_BUT_READ, VAULT)
    assert isinstance(decided([most], ANN, SECRET, READ), Denied)
    assert isinstance(decided([most], ANN, SECRET, WRITE), Allowed)
    both = decided([most, assigned(ANN, READER, GROUP)], ANN, SECRET, READ)
    assert isinstance(both, Allowed)
    assert both.role is READER


def test_an_owner_of_everything_reads_no_data() -> None:
    assignments = [assigned(ANN, OWNER, SUBSCRIPTION)]
    assert isinstance(decided(assignments, ANN, SECRET, READ), Denied)
    requirement = Requirement.of(SECRET, "Test/things/delete", data=False)
    assert isinstance(Policy(assignments, ROLES).decide(ANN, requirement), Allowed)


def test_a_decision_names_the_nearest_assignment_that_allows() -> None:
    near, far = assigned(ANN, READER, SECRET), assigned(ANN, WRITER, VAULT)
    decision = decided([far, near], ANN, SECRET, READ)
    assert isinstance(decision, Allowed)
    assert decision.assignment is near
    assert decision.role is READER
    decision = decided([far, near], ANN, SECRET, WRITE)
    assert isinstance(decision, Allowed)
    assert decision.assignment is far


def test_the_first_action_that_is_granted_wins() -> None:
    decision = decided([assigned(ANN, READER, SECRET)], ANN, SECRET, WRITE, READ)
    assert isinstance(decision, Allowed)
    assert decision.action == Action(READ)


def test_a_denial_names_the_roles_that_would_narrow_ones_first() -> None:
    decision = decided([], ANN, SECRET, READ)
    assert isinstance(decision, Denied)
    assert decision.roles_that_would == ("reader", "writer")
    assert decision.action == Action(READ)
    decision = decided([], ANN, SECRET, OTHER)
    assert isinstance(decision, Denied)
    assert decision.roles_that_would == ("most",)


def test_of_patterns_the_longer_one_is_the_narrower_one() -> None:
    """A principal that sets a secret need not become the vault's administrator."""
    requirement = Requirement.of(SECRET, "Microsoft.KeyVault/vaults/secrets/setSecret/action")
    decision = Policy([]).decide(ANN, requirement)
    assert isinstance(decision, Denied)
    assert decision.roles_that_would == ("Key Vault Secrets Officer", "Key Vault Administrator")


def test_built_in_roles_are_known_by_their_ids() -> None:
    role = "/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/4633458B-17DE-408A"
    assignment = RoleAssignment("a", SECRET, ANN, f"{role}-B874-0445C86B69E6", "")
    requirement = Requirement.of(SECRET, "Microsoft.KeyVault/vaults/secrets/getSecret/action")
    assert isinstance(Policy([assignment]).decide(ANN, requirement), Allowed)


def test_an_assignment_of_an_unknown_role_is_refused_by_name() -> None:
    assignment = RoleAssignment("the assignment", SECRET, ANN, "/roles/none", "")
    with pytest.raises(UnknownRoleError, match="the assignment assigns /roles/none"):
        Policy([assignment], ROLES)


def test_the_scopes_above_come_nearest_first() -> None:
    assert list(scope_and_above("/A/b/C/")) == ["/a/b/c", "/a/b", "/a"]
    assert list(scope_and_above("")) == []


@dataclass
class Counted(dict[tuple[str, str], object]):
    """Counts how often it is looked into."""

    looks: int = 0

    def get(self, key: tuple[str, str], default: object = None) -> object:
        self.looks += 1
        return super().get(key, default)


@pytest.mark.parametrize("count", [10, 4000])
@pytest.mark.parametrize("spread", [True, False])
def test_a_decision_looks_once_a_level_however_many_assignments(count: int, spread: bool) -> None:
    many = [
        assigned(f"{ANN}{number}" if spread else ANN, READER, f"{VAULT}/secrets/{number}")
        for number in range(count)
    ]
    policy = Policy([*many, assigned(ANN, WRITER, GROUP)], ROLES)
    counted = Counted()
    counted.update(policy._grants)
    policy._grants = counted  # type: ignore[assignment]
    assert isinstance(policy.decide(ANN, Requirement.of(SECRET, OTHER)), Denied)
    assert counted.looks == len(list(scope_and_above(SECRET)))
    assert max(map(len, counted.values())) == 1  # type: ignore[arg-type]


def test_a_decision_leaves_nothing_behind() -> None:
    policy = Policy([], ROLES)
    for number in range(100):
        policy.decide(f"{number}", Requirement.of(f"{VAULT}/secrets/{number}", READ))
    assert not policy._grants


SCOPES = st.lists(st.sampled_from("abAB"), min_size=1, max_size=4).map(
    lambda it: "/" + "/".join(it)
)
PEOPLE = st.sampled_from([ANN, BEN])
ASSIGNMENTS = st.lists(
    st.builds(assigned, PEOPLE, st.sampled_from([READER, WRITER, ALL_BUT_READ, OWNER]), SCOPES),
    max_size=12,
)


@given(assignments=ASSIGNMENTS, who=PEOPLE, scope=SCOPES, action=st.sampled_from([READ, WRITE]))
def test_a_decision_is_that_of_the_plainest_reading(
    assignments: list[RoleAssignment], who: str, scope: str, action: str
) -> None:
    granting = {READ: {READER.id, WRITER.id}, WRITE: {WRITER.id, ALL_BUT_READ.id}}[action]
    reaching = [
        each
        for each in assignments
        if each.principal_id == who
        and each.role_definition_id in granting
        and f"{scope.lower()}/".startswith(f"{each.scope.lower()}/")
    ]
    decision = decided(assignments, who, scope, action)
    assert isinstance(decision, Allowed) is bool(reaching)
    if isinstance(decision, Allowed):
        assert decision.assignment in reaching


@given(assignments=ASSIGNMENTS, more=ASSIGNMENTS, who=PEOPLE, scope=SCOPES)
def test_another_assignment_never_takes_a_right_away(
    assignments: list[RoleAssignment], more: list[RoleAssignment], who: str, scope: str
) -> None:
    if isinstance(decided(assignments, who, scope, READ), Allowed):
        assert isinstance(decided(assignments + more, who, scope, READ), Allowed)


@pytest.mark.parametrize("to_group", [False, True])
def test_an_assignment_that_is_not_evaluated_grants_nothing_and_a_denial_names_it(
    to_group: bool,
) -> None:
    whom = "a-group" if to_group else ANN
    unsure = NotEvaluated(assigned(whom, READER, VAULT), "the reason", to_group=to_group)
    elsewhere = NotEvaluated(assigned(ANN, READER, TOPIC), "the reason")
    lesser = NotEvaluated(assigned(ANN, ALL_BUT_READ, VAULT), "the reason")
    policy = Policy([], ROLES, [unsure, elsewhere, lesser])
    denied = policy.decide(ANN, Requirement.of(SECRET, READ))
    assert isinstance(denied, Denied)
    assert denied.not_evaluated == (unsure,)
    others = policy.decide(BEN, Requirement.of(SECRET, READ))
    assert isinstance(others, Denied)
    assert others.not_evaluated == ((unsure,) if to_group else ())
    granted = policy.changed([], [assigned(ANN, READER, SECRET)])
    assert isinstance(granted.decide(ANN, Requirement.of(SECRET, READ)), Allowed)
    assert granted.not_evaluated == policy.not_evaluated
