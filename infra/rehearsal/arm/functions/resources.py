"""Functions that ask for resources, and for the deployment itself.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource
"""

from collections.abc import Callable, Mapping

from infra.rehearsal.arm.errors import NotUnderstoodError
from infra.rehearsal.arm.evaluation import Evaluator, Special
from infra.rehearsal.arm.frames import Frame
from infra.rehearsal.arm.functions.choices import arguments, given
from infra.rehearsal.arm.functions.dates import DEFAULT, formatted_date
from infra.rehearsal.arm.syntax import Literal, Node
from infra.rehearsal.arm.written import shown
from infra.rehearsal.values import Unknown, Value

_IDENTIFIERS = (
    "resourceId",
    "subscriptionResourceId",
    "tenantResourceId",
    "managementGroupResourceId",
    "extensionResourceId",
)
_ABOUT = ("deployer", "deployment", "environment", "managementGroup", "resourceGroup")
_ALSO_ABOUT = ("subscription", "tenant")
_AZURE_ALONE = (
    "externalInput",
    "pickZones",
    "providers",
    "toLogicalZone",
    "toLogicalZones",
    "toPhysicalZone",
    "toPhysicalZones",
)


def _identifier(name: str) -> Special:
    def special(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
        values = given(evaluator, frame, nodes)
        if not all(isinstance(each, str | Unknown) for each in values):
            raise NotUnderstoodError(f"{name}() is called with something that is no text")
        found = frame.names.identifier(name, tuple(map(str, values)))
        if evaluator.knows(values):
            return found
        return evaluator.unknown(name, values, text=found)

    return special


def _reference(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    arguments(nodes, 1, 3)
    of, *rest = given(evaluator, frame, nodes)
    full = len(rest) > 1 and str(rest[1]).lower() == "full"
    return frame.names.read(of, full, versioned=bool(rest and rest[0]))


def _references(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    arguments(nodes, 1, 2)
    symbol, *rest = given(evaluator, frame, nodes)
    return frame.names.read_loop(symbol, full="full" in rest)


def _list(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    name, *rest = nodes
    values = given(evaluator, frame, tuple(rest))
    if not isinstance(name, Literal) or not values:
        raise NotUnderstoodError("a list function is called without a resource")
    return frame.names.listed(str(name.value), values)


def _about(name: str) -> Special:
    def special(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
        return frame.names.about(name)

    return special


def _azure_alone(name: str) -> Special:
    def special(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
        return evaluator.unknown(name, given(evaluator, frame, nodes))

    return special


def _new_guid(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    return Unknown(f"newGuid() in {frame.where}")


def _now(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    arguments(nodes, 0, 1)
    (pattern,) = given(evaluator, frame, nodes) or (DEFAULT,)
    try:
        return formatted_date(frame.names.about("utcNow"), pattern)
    except (TypeError, ValueError):
        raise NotUnderstoodError(f"utcNow() is called with {shown(pattern)}") from None


def _info(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    arguments(nodes, 1)
    return frame.names.info(*given(evaluator, frame, nodes))


def _each(make: Callable[[str], Special], *names: str) -> Mapping[str, Special]:
    return {each.lower(): make(each) for each in names}


RESOURCES: Mapping[str, Special] = {
    **_each(_identifier, *_IDENTIFIERS),
    **_each(_about, *_ABOUT, *_ALSO_ABOUT),
    **_each(_azure_alone, *_AZURE_ALONE),
    "list*": _list,
    "newguid": _new_guid,
    "reference": _reference,
    "references": _references,
    "resourceinfo": _info,
    "utcnow": _now,
}
