"""The order of a first deployment: rights before the apps that need them, by dependencies alone."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sandbox.deployment import app_names
from tests.infra.bicep import FOLDER, PROGRAM, committed, needs_bicep, of_type

APPS = app_names()
# The resources that a deployment makes before the platform has its rights, and no others.
WAITED_FOR = {"messaging", "registry", "platformIdentity"}
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
RULES = "Microsoft.ServiceBus/namespaces/topics/subscriptions/rules"
Resources = Mapping[str, Mapping[str, Any]]

pytestmark = needs_bicep


@pytest.fixture(scope="module")
def application() -> Resources:
    """The compiled application.bicep, by symbolic name."""
    done = subprocess.run(
        [str(PROGRAM), "build", str(FOLDER / "modules/application.bicep"), "--stdout"],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        check=True,
        capture_output=True,
    )
    found: Resources = json.loads(done.stdout)["resources"]
    return found


def before(resources: Resources, name: str) -> set[str]:
    """Everything that is surely there before a resource is begun."""
    found = set(resources[name].get("dependsOn", ()))
    return found.union(*(before(resources, each) for each in found))


def template(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = resource["properties"]["template"]
    return found


@pytest.mark.parametrize("app", APPS)
def test_an_app_waits_for_the_rights_by_which_its_image_is_pulled(
    application: Resources, app: str
) -> None:
    assert "platformAccess" in application[app]["dependsOn"]


def test_the_platforms_rights_wait_for_no_app_and_for_nothing_that_takes_long(
    application: Resources,
) -> None:
    assert before(application, "platformAccess") == WAITED_FOR


@pytest.mark.parametrize("app", [each for each in APPS if each != "notifier"])
def test_a_user_assigned_identity_has_its_rights_before_its_app(
    application: Resources, app: str
) -> None:
    assert "access" in application[app]["dependsOn"]


def test_a_system_assigned_identity_gets_its_rights_after_its_app(application: Resources) -> None:
    assert "notifier" in application["access"]["dependsOn"]
    assert "access" not in before(application, "notifier")


def test_no_row_is_written_by_both_steps() -> None:
    written = [each["id"] for each in of_type(committed(), ASSIGNMENT)]
    assert len(set(written)) == len(written) > 0


def test_the_rules_of_a_subscription_are_written_one_after_the_other(
    application: Resources,
) -> None:
    resources = template(application["messaging"])["resources"]
    rules = [name for name, each in resources.items() if each["type"] == RULES]
    assert len(rules) > 2
    for one, other in pairs(rules):
        if one.rpartition("::")[0] == other.rpartition("::")[0]:
            assert one in before(resources, other) or other in before(resources, one)


def pairs(names: list[str]) -> Iterator[tuple[str, str]]:
    return ((one, other) for i, one in enumerate(names) for other in names[:i])
