"""A role that the sandbox does not know ends a command in a sentence."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cli.__main__ import _run
from sandbox.deployment import Deployment, load
from sandbox.state import State

UNKNOWN = "/providers/Microsoft.Authorization/roleDefinitions/57a6e4a4-1111-4000-8000-000000000057"
QUESTION = ("gateway", "blobs/add/action", "containers/originals")


def of_another_template(state: State) -> Deployment:
    """Return the deployment with another role in its first assignment."""
    deployment = load(state)
    first, *others = deployment.assignments
    return replace(deployment, assignments=(replace(first, role_definition_id=UNKNOWN), *others))


@pytest.mark.parametrize(
    ("command", "arguments"), [("access", ()), ("access", ("--json",)), ("explain", QUESTION)]
)
def test_it_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: str,
    arguments: Sequence[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["keyless", command, *arguments, "--state", str(tmp_path)])
    with pytest.raises(SystemExit) as known:
        _run()
    assert known.value.code in {0, None}
    capsys.readouterr()
    monkeypatch.setattr(f"cli.{command}.load", of_another_template)
    with pytest.raises(SystemExit) as ended:
        _run()
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (69, "")
    assert printed.err.startswith("keyless: /subscriptions/")
    assert printed.err.count("\n") == 1
    assert UNKNOWN in printed.err
    assert f"az role definition list --name {UNKNOWN.rpartition('/')[2]}" in printed.err
    assert "Traceback" not in printed.err
