"""Which role holds which action."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.deployment import RoleDefinition
from sandbox.rbac import Action, built_in_roles, holds

GET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
SEGMENT = st.text("abcXYZ019", min_size=1, max_size=6)
NAMES = st.lists(SEGMENT, min_size=2, max_size=6).map("/".join)


def data(*patterns: str, but: tuple[str, ...] = ()) -> RoleDefinition:
    return RoleDefinition("id", "role", data_actions=patterns, not_data_actions=but)


def control(*patterns: str, but: tuple[str, ...] = ()) -> RoleDefinition:
    return RoleDefinition("id", "role", actions=patterns, not_actions=but)


def test_a_role_holds_the_action_that_it_names_and_no_other() -> None:
    assert holds(data(GET), Action(GET))
    for other in (f"{GET}s", GET[1:], GET.replace("getSecret", "setSecret"), f"{GET}/x", ""):
        assert not holds(data(GET), Action(other))


def test_actions_compare_without_case() -> None:
    assert holds(data(GET.upper()), Action(GET.lower()))


def test_a_wildcard_spans_segments() -> None:
    send = Action("Microsoft.ServiceBus/namespaces/messages/send/action")
    assert holds(data("Microsoft.ServiceBus/*/send/action"), send)
    assert holds(data("*"), send)
    assert holds(data("Microsoft.ServiceBus/*"), send)
    assert not holds(data("Microsoft.ServiceBus/*/receive/action"), send)
    assert not holds(data("Microsoft.ServiceBus/*/action/*"), send)


def test_a_pattern_is_no_regular_expression() -> None:
    assert not holds(data("Microsoft.KeyVault/vaults/secrets/....../action"), Action(GET))
    assert not holds(data("Microsoft.KeyVault|.+"), Action(GET))
    assert not holds(data(GET), Action(GET.replace(".", "x")))


def test_a_not_action_is_not_held() -> None:
    role = data("Microsoft.KeyVault/vaults/secrets/*", but=("*/GETSECRET/*",))
    assert not holds(role, Action(GET))
    assert holds(role, Action(GET.replace("getSecret", "setSecret")))


@given(name=NAMES)
def test_control_never_implies_data_nor_data_control(name: str) -> None:
    assert not holds(control("*"), Action(name, data=True))
    assert not holds(data("*"), Action(name, data=False))
    assert holds(control("*"), Action(name, data=False))
    assert holds(data("*"), Action(name, data=True))


@given(name=NAMES, cut=st.integers(0, 60), length=st.integers(0, 60))
def test_any_stretch_of_an_action_can_be_a_wildcard(name: str, cut: int, length: int) -> None:
    pattern = f"{name[:cut]}*{name[cut + length :]}"
    assert holds(data(pattern), Action(name.swapcase()))
    assert not holds(data("*", but=(pattern,)), Action(name))


@given(name=NAMES, other=NAMES)
def test_without_a_wildcard_only_the_same_action_is_held(name: str, other: str) -> None:
    assert holds(data(name), Action(other)) is (name.lower() == other.lower())


def test_owner_contributor_and_reader_of_azure_hold_no_data_action() -> None:
    roles = {each.name: each for each in built_in_roles()}
    for name in ("Owner", "Contributor", "Reader"):
        assert not holds(roles[name], Action(GET))
    assert holds(roles["Owner"], Action("Microsoft.KeyVault/vaults/delete", data=False))


def test_azures_own_roles_are_as_documented() -> None:
    roles = {each.name: each for each in built_in_roles()}
    secrets_user = roles["Key Vault Secrets User"]
    assert secrets_user.id.endswith("4633458b-17de-408a-b874-0445c86b69e6")
    assert holds(secrets_user, Action(GET))
    assert not holds(secrets_user, Action(GET.replace("getSecret", "setSecret")))
    blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
    assert holds(roles["Storage Blob Data Reader"], Action(f"{blobs}/read"))
    assert not holds(roles["Storage Blob Data Reader"], Action(f"{blobs}/write"))
    sender = roles["Azure Service Bus Data Sender"]
    assert holds(sender, Action("Microsoft.ServiceBus/namespaces/messages/send/action"))
    assert not holds(sender, Action("Microsoft.ServiceBus/namespaces/messages/receive/action"))
    assert len({each.id for each in roles.values()}) == len(roles)
