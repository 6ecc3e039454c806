"""The federated credentials of a snapshot."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.deployment import SNAPSHOT, Deployment, SnapshotError, load
from sandbox.deployment.snapshot import FEDERATED
from sandbox.state import State

TRUST = {
    "issuer": "https://token.actions.githubusercontent.com",
    "subject": "repo:octo/app:ref:refs/heads/main",
    "audiences": ["api://AzureADTokenExchange"],
}


def loaded(folder: Path, properties: dict[str, Any]) -> Deployment:
    snapshot = json.loads(SNAPSHOT.read_text())
    identity = next(
        each
        for each in snapshot["predictedResources"]
        if each["type"] == "Microsoft.ManagedIdentity/userAssignedIdentities"
    )
    child = {
        "id": f"{identity['id']}/federatedIdentityCredentials/github",
        "type": FEDERATED,
        "name": f"{identity['name']}/github",
        "apiVersion": "2023-01-31",
        "properties": properties,
    }
    snapshot["predictedResources"].append(child)
    path = folder / "snapshot.json"
    path.write_text(json.dumps(snapshot))
    return load(State.open(folder / "state"), path)


def test_a_credential_is_its_identitys(tmp_path: Path) -> None:
    (found,) = loaded(tmp_path, TRUST).federated
    assert found.identity_id.endswith(found.name.partition("/")[0])
    assert (found.issuer, found.subject) == (TRUST["issuer"], TRUST["subject"])
    assert found.audiences == ("api://AzureADTokenExchange",)


def test_the_sample_trusts_no_one_outside(tmp_path: Path) -> None:
    assert load(State.open(tmp_path)).federated == ()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"issuer": "http://issuer.example"}, "is no https address"),
        ({"issuer": "https://me@issuer.example"}, "is no https address"),
        ({"issuer": "https://[x"}, "is no https address"),
        ({"audiences": None}, "github lacks 'audiences'"),
    ],
)
def test_one_that_cannot_be_kept_is_refused_by_name(
    tmp_path: Path, wrong: dict[str, Any], sentence: str
) -> None:
    left = {name: each for name, each in {**TRUST, **wrong}.items() if each is not None}
    with pytest.raises(SnapshotError, match=sentence):
        loaded(tmp_path, left)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"issuer": "[reference('/of/a/cluster').oidcIssuerProfile.issuerURL]"}, "its issuer is"),
        ({"subject": None}, "it has no subject"),
    ],
)
def test_one_that_cannot_be_known_trusts_no_one_and_is_listed(
    tmp_path: Path, other: dict[str, Any], why: str
) -> None:
    """A cluster's issuer is known on Azure alone, for one."""
    left = {name: each for name, each in {**TRUST, **other}.items() if each is not None}
    found = loaded(tmp_path, left)
    assert found.federated == ()
    (listed,) = [each for each in found.left_out if each.name.endswith("/github")]
    assert listed.why.startswith(why)
