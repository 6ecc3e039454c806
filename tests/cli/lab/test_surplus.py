"""The rights that a request of a check may not show."""

from dataclasses import replace

from cli.lab.surplus import exchanged_identities, rewritten_roles, surplus_roles
from local.az_commands import built_in_guid
from sandbox.deployment import Deployment, Lifecycle, RoleAssignment, as_compiled
from sandbox.deployment.short_names import short_action, short_role
from sandbox.rbac import Assignments

SAMPLE = as_compiled()
THUMBNAILS = SAMPLE.storage.container_id("thumbnails")


def granted(who: str, role: str, scope: str) -> Assignments:
    guid = built_in_guid(role)
    assert guid
    definition = f"/subscriptions/0/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    one_more = RoleAssignment(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/lab",
        scope,
        SAMPLE.principal(who).principal_id,
        definition,
        "",
    )
    return Assignments([*SAMPLE.assignments, one_more], SAMPLE.custom_roles)


def with_identities_of(app: str, other: str) -> Deployment:
    attachments = (*SAMPLE.app(other).attachments,)
    changed = replace(SAMPLE.app(app), attachments=attachments)
    return replace(SAMPLE, apps=tuple(changed if a.name == app else a for a in SAMPLE.apps))


def test_the_sample_s_own_roles_are_no_surplus() -> None:
    assignments = Assignments(SAMPLE.assignments, SAMPLE.custom_roles)
    assert list(surplus_roles(SAMPLE, assignments, ())) == []


def test_a_role_that_decides_on_no_request_of_a_check_is_too_much() -> None:
    assignments = granted("gateway", "Contributor", THUMBNAILS)
    (found,) = surplus_roles(SAMPLE, assignments, ())
    assert (found.who, found.too_much) == ("gateway", True)
    assert found.does == "holds Contributor on containers/thumbnails"


def test_a_role_that_a_request_has_shown_is_found_once() -> None:
    assignments = granted("gateway", "Owner", THUMBNAILS)
    shown = {("gateway", "Owner", THUMBNAILS.lower())}
    assert list(surplus_roles(SAMPLE, assignments, shown)) == []


def test_a_custom_role_with_another_action_is_named() -> None:
    first, *others = SAMPLE.custom_roles
    wider = replace(first, actions=(*first.actions, "Microsoft.Storage/storageAccounts/*"))
    assert list(rewritten_roles(SAMPLE, SAMPLE)) == []
    (found,) = rewritten_roles(SAMPLE, replace(SAMPLE, custom_roles=(wider, *others)))
    assert found.does == f"the role {short_role(first.name)}"
    assert (found.fault, found.too_much) == ("allows *: too much", True)


def test_a_custom_role_that_lost_an_action_says_which_one() -> None:
    first, *others = SAMPLE.custom_roles
    (kept, lost) = first.data_actions
    narrower = replace(first, data_actions=(kept,))
    (found,) = rewritten_roles(SAMPLE, replace(SAMPLE, custom_roles=(narrower, *others)))
    says = f"no longer allows {short_action(lost)}, which the sample needs"
    assert (found.fault, found.too_much) == (says, False)


def test_a_custom_role_that_leaves_out_an_action_allows_less() -> None:
    first, *others = SAMPLE.custom_roles
    narrower = replace(first, not_data_actions=first.data_actions[:1])
    (found,) = rewritten_roles(SAMPLE, replace(SAMPLE, custom_roles=(narrower, *others)))
    assert (found.fault.startswith("no longer allows "), found.too_much) == (True, False)


def test_the_sample_s_own_identities_are_right() -> None:
    assert list(exchanged_identities(SAMPLE, SAMPLE)) == []


def test_an_app_with_another_s_identity_is_named() -> None:
    now = with_identities_of("catalog", "gateway")
    (found,) = exchanged_identities(SAMPLE, now)
    assert found.who == "catalog"
    assert (
        found.fault
        == "id-catalog-sandbox (Main) is missing; id-gateway-sandbox (Main) is not its own"
    )


def test_a_second_identity_is_too_much() -> None:
    both = (*SAMPLE.app("catalog").attachments, *SAMPLE.app("gateway").attachments)
    changed = replace(SAMPLE.app("catalog"), attachments=both)
    now = replace(SAMPLE, apps=tuple(changed if a.name == "catalog" else a for a in SAMPLE.apps))
    (found,) = exchanged_identities(SAMPLE, now)
    assert (found.fault, found.too_much) == ("id-gateway-sandbox (Main) is not its own", True)


def test_an_identity_that_no_code_could_use_stays_so() -> None:
    open_ = tuple(replace(a, lifecycle=Lifecycle.ALL) for a in SAMPLE.app("catalog").attachments)
    changed = replace(SAMPLE.app("catalog"), attachments=open_)
    now = replace(SAMPLE, apps=tuple(changed if a.name == "catalog" else a for a in SAMPLE.apps))
    (found,) = exchanged_identities(SAMPLE, now)
    assert "id-platform-sandbox (None) is missing" in found.fault


def test_a_deleted_app_lacks_its_identities() -> None:
    now = replace(SAMPLE, apps=tuple(a for a in SAMPLE.apps if a.name != "notifier"))
    (found,) = exchanged_identities(SAMPLE, now)
    assert found.who == "notifier"
    assert "notifier (Main) is missing" in found.fault
