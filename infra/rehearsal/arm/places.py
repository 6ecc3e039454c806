"""The scopes of deployments, and the resource ids in them.

https://learn.microsoft.com/azure/azure-resource-manager/templates/scope-functions
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from infra.rehearsal.arm.errors import NotUnderstoodError, RefusedError

_SEGMENTS = "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-invalid-name-segments"
_GROUPS = "microsoft.resources/resourcegroups"
_SUBSCRIPTIONS = "microsoft.resources/subscriptions"

Level = Literal["group", "subscription", "management group", "tenant"]


@dataclass(frozen=True)
class Place:
    """The level of a deployment's scope."""

    level: Level
    subscription: str = ""
    group: str = ""
    management_group: str = ""

    @property
    def id(self) -> str:
        """The id that stands before "/providers/..." in the ids of the resources deployed here."""
        match self.level:
            case "group":
                return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            case "subscription":
                return f"/subscriptions/{self.subscription}"
            case "management group":
                return f"/providers/Microsoft.Management/managementGroups/{self.management_group}"
        return ""

    def at(self, level: Level) -> "Place":
        """Return the place around this one, or one in it, at another level."""
        return replace(self, level=level)


def level_of(schema: object) -> Level:
    """Return the level that a template is for, by its $schema."""
    text = str(schema).lower()
    if "subscriptiondeploymenttemplate" in text:
        return "subscription"
    if "managementgroupdeploymenttemplate" in text:
        return "management group"
    return "tenant" if "tenantdeploymenttemplate" in text else "group"


@dataclass(frozen=True)
class Identity:
    """The id of a resource, with its type and the id of the resource that it extends."""

    id: str
    type: str
    scope: str


def identity(place: Place, resource_type: str, name: str, extends: str = "") -> Identity:
    """Return a resource's id from its full type and name. Raises RefusedError if they misfit."""
    scope = extends.rstrip("/") or place.id
    provider, *types = resource_type.strip("/").split("/")
    names = name.strip("/").split("/")
    if len(types) != len(names):
        raise RefusedError(
            f"the type {resource_type!r} takes {len(types)} names, and {name!r} has {len(names)}",
            _SEGMENTS,
        )
    if resource_type.lower() == _GROUPS:
        return Identity(
            f"{place.at('subscription').id}/resourceGroups/{name}", resource_type, scope
        )
    if "providers" in types[1:]:
        return _legacy_extension(scope, provider, types, names)
    return Identity(f"{scope}/providers/{provider}/{_pairs(types, names)}", resource_type, scope)


def asked_for(function: str, arguments: Sequence[str], place: Place) -> str:
    """Evaluate resourceId() and the like. Raises NotUnderstoodError."""
    type_at = next((n for n, each in enumerate(arguments) if _is_type(each)), None)
    if type_at is None:
        raise NotUnderstoodError(f"{function}() is called without the type of a resource")
    before, resource_type, names = arguments[:type_at], arguments[type_at], arguments[type_at + 1 :]
    provider, *types = resource_type.strip("/").split("/")
    names = [part for each in names for part in each.strip("/").split("/")]
    if len(types) != len(names):
        raise NotUnderstoodError(f"{function}() has {len(names)} names for {resource_type!r}")
    if resource_type.strip("/").lower() in {_GROUPS, _SUBSCRIPTIONS}:
        return _of_old(resource_type, before, names[0], place)
    return f"{_start(function, before, place)}/providers/{provider}/{_pairs(types, names)}"


def _start(function: str, before: Sequence[str], place: Place) -> str:
    match function.lower():
        case "extensionresourceid":
            return before[0].rstrip("/") if before else ""
        case "tenantresourceid":
            return ""
        case "managementgroupresourceid":
            name = before[0] if before else place.management_group
            return Place("management group", management_group=name).id
        case "subscriptionresourceid":
            return Place("subscription", before[0] if before else place.subscription).id
    if place.level in {"management group", "tenant"} and not before:
        return ""
    return _around(before, place).id


def _around(before: Sequence[str], place: Place) -> Place:
    match len(before):
        case 0:
            return place
        case 1 if place.level == "group":
            return replace(place, group=before[0])
        case 1:
            return Place("subscription", before[0])
    return Place("group", before[0], before[1])


def _of_old(resource_type: str, before: Sequence[str], name: str, place: Place) -> str:
    if resource_type.strip("/").lower() == _SUBSCRIPTIONS:
        return f"/subscriptions/{name}"
    return f"/subscriptions/{before[0] if before else place.subscription}/resourceGroups/{name}"


def _is_type(text: str) -> bool:
    # A placeholder holds no slash, and the id of a scope begins with one.
    return "/" in text and not text.startswith("/")


def _pairs(types: Sequence[str], names: Sequence[str]) -> str:
    return "/".join(f"{each}/{name}" for each, name in zip(types, names, strict=True))


def _legacy_extension(
    scope: str, provider: str, types: Sequence[str], names: Sequence[str]
) -> Identity:
    # Microsoft.X/things/providers/locks with the name thing/Microsoft.Authorization/mine.
    middle = types.index("providers", 1)
    base = f"{scope}/providers/{provider}/{_pairs(types[:middle], names[:middle])}"
    rest = _pairs(types[middle + 1 :], names[middle + 1 :])
    kind = "/".join((names[middle], *types[middle + 1 :]))
    return Identity(f"{base}/providers/{names[middle]}/{rest}", kind, base)
