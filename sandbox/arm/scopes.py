"""The scopes that exist: the subscription, its groups, and their resources.

A resource below another, such as a container or a secret, is not looked for: Azure's resource
providers know those, and some are of the data plane.
"""

from sandbox.arm import errors
from sandbox.deployment import Deployment

_PROVIDERS = "/providers/"


def check_exists(deployment: Deployment, scope: str) -> None:
    """Raise Refusal 404 unless the group and the resource that `scope` names exist.

    https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found
    """
    outer, _, inner = scope.rstrip("/").partition(_PROVIDERS)
    parts = outer.split("/")
    if len(parts) < 5:
        return  # the subscription: no principal has a role outside it
    group = "/".join(parts[:5])
    if group.lower() not in {each.lower() for each in deployment.groups}:
        raise errors.group_not_found(parts[4])
    if inner:
        _check_resource(deployment, group, inner)


def _check_resource(deployment: Deployment, group: str, inner: str) -> None:
    namespace, kind, name = (*inner.split("/"), "", "", "")[:3]
    resource = f"{group}{_PROVIDERS}{namespace}/{kind}/{name}".lower()
    known = resource in {each.lower() for each in deployment.resource_ids}
    # No name has control characters, which terminals would obey.
    if not known or not inner.isprintable():
        raise errors.resource_not_found(f"{namespace}/{kind}", name, group.rpartition("/")[2])
