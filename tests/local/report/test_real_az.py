"""The real Azure CLI takes each command of the report; not signed in, it goes no further."""

from pathlib import Path

import pytest

from local.report.console import Console
from local.report.control_plane import ControlPlane, UnseenError
from tests.azure_cli import real_az
from tests.infra.azd.test_real_az import try_out
from tests.local.report import world


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ControlPlane:
    """The control plane through the real CLI, without a sign-in."""
    monkeypatch.setenv("PATH", f"{real_az().parent}:/usr/bin:/bin")
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("AZURE_CORE_COLLECT_TELEMETRY", "no")
    return ControlPlane(world.SUBSCRIPTION, world.GROUP)


def not_signed_in(raised: pytest.ExceptionInfo[UnseenError]) -> bool:
    return raised.value.why == "the Azure CLI is not signed in"


def test_it_takes_a_list_with_a_filter(nobody: ControlPlane) -> None:
    with pytest.raises(UnseenError) as raised:
        list(nobody.listed(world.ASSIGNMENTS, "2022-04-01", f"assignedTo('{world.PERSON}')"))
    assert not_signed_in(raised)


def test_it_takes_both_logs(nobody: ControlPlane) -> None:
    with pytest.raises(UnseenError) as raised:
        nobody.events("gateway")
    assert not_signed_in(raised)
    with pytest.raises(UnseenError) as raised:
        nobody.log("gateway", "gateway--2", "replica")
    assert not_signed_in(raised)


def test_it_takes_the_console(tmp_path: Path, nobody: ControlPlane) -> None:
    opened = Console("gateway", world.GROUP, world.SUBSCRIPTION)
    words = opened.command()[1:]
    done = try_out(" ".join(words[: words.index("--subscription")]), tmp_path)
    assert "az login" in done.stderr
