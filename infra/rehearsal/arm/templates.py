"""A template within its deployment: its parameters, variables, resources and outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from infra.rehearsal.arm.about import about
from infra.rehearsal.arm.declarations import Declarations, as_object
from infra.rehearsal.arm.errors import NotUnderstoodError, RefusedError
from infra.rehearsal.arm.frames import Frame, UserFunction
from infra.rehearsal.arm.function import Open
from infra.rehearsal.arm.instances import Instance, instances_of
from infra.rehearsal.arm.lookup import Lookup
from infra.rehearsal.arm.places import Place, asked_for
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
        own = Frame(self, self.where)
        self._declared = Declarations(raw, work, own, given or {}, outermost=not path)
        self._naming = False
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
        """Finds its resources by their names in a template."""
        return Lookup(self.instances)

    @cached_property
    def outputs(self) -> Mapping[str, Value]:
        """Its outputs, each as {"value": ...}."""
        # A reader of an output waits for the deployment, and not for its resources.
        with self.work.reading():
            return self._outputs()

    def _outputs(self) -> Mapping[str, Value]:
        found = {}
        for name, each in as_object(self.raw.get("outputs")).items():
            if not isinstance(each, Mapping):
                continue
            frame = self.frame.within(where=f"{self.where}, output {name}")
            if self._value(each.get("condition", True), frame) is False:
                continue
            if "copy" in each:
                loop = {"copy": [{**as_object(each["copy"]), "name": "value"}]}
                found[name] = self._value(loop, frame)
            else:
                found[name] = {"value": self._value(each.get("value"), frame)}
        return found

    def nested(self, deployment: Instance) -> "Template | None":
        """Return the template of a nested deployment; None without one, or while it is opening."""
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
        """Return the scope of a nested deployment."""
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
        """Return the value of a parameter. Raises TemplateError."""
        return self._declared.parameter(name)

    def variable(self, name: str) -> Value:
        """Return the value of a variable. Raises TemplateError."""
        return self._declared.variable(name)

    def function(self, namespace: str, name: str) -> UserFunction | None:
        """Return a function that the template defines."""
        return self._declared.function(namespace, name)

    def about(self, function: str) -> Value:
        """Return the result of a function without arguments about the deployment."""
        target, place = self.work.target, self.place
        return about(function, target, place, self.name, self._location_of_group)

    def read(self, reference: Value, full: bool, versioned: bool) -> Value:
        """Return the result of reference(). Raises TemplateError."""
        found = self._wanted(reference)
        if found is None:
            return self._of_elsewhere(str(reference), full)
        # By symbol or name, and without a version, a reference certainly makes one wait.
        by_name = not str(reference).startswith("/")
        self._note(found, surely=by_name and not versioned)
        return self._properties(found, full)

    def read_loop(self, symbol: Value, full: bool) -> Value:
        """Return the result of references(). Raises TemplateError."""
        found = self.lookup.find(str(symbol)) if self._wanted(symbol) else ()
        for each in found:
            self._note(each, surely=True)
        return [self._properties(each, full) for each in found]

    def listed(self, name: str, arguments: tuple[Value, ...]) -> Value:
        """Return the result of a list function. Raises TemplateError."""
        found = self._wanted(arguments[0])
        identifier = str(arguments[0]) if found is None else found.id
        if found is not None:
            self._note(found, surely=not str(arguments[0]).startswith("/"))
        elif identifier.startswith("/"):
            self.work.reads.ids.add(identifier)
        text = call_written(name, (identifier, *arguments[1:]), self.work.budget)
        return Unknown(text, frozenset({identifier}))

    def identifier(self, function: str, arguments: tuple[str, ...]) -> str:
        """Return the id that resourceId() and its kin give. Raises TemplateError."""
        return asked_for(function, arguments, self.place)

    def info(self, symbol: Value) -> Value:
        """Return the result of resourceInfo(). Raises TemplateError."""
        found = self._wanted(symbol)
        if found is None:
            raise NotUnderstoodError(f"resourceInfo() asks for {str(symbol)!r}")
        version = str(found.raw.get("apiVersion", ""))
        return {"id": found.id, "name": found.name, "type": found.type, "apiVersion": version}

    def _open(self, deployment: Instance) -> "Template | None":
        properties = as_object(deployment.raw.get("properties"))
        raw = properties.get("template")
        if not isinstance(raw, Mapping):
            self.work.note(f"cannot look into {deployment.key}: its template is not inline")
            return None
        options = as_object(properties.get("expressionEvaluationOptions"))
        body, _ = deployment.body
        parameters = as_object(as_object(body.get("properties")).get("parameters"))
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
