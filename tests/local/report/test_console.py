"""A console in an app: a real terminal, with a shell at its other end that is the gateway."""

import sys
import time

import pytest

from local.questions import inside
from local.report import inside_apps
from local.report.apps import App
from local.report.console import Console, ConsoleError, found_in, script
from local.report.control_plane import ControlPlane
from local.report.model import Answered, NotAsked, Why
from local.report.safe_text import SafeText
from sandbox.assumptions import LIKELY
from tests.conftest import Running
from tests.local.report import world
from tests.local.report.azure import AzureCli

GATEWAY = App(
    "gateway",
    SafeText("gateway"),
    frozenset(),
    False,
    "gateway--0000002",
    [world.revision("gateway", 2, "08:30")],
)
PLACEHOLDER = App(
    "gateway",
    SafeText("gateway"),
    frozenset(),
    False,
    "gateway--0000001",
    [world.revision("gateway", 1, "08:30")],
)


def told(az: AzureCli, sandbox: Running) -> None:
    """An app's container: the variables of the sandbox's gateway, and a Python."""
    platform = sandbox.deployment.principal("platform")
    listed = {"id": platform.resource_id, "name": "id-platform-sandbox", "properties": {}}
    console = dict(sandbox.environment("gateway")) | {"PATH": f"{az.folder}:/usr/bin:/bin"}
    (az.folder / "python").symlink_to(sys.executable)
    az.tell({world.IDENTITIES: world.page(listed)}, console=console)


def test_the_app_s_own_code_asks_all_that_only_it_can(
    az: AzureCli, azure: ControlPlane, sandbox: Running
) -> None:
    told(az, sandbox)
    found = inside_apps.ask(azure, [GATEWAY])
    *answered, last = inside_apps.NAMES
    assert found == (
        *(Answered(each, LIKELY.answer(each)) for each in answered),
        # Only the last minutes of a token tell.
        NotAsked(last, Why.NO_ANSWER),
    )
    (opened,) = (each for each in az.asked if each[:2] == ["containerapp", "exec"])
    assert opened[opened.index("--subscription") + 1] == world.SUBSCRIPTION


def test_a_console_that_azure_does_not_open_leaves_them_unasked(
    az: AzureCli, azure: ControlPlane
) -> None:
    az.tell({world.IDENTITIES: world.page(world.identity("platform"))})
    found = inside_apps.ask(azure, [GATEWAY])
    assert found == tuple(NotAsked(each, Why.NO_CONSOLE) for each in inside_apps.NAMES)


def test_one_that_says_nothing_is_given_up(az: AzureCli) -> None:
    az.tell({}, console={"PATH": "/nowhere"})
    began = time.monotonic()
    with pytest.raises(ConsoleError):
        Console("gateway", world.GROUP, world.SUBSCRIPTION, timeout=2).answers("id")
    assert time.monotonic() - began < 60


def test_the_placeholder_has_nothing_to_ask(az: AzureCli, azure: ControlPlane) -> None:
    for apps in ([PLACEHOLDER], []):
        found = inside_apps.ask(azure, apps)
        assert {each.why for each in found if isinstance(each, NotAsked)} == {Why.NO_APP}
    assert az.asked == []


def test_no_line_is_longer_than_a_terminal_takes() -> None:
    assert max(map(len, script("/subscriptions/x; echo 'y'"))) < 4096


def test_an_id_is_one_word_for_the_shell() -> None:
    assert script("a'; exit; '")[0] == """export KEPT_IDENTITY='a'"'"'; exit; '"'"''"""


@pytest.mark.parametrize(
    "line",
    [
        f"> {inside.ANSWER} identity-none keeps",  # an echo
        f"{inside.ANSWER} vault-missing role",  # not of these
        f"{inside.ANSWER} identity-none",
        f"{inside.ANSWER} identity-none {'x' * 41}",
        f"{inside.ANSWER} identity-none keeps and more",
    ],
)
def test_a_line_that_is_no_answer_is_none(line: str) -> None:
    assert found_in(line) == {}
    assert found_in(f"{line}\r\n{inside.ANSWER} identity-none keeps\r\n") == {
        "identity-none": "keeps"
    }
