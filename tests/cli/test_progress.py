"""The start names the endpoints of its deployment."""

from dataclasses import replace

from cli.progress import endpoints_of
from sandbox.deployment import as_compiled


def test_the_sample_has_all_endpoints() -> None:
    assert endpoints_of(as_compiled()) == ["blob", "vault", "bus", "identity"]


def test_a_deployment_with_storage_alone_names_no_other() -> None:
    alone = replace(as_compiled(), vaults=(), namespaces=())
    assert endpoints_of(alone) == ["blob", "identity"]
