"""`./keyless access --azure` names each difference from the policy."""

from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from cli import access as module
from cli.access import compared, describe
from cli.application import application
from local.assignments import Difference
from local.azd_values import Values
from sandbox.deployment import Deployment, load
from sandbox.state import State
from tests.local.arm import resource_manager
from tests.local.deployed import ASSIGNMENTS, GROUP, Answers, as_deployed, assigned

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return load(State.open(tmp_path_factory.mktemp("state")))


def values(deployment: Deployment, **changed: str) -> Values:
    named = {
        "AZURE_SUBSCRIPTION_ID": "sub-1",
        "AZURE_RESOURCE_GROUP": "rg-keyless-dev",
        "AZURE_STORAGE_BLOB_ENDPOINT": "https://stdevabc12345.blob.core.windows.net/",
        "AZURE_KEY_VAULT_ENDPOINT": "https://kv-dev-abc12345.vault.azure.net/",
        "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": "sb-dev-1.servicebus.windows.net",
        "DEVELOPER_PRINCIPAL_ID": deployment.principal("developer").principal_id,
        "OPERATOR_PRINCIPAL_ID": deployment.principal("operator").principal_id,
    }
    return Values("a test", named | changed)


def difference(deployment: Deployment, answers: Answers, **changed: str) -> Difference:
    with requests.Session() as session:
        arm = resource_manager(session, answers)
        return compared(deployment, values(deployment, **changed), arm)


def held(answers: Answers, principal: str, end: str) -> Any:
    """Return the entry of `principal`'s assignment on the scope that ends in `end`."""
    return next(
        each
        for each in answers[ASSIGNMENTS]["value"]
        if each["properties"]["principalId"] == principal
        and each["properties"]["scope"].endswith(end)
    )


def test_what_was_deployed_and_not_touched_is_as_the_policy_says(deployment: Deployment) -> None:
    same = difference(deployment, as_deployed(deployment))
    assert same == Difference((), ())
    assert str(describe(same)).startswith("✓ the environment has exactly the policy's")


def test_one_that_was_taken_away_is_named_with_what_grants_it(deployment: Deployment) -> None:
    answers, gateway = as_deployed(deployment), deployment.principal("gateway").principal_id
    answers[ASSIGNMENTS]["value"].remove(held(answers, gateway, "/originals"))
    said = str(describe(difference(deployment, answers)))
    assert "missing: gateway's Keyless Blob Depositor on containers/originals: " in said
    assert f"--assignee-object-id {gateway} --assignee-principal-type ServicePrincipal" in said
    assert "azd provision --no-state" in said
    assert "beside" not in said


def test_one_that_is_wider_is_named_with_what_takes_it_away(deployment: Deployment) -> None:
    answers, catalog = as_deployed(deployment), deployment.principal("catalog").principal_id
    answers[ASSIGNMENTS]["value"].append(assigned(catalog, OWNER, GROUP, "wider"))
    found = difference(deployment, answers)
    said = str(describe(found))
    assert "not in the policy: catalog's Owner on resourceGroups/" in said
    assert f"az role assignment delete --ids {GROUP}/providers/x/roleAssignments/wider" in said
    assert "missing" not in said
    assert found.of("gateway") == Difference((), ())
    assert found.of("catalog") == found


def test_whoever_is_not_there_is_not_compared(deployment: Deployment) -> None:
    services = ("gateway", "thumbnailer", "catalog", "platform", "notifier")
    found = difference(deployment, as_deployed(deployment, *services))
    assert found == Difference((), (), services)
    assert "absent, so not compared: gateway, thumbnailer" in str(describe(found))


def test_an_identity_that_was_made_anew_has_left_its_rights_to_nobody(
    deployment: Deployment,
) -> None:
    answers, old = as_deployed(deployment), deployment.principal("notifier").principal_id
    for entry in answers[ASSIGNMENTS]["value"]:
        if entry["properties"]["principalId"] == old:
            entry["properties"]["principalId"] = "gone"
    found = difference(deployment, answers)
    assert {each.who for each in found.missing} == {"notifier"}
    assert {each.who for each in found.beside} == {"ServicePrincipal gone"}
    assert len(found.missing) == len(found.beside) == 3


def test_a_developer_who_is_the_operator_too_has_the_rights_of_both(
    deployment: Deployment,
) -> None:
    answers, me = as_deployed(deployment), deployment.principal("developer").principal_id
    for entry in answers[ASSIGNMENTS]["value"]:
        if entry["properties"]["principalId"] == deployment.principal("operator").principal_id:
            entry["properties"]["principalId"] = me
    assert difference(deployment, answers, OPERATOR_PRINCIPAL_ID=me) == Difference((), ())


def test_what_became_of_a_sandboxs_identities_is_not_compared(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = as_deployed(deployment)
    monkeypatch.setattr(module, "open_developers_credential", lambda: None)
    monkeypatch.setattr(module, "signed_in", lambda _: None)
    monkeypatch.setattr(
        module, "ResourceManager", lambda session, _: resource_manager(session, answers)
    )
    named = values(deployment).named.items()
    file = tmp_path / "dev.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in named))

    def said(*command: str) -> str:
        done = CliRunner().invoke(application(), [*command, "--state", str(tmp_path / "state")])
        assert done.exit_code == 0, done.output
        return done.stdout

    compare = ("access", "--azure", "--env-file", str(file))
    same = said(*compare)
    said("recreate", "thumbnailer")
    assert said(*compare) == same
    said("deploy")
    assert said(*compare) == same
    assert same == "✓ the environment has exactly the policy's role assignments\n"
