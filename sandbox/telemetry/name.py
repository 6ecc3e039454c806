"""Step 2 of the walk: which operation a request is, on which resource, needing which action."""

from dataclasses import dataclass

from sandbox.deployment import Component
from sandbox.telemetry.refusal import Refusal, older_api

# https://learn.microsoft.com/azure/role-based-access-control/permissions/monitor#microsoftinsights
_WRITE = "Microsoft.Insights/Telemetry/Write"
_PATH = "/v2.1/track"
_OLDER = "/v2/track"


@dataclass(frozen=True)
class Named:
    """A request that is understood. `scope` is the resource id that the action is needed on."""

    operation: str
    action: str
    scope: str


def name(component: Component, method: str, target: str) -> Named:
    """The operation that `method` on the raw request target is. Raises Refusal 400, 404 or 405."""
    # Exporters put their path behind an endpoint that ends in a slash, and Azure does not mind.
    path = f"/{target.lstrip('/')}"
    if path not in {_PATH, _OLDER}:
        raise Refusal(404, "Not Found", "there is no such path")
    if method != "POST":
        raise Refusal(405, "Method Not Allowed", "the method is not allowed")
    if path == _OLDER:
        raise older_api()
    return Named("Track", _WRITE, component.id)


def check_host(component: Component, host: str) -> None:
    """Raises Refusal 400 unless a Host header names the component's endpoint, on its own port."""
    if host.lower().removesuffix(":443") != component.host.lower():
        raise Refusal(400, "Bad Request", "another component's host")
