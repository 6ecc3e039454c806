"""The table notices every small error in the policy: a surviving mutant is a missing row."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.deployment import Deployment, Lifecycle, PrincipalKind, as_compiled
from sandbox.rbac import Allowed
from tests.access.harness import Harness
from tests.access.mutants import Flip, Mutant, flips, mutants
from tests.access.rows import API, TOKEN, Row
from tests.access.table import TABLE
from tests.access.verdicts import mismatch, needs, role_of_api, verdict_on

DEPLOYMENT = as_compiled()


@pytest.fixture
def as_deployed(harness: Harness) -> Iterator[Harness]:
    """The harness, which is as it was when the test is over."""
    yield harness
    harness.enforce(harness.deployment.assignments, harness.deployment.custom_roles)
    harness.attach(harness.deployment.apps)
    harness.register(harness.deployment.registration)


@pytest.mark.parametrize("mutant", tuple(mutants(DEPLOYMENT)), ids=str)
def test_a_policy_that_is_a_little_wrong_is_noticed(as_deployed: Harness, mutant: Mutant) -> None:
    assignments, roles = mutant.change(as_deployed.deployment)
    as_deployed.enforce(assignments, roles)
    # A row must deny each right that is gained, even where another is lost as well.
    suspects = [row for row in TABLE if row.allowed != mutant.gives and _differs(as_deployed, row)]
    # A request that succeeds proves more than a decision.
    suspects.sort(key=lambda row: row.by_decision)
    assert suspects, "no row of the table speaks of it"
    assert mismatch(suspects[0], verdict_on(as_deployed, suspects[0]))


@pytest.mark.parametrize("flip", tuple(flips(DEPLOYMENT)), ids=str)
def test_an_identity_that_code_can_use_or_cannot_is_noticed(
    as_deployed: Harness, flip: Flip
) -> None:
    rows = [row for row in TABLE if row.who == flip.identity and not row.by_decision]
    assert rows, f"no row of the table is done by {flip.identity}: say so of its {TOKEN}, at least"
    row = rows[0]
    assert not mismatch(row, verdict_on(as_deployed, row))
    as_deployed.attach(
        replace(
            app,
            attachments=tuple(
                replace(each, lifecycle=flip.lifecycle)
                if (app.name, each.identity.name) == (flip.app, flip.identity)
                else each
                for each in app.attachments
            ),
        )
        for app in as_deployed.deployment.apps
    )
    assert _is_noticed(as_deployed, row)


def _can_ask(deployment: Deployment) -> list[str]:
    """Return the principals that get tokens: users, and identities whose tokens code can have."""
    usable = {
        each.identity.name
        for app in deployment.apps
        for each in app.attachments
        if each.lifecycle is not Lifecycle.NONE
    }
    users = (each.name for each in deployment.principals if each.kind is PrincipalKind.USER)
    return sorted(usable.union(users))


if DEPLOYMENT.registration is not None:

    @pytest.mark.parametrize("who", _can_ask(DEPLOYMENT))
    def test_an_app_role_given_or_taken_is_noticed(as_deployed: Harness, who: str) -> None:
        row = next(row for row in TABLE if (row.who, row.on) == (who, API))
        assert not mismatch(row, verdict_on(as_deployed, row))
        principal = as_deployed.deployment.principal(who).principal_id
        registration = as_deployed.deployment.registration
        assert registration is not None
        roles = dict(registration.roles)
        if roles.pop(principal, None) is None:
            roles[principal] = (role_of_api(as_deployed.deployment),)
        as_deployed.register(replace(registration, roles=roles))
        assert mismatch(row, verdict_on(as_deployed, row))


def _is_noticed(harness: Harness, row: Row) -> bool:
    try:
        return bool(mismatch(row, verdict_on(harness, row)))
    except Exception as error:
        return "No User Assigned" in str(error) or "Unable to load" in str(error)


def _differs(harness: Harness, row: Row) -> bool:
    if row.on in {API, TOKEN}:
        return False
    principal = harness.deployment.principal(row.who).principal_id
    policy = harness.endpoints.planes.gate.policy
    return isinstance(policy.decide(principal, needs(harness, row)), Allowed) != row.allowed
