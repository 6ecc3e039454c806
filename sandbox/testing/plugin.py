"""The pytest plugin: the fixture `keyless`, and the settings that name its deployment."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from sandbox.testing.deployment import Keyless

_Result = TypeVar("_Result")
_SETTING = "keyless_snapshot"
_HELP = "The deployment of the fixture `keyless`: a snapshot, a .bicepparam or a .bicep."
_LEFT_OUT = pytest.StashKey[tuple[str, ...]]()
_NONE_GIVEN = (
    "the fixture keyless needs a deployment: set keyless_snapshot in pytest's configuration, pass"
    " --keyless-snapshot, or override the fixture keyless_snapshot"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("keyless")
    group.addoption("--keyless-snapshot", metavar="PATH", help=_HELP)
    parser.addini(_SETTING, _HELP, type="string", default="")


def pytest_terminal_summary(
    terminalreporter: "pytest.TerminalReporter", config: pytest.Config
) -> None:
    """List the resources and rights that the deployment had, and the tests did not."""
    if lines := config.stash.get(_LEFT_OUT, ()):
        terminalreporter.section("keyless: left out of the deployment")
        for each in lines:
            terminalreporter.write_line(each)


@pytest.fixture(scope="session")
def keyless_snapshot(pytestconfig: pytest.Config) -> str | os.PathLike[str] | None:
    """The path of the deployment's snapshot; override it to choose another.

    The command line's is relative to the working directory, that of the configuration to its file.
    """
    if given := pytestconfig.getoption("--keyless-snapshot"):
        return pytestconfig.invocation_params.dir / str(given)
    configured = str(pytestconfig.getini(_SETTING))
    folder = pytestconfig.inipath.parent if pytestconfig.inipath else pytestconfig.rootpath
    return folder / configured if configured else None


@pytest.fixture(scope="session")
def keyless(
    keyless_snapshot: str | os.PathLike[str] | None,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator["Keyless"]:
    """The running deployment of the session, with data that its tests share.

    Under pytest-xdist, each worker has one of its own.
    """
    # Slow to import, and pytest imports this module at each of its starts.
    from sandbox.testing.deployment import Keyless  # noqa: PLC0415

    if not keyless_snapshot:
        pytest.fail(f"keyless: {_NONE_GIVEN}", pytrace=False)
    folder = tmp_path_factory.mktemp("keyless")
    snapshot, tell = Path(keyless_snapshot), _teller(pytestconfig)
    started = _or_fail(lambda: Keyless.start(snapshot, folder, tell))
    pytestconfig.stash[_LEFT_OUT] = started.left_out
    yield started
    started.stop()


@pytest.fixture
def keyless_clean(keyless: "Keyless") -> "Keyless":
    """The deployment without any data of other tests, as it was first deployed.

    It is started again for this test, which takes a second or two, unless no request has been
    allowed since its last start.
    """
    _or_fail(keyless.clean)
    return keyless


def _or_fail(act: Callable[[], _Result]) -> _Result:
    """Return the result of `act`, or fail with the sentence of its KeylessError."""
    from sandbox.testing.deployment import KeylessError  # noqa: PLC0415 - slow

    try:
        return act()
    except KeylessError as error:
        sentence = f"keyless: {error}"
    # Not in the block above, where pytest would show the causes of the error, too.
    pytest.fail(sentence, pytrace=False)


def _teller(config: pytest.Config) -> Callable[[str], None]:
    """Return a function that prints progress at once, past pytest's capture."""
    capture = config.pluginmanager.getplugin("capturemanager")
    begin = iter(["\n"])  # below the line of dots

    def tell(sentence: str) -> None:
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            print(f"{next(begin, '')}keyless: {sentence}", file=sys.stderr, flush=True)

    return tell
