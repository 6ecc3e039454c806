"""The questions that only an app's code can ask, asked through a console in the gateway."""

from collections.abc import Sequence

from local.questions import inside
from local.report.apps import App
from local.report.console import Console, ConsoleError
from local.report.control_plane import ControlPlane, UnseenError
from local.report.model import NotAsked, Outcome, Why
from local.report.open_questions import outcome
from sandbox.assumptions import QUESTIONS

_APP, _KEPT = "gateway", "id-platform-"
_VERSION = "2023-01-31"

# In the order of the questions.
NAMES = tuple(each.name for each in QUESTIONS if each.name in inside.PROBES)


def not_asked(why: Why) -> tuple[Outcome, ...]:
    """Return these questions as not asked."""
    return tuple(NotAsked(each, why) for each in NAMES)


def ask(azure: ControlPlane, apps: Sequence[App]) -> tuple[Outcome, ...]:
    """Ask them as the gateway's code; the gateway always has a replica."""
    if not any(each.name == _APP and each.own_image for each in apps):
        return not_asked(Why.NO_APP)
    try:
        console = Console(_APP, azure.group, azure.subscription)
        said = console.answers(_kept_identity(azure))
    except (ConsoleError, UnseenError):
        return not_asked(Why.NO_CONSOLE)
    return tuple(outcome(each, said.get(each, "")) for each in NAMES)


def _kept_identity(azure: ControlPlane) -> str:
    """Return the id of the platform's identity. Raises UnseenError or ConsoleError."""
    path = f"{azure.group_id}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    for each in azure.listed(path, _VERSION):
        if str(each["name"]).startswith(_KEPT):
            return str(each["id"])
    raise ConsoleError("the platform's identity does not exist")
