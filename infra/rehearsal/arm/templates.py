"""A template within its deployment: its parameters, variables, resources and outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from infra.rehearsal.arm.errors import NotUnderstoodError, RefusedError
from infra.rehearsal.arm.evaluation import EXPRESSIONS, Open
from infra.rehearsal.arm.frames import Frame, UserFunction
from infra.rehearsal.arm.instances import Instance, instances_of
from infra.rehearsal.arm.lookup import Lookup
from infra.rehearsal.arm.parameters import PARAMETERS, fault, resolved
from infra.rehearsal.arm.places import Place, asked_for
from infra.rehearsal.arm.target import ENVIRONMENT
from infra.rehearsal.arm.work import Work
from infra.rehearsal.arm.written import call_written
from infra.rehearsal.values import Unknown, Value

_REFERENCE = (
    "https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource"
    "#reference"
)
DEPENDENCIES = (
    "https://learn.microsoft.com/azure/azure-resource-manager/templates/resource-dependency"
)


class Template:
    """One template of a rehearsal; the surroundings of the expressions in it.

    `around` is where the nested deployment that it belongs to stands. If its expressions are worked
    out there, as they are unless their scope is "inner", `outer` is true.
    """

    def __init__(
        self,
        raw: Mapping[str, Any],
        work: Work,
        place: Place,
        *,
        path: tuple[str, ...] = (),
        given: Mapping[str, Value] | None = None,
        name: str | Unknown = "",
        around: Frame | None = None,
        outer: bool = False,
    ) -> None:
        self.name = name or work.target.deployment
        self.raw = raw
        self.work = work
        self.place = place
        self.path = path
        self.around = around
        self.outer = outer
        self.where = "/".join(path) or "the template"
        self.frame = around if around and outer else Frame(self, self.where)
        self._given = {name.lower(): each for name, each in (given or {}).items()}
        self._known: dict[tuple[str, str], Value] = {}
        self._naming = False
        self._under_way: set[tuple[str, str]] = set()
        self._opened: dict[str, Template | None] = {}
        self._opening: set[str] = set()

    @cached_property
    def instances(self) -> Sequence[Instance]:
        """Its resources, loops unrolled, those with a condition that is false among them."""
        self._naming = True
        try:
            return instances_of(self)
        finally:
            self._naming = False

    @cached_property
    def lookup(self) -> Lookup:
        """Finds its resources by what a template calls them."""
        return Lookup(self.instances)

    @cached_property
    def outputs(self) -> Mapping[str, Value]:
        """Its outputs, each as {"value": ...}."""
        # Whoever reads an output waits for the deployment, and not for what is in it.
        with self.work.reading():
            return self._outputs()

    def _outputs(self) -> Mapping[str, Value]:
        found = {}
        for name, each in _object(self.raw.get("outputs")).items():
            if not isinstance(each, Mapping):
                continue
            frame = self.frame.within(where=f"{self.where}, output {name}")
            if self._value(each.get("condition", True), frame) is False:
                continue
            if "copy" in each:
                loop = {"copy": [{**_object(each["copy"]), "name": "value"}]}
                found[name] = self._value(loop, frame)
            else:
                found[name] = {"value": self._value(each.get("value"), frame)}
        return found

    def nested(self, deployment: Instance) -> "Template | None":
        """The template of a nested deployment; None without one, and while it is being opened."""
        if deployment.condition is False or not deployment.is_deployment:
            return None
        if deployment.key in self._opening:
            return None
        if deployment.key not in self._opened:
            self._opening.add(deployment.key)
            self.work.budget.enter()
            try:
                self._opened[deployment.key] = self._open(deployment)
            finally:
                self.work.budget.leave()
                self._opening.discard(deployment.key)
        return self._opened[deployment.key]

    def place_of(self, raw: Mapping[str, Any], frame: Frame) -> Place:
        """Where a nested deployment is made."""
        group, subscription, scope = (
            self._value(raw.get(key), frame) for key in ("resourceGroup", "subscriptionId", "scope")
        )
        place = self.place
        if isinstance(scope, str):
            name = scope.rstrip("/").rpartition("/")[2]
            management = Place("management group", management_group=name) if name else None
            return management or Place("tenant", place.subscription)
        if subscription:
            place = replace(place.at("subscription"), subscription=str(subscription))
        return replace(place.at("group"), group=str(group)) if group else place

    def parameter(self, name: str) -> Value:
        """The value of a parameter. Raises TemplateError."""
        declared = _named(_object(self.raw.get("parameters")), name)
        if declared is None:
            raise RefusedError(f"there is no parameter {name!r}", PARAMETERS)
        return self._once("parameter", name, lambda: self._parameter(name, declared))

    def variable(self, name: str) -> Value:
        """The value of a variable. Raises TemplateError."""
        return self._once("variable", name, lambda: self._variable(name))

    def function(self, namespace: str, name: str) -> UserFunction | None:
        """A function that the template defines."""
        for each in map(_object, _list(self.raw.get("functions"))):
            made = _object(_named(_object(each.get("members")), name))
            if made and str(each.get("namespace", "")).lower() == namespace.lower():
                given = map(_object, _list(made.get("parameters")))
                names = tuple(str(one.get("name", "")) for one in given)
                return UserFunction(names, _object(made.get("output")).get("value"))
        return None

    def read(self, reference: Value, full: bool, versioned: bool) -> Value:
        """What reference() gives. Raises TemplateError."""
        found = self._wanted(reference)
        if found is None:
            return self._of_elsewhere(str(reference), full)
        # By symbol or name, and without a version, a reference certainly makes one wait.
        by_name = not str(reference).startswith("/")
        self._note(found, surely=by_name and not versioned)
        return self._properties(found, full)

    def read_loop(self, symbol: Value, full: bool) -> Value:
        """What references() gives. Raises TemplateError."""
        found = self.lookup.find(str(symbol)) if self._wanted(symbol) else ()
        for each in found:
            self._note(each, surely=True)
        return [self._properties(each, full) for each in found]

    def listed(self, name: str, arguments: tuple[Value, ...]) -> Value:
        """What a list function gives. Raises TemplateError."""
        found = self._wanted(arguments[0])
        identifier = str(arguments[0]) if found is None else found.id
        if found is not None:
            self._note(found, surely=not str(arguments[0]).startswith("/"))
        elif identifier.startswith("/"):
            self.work.reads.ids.add(identifier)
        text = call_written(name, (identifier, *arguments[1:]), self.work.budget)
        return Unknown(text, frozenset({identifier}))

    def identifier(self, function: str, arguments: tuple[str, ...]) -> str:
        """The id that resourceId() and its kin give. Raises TemplateError."""
        return asked_for(function, arguments, self.place)

    def info(self, symbol: Value) -> Value:
        """What resourceInfo() gives. Raises TemplateError."""
        found = self._wanted(symbol)
        if found is None:
            raise NotUnderstoodError(f"resourceInfo() asks for {str(symbol)!r}")
        version = str(found.raw.get("apiVersion", ""))
        return {"id": found.id, "name": found.name, "type": found.type, "apiVersion": version}

    def about(self, function: str) -> Value:
        """What the functions without arguments tell of the deployment."""
        target, place = self.work.target, self.place
        known: Mapping[str, Value]
        match function:
            case "utcNow":
                return target.moment
            case "environment":
                return Open("environment()", ENVIRONMENT)
            case "tenant":
                known = {"tenantId": target.tenant, "id": f"/tenants/{target.tenant}"}
            case "subscription":
                known = {
                    "id": f"/subscriptions/{place.subscription}",
                    "subscriptionId": place.subscription,
                    "tenantId": target.tenant,
                }
            case "resourceGroup":
                known = {
                    "id": place.at("group").id,
                    "name": place.group,
                    "type": "Microsoft.Resources/resourceGroups",
                    "location": self._location_of_group(),
                }
            case "managementGroup":
                known = {"id": place.at("management group").id, "name": place.management_group}
            case "deployer":
                known = {"objectId": target.deployer, "tenantId": target.tenant}
            case "deployment":
                known = {"name": self.name, "location": target.location}
            case _:
                known = {}
        return Open(f"{function}()", known)

    def _once(self, kind: str, name: str, work: Any) -> Value:
        key = (kind, name.lower())
        if key in self._known:
            return self._known[key]
        if key in self._under_way:
            raise RefusedError(f"the {kind} {name!r} refers to itself", EXPRESSIONS)
        self._under_way.add(key)
        try:
            self._known[key] = work()
        finally:
            self._under_way.discard(key)
        return self._known[key]

    def _parameter(self, name: str, declared: Value) -> Value:
        definition = resolved(declared, _object(self.raw.get("definitions")))
        value = self._given.get(name.lower())
        if value is None and "defaultValue" in definition:
            frame = Frame(self, f"{self.where}, parameter {name}")
            value = self._value(definition["defaultValue"], frame)
        elif value is None and name.lower() not in self._given:
            value = None if definition.get("nullable") is True else self._missing(name)
        if why := fault(value, definition):
            error = RefusedError(f"the parameter {name!r} {why}", PARAMETERS)
            self.work.refuse(self.where, error)
        return value

    def _open(self, deployment: Instance) -> "Template | None":
        properties = _object(deployment.raw.get("properties"))
        raw = properties.get("template")
        if not isinstance(raw, Mapping):
            self.work.note(f"cannot look into {deployment.key}: its template is not inline")
            return None
        options = _object(properties.get("expressionEvaluationOptions"))
        body, _ = deployment.body
        parameters = _object(_object(body.get("properties")).get("parameters"))
        return Template(
            raw,
            self.work,
            self.place_of(deployment.raw, deployment.frame),
            path=tuple(deployment.key.split("/")),
            given={name: _given(each, deployment.key, name) for name, each in parameters.items()},
            name=deployment.name,
            around=deployment.frame,
            outer=str(options.get("scope", "outer")).lower() != "inner",
        )

    def _missing(self, name: str) -> Value:
        if self.path:
            error = RefusedError(f"the parameter {name!r} is given no value", PARAMETERS)
            self.work.refuse(self.where, error)
        else:
            self.work.note(f"the parameter {name!r} is given no value: whoever deploys is asked")
        return Unknown(f"parameters('{name}') of {self.where}")

    def _variable(self, name: str) -> Value:
        variables = _object(self.raw.get("variables"))
        frame = Frame(self, f"{self.where}, variable {name}")
        found = _named(variables, name, missing=self)
        if found is not self:
            return self._value(found, frame)
        for copy in map(_object, _list(variables.get("copy"))):
            if str(copy.get("name", "")).lower() == name.lower():
                return next(iter(self._value({"copy": [copy]}, frame).values()))
        raise RefusedError(f"there is no variable {name!r}", EXPRESSIONS)

    def _wanted(self, reference: Value) -> Instance | None:
        if self._naming:
            what = "a name, a condition or a loop asks for a resource, which Azure knows only later"
            raise RefusedError(what, _REFERENCE)
        found = self.lookup.find(str(reference))
        if found:
            return found[0]
        if isinstance(reference, str) and not reference.startswith("/"):
            raise RefusedError(f"the template has no resource {reference!r}", DEPENDENCIES)
        return None

    def _note(self, found: Instance, surely: bool) -> None:
        reads = self.work.reads
        reads.ids.add(found.id)
        (reads.waits_for if surely else reads.may_wait_for).add(found.key)

    def _of_elsewhere(self, identifier: str, full: bool) -> Unknown:
        self.work.reads.ids.add(identifier)
        return _runtime(identifier, full)

    def _properties(self, found: Instance, full: bool) -> Value:
        nested = self.nested(found)
        if nested is None:
            return _runtime(found.id, full)
        properties = Open(f"reference('{found.id}')", {"outputs": nested.outputs})
        return Open(f"reference('{found.id}')", {"properties": properties}) if full else properties

    def _location_of_group(self) -> Value:
        for template in self._outwards():
            for each in template.lookup.find(self.place.at("group").id):
                with self.work.reading():
                    return each.value(each.raw.get("location"))
        here = self.work.target
        if self.place.group.lower() == here.group.lower():
            return here.location
        return Unknown(f"resourceGroup('{self.place.group}').location")

    def _outwards(self) -> Sequence["Template"]:
        found: list[Template] = []
        frame = self.around
        while frame is not None and isinstance(frame.names, Template):
            found.append(frame.names)
            frame = frame.names.around
        return found

    def _value(self, value: Value, frame: Frame) -> Value:
        return self.work.evaluator.value(value, frame)


def _runtime(identifier: str, full: bool) -> Unknown:
    text = f"reference('{identifier}'{', full' if full else ''})"
    path = () if full else ("properties",)
    return Unknown(text, frozenset({identifier}), identifier, path)


def _given(value: Value, deployment: str, name: str) -> Value:
    if isinstance(value, Mapping) and "value" in value:
        return value["value"]
    if isinstance(value, Unknown):
        return Unknown(f"{value.expression}.value", value.refers_to)
    return Unknown(f"parameters('{name}') of {deployment}")


def _object(value: Value) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Value) -> list[Any]:
    return value if isinstance(value, list) else []


def _named(found: Mapping[str, Any], name: str, missing: Any = None) -> Any:
    if name in found:
        return found[name]
    return next((each for key, each in found.items() if key.lower() == name.lower()), missing)
