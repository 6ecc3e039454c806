"""Facts about the deployment that a template can ask for.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-scope
"""

from collections.abc import Callable, Mapping

from infra.rehearsal.arm.function import Open
from infra.rehearsal.arm.places import Place
from infra.rehearsal.arm.target import ENVIRONMENT, Target
from infra.rehearsal.values import Unknown, Value


def about(
    function: str, target: Target, place: Place, name: str | Unknown, location: Callable[[], Value]
) -> Value:
    """Return the result of subscription(), deployment() and the like; `location` is the group's."""
    match function:
        case "utcNow":
            return target.moment
        case "environment":
            return Open("environment()", ENVIRONMENT)
        case "resourceGroup":
            return Open("resourceGroup()", {**_group(place), "location": location()})
        case "deployment":
            return Open("deployment()", {"name": name, "location": target.location})
    return Open(f"{function}()", _known(function, target, place))


def _group(place: Place) -> Mapping[str, Value]:
    group = place.at("group")
    return {"id": group.id, "name": group.group, "type": "Microsoft.Resources/resourceGroups"}


def _known(function: str, target: Target, place: Place) -> Mapping[str, Value]:
    match function:
        case "tenant":
            return {"tenantId": target.tenant, "id": f"/tenants/{target.tenant}"}
        case "subscription":
            return {
                "id": place.at("subscription").id,
                "subscriptionId": place.subscription,
                "tenantId": target.tenant,
            }
        case "managementGroup":
            return {"id": place.at("management group").id, "name": place.management_group}
        case "deployer":
            return {"objectId": target.deployer, "tenantId": target.tenant}
    return {}
