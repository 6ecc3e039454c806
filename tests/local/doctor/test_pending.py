"""A denial that no right of the deployment covers becomes a missing right."""

from pathlib import Path

import pytest

from local.doctor.pending import Denial, unlisted_rights
from sandbox.deployment import Deployment, load
from sandbox.state import State

READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
READER = "Storage Blob Data Reader"


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return load(State.open(tmp_path))


def test_a_role_of_a_deployment_before_is_passed_over(deployment: Deployment) -> None:
    """The audit continues after the Bicep has changed and the sandbox has restarted."""
    gone, known = Denial(READ, "/a", ("Gone",)), Denial(READ, "/b", ("Gone", READER))
    (right,) = unlisted_rights(deployment, "gateway", (), (gone, known))
    assert (right.scope, right.role, right.actions) == ("/b", READER, (READ,))
