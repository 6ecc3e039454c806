"""The catalog's registration in a tenant, against a stand-in for Graph."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from infra.entra.registration import DECLARED, ROLE_HOLDERS, holds
from sandbox.state import PROJECT
from tests.infra.entra.standin import StandIn, copy, on_path

REGISTER = PROJECT / "infra" / "entra" / "register.py"
GATEWAY, DEVELOPER, OTHER = (f"{n}1111111-0000-4000-8000-000000000000" for n in "123")
HOLDERS = {"GATEWAY_PRINCIPAL_ID": GATEWAY, "DEVELOPER_PRINCIPAL_ID": DEVELOPER}

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def graph() -> StandIn:
    return StandIn()


@pytest.fixture
def surroundings(graph: StandIn, tmp_path: Path) -> Iterator[Mapping[str, str]]:
    with on_path(graph, tmp_path) as environment:
        yield environment


@pytest.fixture
def register(surroundings: Mapping[str, str]) -> Run:
    def run(step: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, str(REGISTER), step],
            env={**surroundings, "AZURE_ENV_NAME": "dev", **variables},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def held_by(graph: StandIn) -> set[str]:
    return {each["principalId"] for each in graph.assignments.values()}


def test_the_first_run_registers_what_is_declared_and_prints_the_application_id(
    register: Run, graph: StandIn
) -> None:
    done = register("application")
    assert done.returncode == 0, done.stderr
    [app] = graph.applications.values()
    assert done.stdout == f"{app['appId']}\n"
    declared = json.loads(DECLARED.read_text())["application"]
    assert app["uniqueName"] == "keyless-catalog-dev"
    assert app["displayName"] == "Keyless catalog (dev)"
    assert app["identifierUris"] == [f"api://{app['appId']}"]
    assert holds(app["api"], declared["api"])
    assert holds(app["appRoles"], declared["appRoles"])
    [principal] = graph.principals.values()
    assert (principal["appId"], principal["appRoleAssignmentRequired"]) == (app["appId"], False)
    assert held_by(graph) == set()


def test_the_second_run_changes_nothing(register: Run, graph: StandIn) -> None:
    first = register("holders", **HOLDERS)
    assert first.returncode == 0, first.stderr
    before = copy([graph.applications, graph.principals, graph.assignments])
    graph.asked.clear()
    for step in ("application", "holders"):
        again = register(step, **HOLDERS)
        assert (again.returncode, again.stderr) == (0, "")
    assert graph.asked
    assert graph.writes == []
    assert [graph.applications, graph.principals, graph.assignments] == before


def test_gateway_and_developer_get_the_role(register: Run, graph: StandIn) -> None:
    done = register("holders", **HOLDERS)
    assert held_by(graph) == {GATEWAY, DEVELOPER}
    assert f"gateway ({GATEWAY}) now holds Catalog.Read." in done.stderr


def test_a_holder_that_is_no_longer_declared_loses_the_role(register: Run, graph: StandIn) -> None:
    register("holders", **HOLDERS)
    done = register("holders", GATEWAY_PRINCIPAL_ID=GATEWAY, DEVELOPER_PRINCIPAL_ID=OTHER)
    assert held_by(graph) == {GATEWAY, OTHER}
    assert f"its name ({DEVELOPER}) lost Catalog.Read." in done.stderr
    register("holders", GATEWAY_PRINCIPAL_ID=GATEWAY)
    assert held_by(graph) == {GATEWAY}


def test_what_was_changed_by_hand_is_set_again(register: Run, graph: StandIn) -> None:
    register("application")
    [app] = graph.applications.values()
    [principal] = graph.principals.values()
    before = copy(app)
    app["api"]["requestedAccessTokenVersion"] = None
    app["api"]["preAuthorizedApplications"] = []
    app["appRoles"][0]["allowedMemberTypes"] = ["User"]
    principal["appRoleAssignmentRequired"] = True
    assert register("application").returncode == 0
    assert graph.applications["keyless-catalog-dev"] == before
    assert principal["appRoleAssignmentRequired"] is False


def test_two_environments_have_a_registration_each(register: Run, graph: StandIn) -> None:
    first, second = register("application"), register("application", AZURE_ENV_NAME="test")
    assert first.stdout != second.stdout
    assert graph.applications.keys() == {"keyless-catalog-dev", "keyless-catalog-test"}


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
def test_a_user_who_may_not_register_gets_a_sentence_on_how_to_turn_it_off(
    register: Run, graph: StandIn, method: str
) -> None:
    graph.denied = frozenset({method})
    for step in ("application", "holders"):
        done = register(step, **HOLDERS)
        assert (done.returncode, done.stdout) == (1, "")
        sentence = done.stderr.splitlines()[-1]
        assert "may not register applications" in sentence
        assert "CATALOG_AUDIENCE=none" in sentence
        assert "Traceback" not in done.stderr
    graph.denied = frozenset()
    assert register("holders", **HOLDERS).returncode == 0


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_pipeline_that_may_not_ask_graph_goes_on_with_the_id_that_it_was_given(
    register: Run, graph: StandIn, method: str
) -> None:
    app_id = register("application").stdout.strip()
    [app] = graph.applications.values()
    app["appRoles"][0]["displayName"] = "Changed by hand"  # there is something to mend
    graph.denied = frozenset({method})
    done = register("application", CATALOG_AUDIENCE=app_id)
    assert (done.returncode, done.stdout) == (0, f"{app_id}\n")
    assert f"Microsoft Graph refuses you, so application {app_id} is used" in done.stderr
    graph.denied = frozenset()
    assert register("application", CATALOG_AUDIENCE=app_id).stderr.startswith("entra: Updated the ")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_warning_says_that_the_role_was_not_assigned(
    register: Run, graph: StandIn, method: str
) -> None:
    app_id = register("application").stdout.strip()
    graph.denied = frozenset({method})
    done = register("holders", CATALOG_AUDIENCE=app_id, **HOLDERS)
    assert (done.returncode, done.stdout) == (0, "")
    assert "the app role of application" in done.stderr
    assert "infra/entra/register.py holders" in done.stderr
    assert held_by(graph) == set()


@pytest.mark.parametrize("given", ["", "api://keyless", "keyless-catalog-dev"])
def test_what_is_no_application_id_does_not_let_it_go_on(
    register: Run, graph: StandIn, given: str
) -> None:
    graph.denied = frozenset({"GET"})
    for step in ("application", "holders"):
        done = register(step, CATALOG_AUDIENCE=given, **HOLDERS)
        assert (done.returncode, done.stdout) == (1, "")
        assert "may not register applications" in done.stderr


def test_another_refusal_stops_it_whatever_was_given(register: Run, tmp_path: Path) -> None:
    (tmp_path / "az").write_text("#!/bin/sh\necho 'ERROR: AADSTS50076: MFA.' >&2\nexit 1\n")
    done = register("application", CATALOG_AUDIENCE=GATEWAY)
    assert done.returncode == 1
    assert "AADSTS50076" in done.stderr


def test_a_registration_that_may_not_be_removed_is_said_to_stay(
    register: Run, graph: StandIn
) -> None:
    app_id = register("application").stdout.strip()
    graph.denied = frozenset({"DELETE"})
    assert register("remove", CATALOG_AUDIENCE=app_id).returncode == 1


def test_where_it_is_turned_off_graph_is_not_asked(register: Run, graph: StandIn) -> None:
    for step, printed in (("application", "none\n"), ("holders", ""), ("remove", "")):
        done = register(step, CATALOG_AUDIENCE="none", **HOLDERS)
        assert (done.returncode, done.stdout) == (0, printed)
        assert "only the internal ingress protects the catalog" in done.stderr
    assert graph.asked == []


def test_an_id_from_before_turns_nothing_off(register: Run, graph: StandIn) -> None:
    app_id = register("application").stdout.strip()
    assert register("application", CATALOG_AUDIENCE=app_id).stdout.strip() == app_id


def test_what_was_just_made_is_waited_for(register: Run, graph: StandIn) -> None:
    graph.spreading = 2
    done = register("holders", **HOLDERS)
    assert done.returncode == 0, done.stderr
    assert held_by(graph) == {GATEWAY, DEVELOPER}


def test_a_removed_registration_leaves_its_name_free(register: Run, graph: StandIn) -> None:
    register("application")
    done = register("remove")
    assert done.returncode == 0, done.stderr
    assert (graph.applications, graph.deleted) == ({}, [])
    again = register("remove")
    assert again.returncode == 0
    assert "There is no application keyless-catalog-dev." in again.stderr
    assert register("application").returncode == 0


@pytest.mark.parametrize("name", ["", "x", "a'b", "much-too-long-a-name"])
def test_an_environment_that_names_nothing_is_refused(register: Run, name: str) -> None:
    done = register("application", AZURE_ENV_NAME=name)
    assert done.returncode == 1
    assert done.stderr.startswith("entra: AZURE_ENV_NAME must be ")


@pytest.mark.parametrize("step", ["", "apply"])
def test_an_unknown_step_gets_the_list_of_steps(register: Run, step: str) -> None:
    done = register(step)
    assert done.returncode == 1
    assert done.stderr == "entra: name a step: application, holders, remove.\n"


def test_without_the_azure_cli_the_error_says_where_to_get_it(
    register: Run, tmp_path: Path, graph: StandIn
) -> None:
    (tmp_path / "az").unlink()
    done = register("application")
    assert done.returncode == 1
    assert "https://aka.ms/azure-cli" in done.stderr
    assert "Traceback" not in done.stderr


def test_az_that_fails_for_another_reason_is_quoted(register: Run, tmp_path: Path) -> None:
    (tmp_path / "az").write_text("#!/bin/sh\necho 'ERROR: Please run az login.' >&2\nexit 1\n")
    done = register("application")
    assert done.returncode == 1
    assert "Please run az login." in done.stderr


def test_every_holder_that_is_declared_has_a_variable() -> None:
    declared = json.loads(DECLARED.read_text())["heldBy"]
    assert {name for names in declared.values() for name in names} == ROLE_HOLDERS.keys()


@pytest.mark.parametrize(
    ("found", "wanted", "is_there"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([{"id": 2}, {"id": 1, "more": 0}], [{"id": 1}, {"id": 2}], True),
        ([1, 2], [1], False),
        ([1], [1, 1], False),
        (None, [], False),
        (True, True, True),
    ],
)
def test_what_is_wanted_is_there_in_any_order_and_beside_graphs_own(
    found: object, wanted: object, is_there: bool
) -> None:
    assert holds(found, wanted) is is_there


def test_the_stand_in_refuses_what_graph_refuses() -> None:
    graph = StandIn()
    made = graph.upsert("one", {"displayName": "one"}, create=True)
    assert made is not None
    client = {"appId": "cli", "delegatedPermissionIds": ["scope"]}
    with pytest.raises(Exception, match="scope that does not exist"):
        graph.upsert("one", {"api": {"preAuthorizedApplications": [client]}}, create=False)
    with pytest.raises(Exception, match="unique tenant identifier"):
        graph.upsert("one", {"identifierUris": ["api://catalog"]}, create=False)
    graph.upsert("one", {"api": {"oauth2PermissionScopes": [{"id": "scope"}]}}, create=False)
    graph.upsert("one", {"api": {"preAuthorizedApplications": [client]}}, create=False)
