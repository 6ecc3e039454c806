"""The variables of a user's own program, in any language, which lead it to the sandbox."""

from collections.abc import Mapping

from sandbox.commands import LOOPBACK
from sandbox.handover import PYTHONPATH
from sandbox.startup import FILE, FOLDER, VARIABLE
from sandbox.state import State
from sandbox.supervisor.environment import DEVELOPER, sandbox_variables, separate_sign_in
from sandbox.supervisor.report import Report
from sandbox.supervisor.trust import FILE as TRUST

# The sandbox's address for Service Bus clients that open TCP connections: docs/bus-clients.md.
_BUS_ADDRESS = "KEYLESS_SERVICEBUS_ADDRESS"


def service_variables(report: Report, service: str, state: State) -> dict[str, str]:
    """Return the variables that make a program act as `service`. Raises KeyError if unknown."""
    environment = dict(report.service(service).environment)
    environment.pop("PATH", None)  # set only for services that run as the developer
    return {**environment, **variables_of_any(report, state)}


def variables_of_any(report: Report, state: State, who: str = DEVELOPER) -> Mapping[str, str]:
    """Return the sandbox's address, and folders that separate its sign-ins from the real ones.

    The folder on PYTHONPATH makes a Python program find and trust the sandbox under Azure's names.
    """
    trust = state.path(TRUST)
    bus = {_BUS_ADDRESS: f"{LOOPBACK}:{report.amqp_port}"} if report.amqp_port else {}
    return {
        **sandbox_variables(report.shell_proxy, trust),
        **bus,
        "NODE_EXTRA_CA_CERTS": report.ca,
        "CURL_CA_BUNDLE": str(trust),
        PYTHONPATH: str(FOLDER),
        VARIABLE: str(state.path(FILE)),
        **separate_sign_in(state, who),
    }
