"""The steps of the set-up in order, and its error messages."""

import os
import sys
import time
from typing import NoReturn

from setup import advice, room, stamps
from setup.azurite import install_azurite
from setup.packages import DamagedError, adopt_venv, install, make_venv
from setup.paths import HOME, LOG, PYTHON, VENV
from setup.set_up_lock import one_at_a_time
from setup.steps import SetUpError, StepError, exit_on_signals, say

_UNAVAILABLE = 69
_LINES = 25


def set_up(packages: str) -> None:
    """Install whatever a command needs and lacks; end the process if that fails.

    `packages` is stamps.RUN or stamps.DEV.
    """
    exit_on_signals()
    begun = time.monotonic()
    try:
        _locked_set_up(packages)
    except SystemExit:
        say("\nkeyless: interrupted; the next start continues the set-up.")
        raise
    except StepError as error:
        say("\n".join(error.said.strip().splitlines()[-_LINES:]))
        _stop(f"{advice.of_step(error, PYTHON)} (the whole output is in {LOG})")
    except OSError as error:
        _stop(advice.of_os_error(error))
    except DamagedError as error:
        _stop(f"the packages were installed, and {error}; delete {VENV} and {advice.AGAIN}")
    except SetUpError as error:
        _stop(str(error))
    say(f"  the environment is ready after {time.monotonic() - begun:.0f} s\n")


def _locked_set_up(packages: str) -> None:
    with one_at_a_time() as lock:
        if lock.waited:
            # The other set-up may have created the environment for this process.
            launcher = str(HOME / "keyless")
            os.execv(launcher, [launcher, *sys.argv[1:]])  # noqa: S606
        first = not stamps.read(stamps.VENV_STAMP)
        say(f"Setting up ({'only on first use' if first else 'what is changed or missing'}):")
        LOG.unlink(missing_ok=True)
        if why := room.complaint():
            raise SetUpError(why)
        if not (stamps.venv_holds() or adopt_venv()):
            make_venv(lock.descriptor)
        try:
            _fill(packages, lock.descriptor)
        except DamagedError:
            make_venv(lock.descriptor)
            _fill(packages, lock.descriptor)


def _fill(packages: str, lock_fd: int) -> None:
    if not (stamps.packages_hold(stamps.DEV) or stamps.packages_hold(packages)):
        install(packages, lock_fd)
    if not stamps.azurite_holds():
        install_azurite(lock_fd)


def _stop(sentence: str) -> NoReturn:
    say(f"\nkeyless: {sentence}.")
    sys.exit(_UNAVAILABLE)
