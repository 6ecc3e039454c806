"""The resources of a template, with loops unrolled and unique keys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from infra.rehearsal.arm.declared import Declared
from infra.rehearsal.arm.errors import NotUnderstoodError, RefusedError, TooMuchError
from infra.rehearsal.arm.frames import Frame
from infra.rehearsal.arm.functions.numbers import truth
from infra.rehearsal.arm.places import Identity
from infra.rehearsal.arm.work import Reads
from infra.rehearsal.arm.written import call_written, shown
from infra.rehearsal.values import Unknown, Value

if TYPE_CHECKING:
    from infra.rehearsal.arm.templates import Template

_MOST_RESOURCES = 4000
_NOT_BODY = frozenset(
    {
        "@options",
        "apiversion",
        "comments",
        "condition",
        "copy",
        "dependson",
        "existing",
        "extension",
        "import",
        "location",
        "metadata",
        "name",
        "resourcegroup",
        "resources",
        "scope",
        "subscriptionid",
        "type",
    }
)


@dataclass(frozen=True, eq=False)
class Instance:
    """One resource, or one turn of a loop of resources."""

    declared: Declared
    key: str
    identity: Identity
    name: str | Unknown
    condition: bool | Unknown

    @property
    def id(self) -> str:
        """Its resource id."""
        return self.identity.id

    @property
    def type(self) -> str:
        """Its full type."""
        return self.identity.type

    @property
    def raw(self) -> Mapping[str, Any]:
        """Its declaration in the template."""
        return self.declared.raw

    @property
    def frame(self) -> Frame:
        """The frame of its expressions."""
        return self.declared.frame.within(where=self.key)

    @property
    def is_deployment(self) -> bool:
        """Return whether it is a nested deployment."""
        return self.type.lower() == "microsoft.resources/deployments"

    @cached_property
    def body(self) -> tuple[Mapping[str, Value], Reads]:
        """Its evaluated body without name and scope, and the resources read for it."""
        given = {key: each for key, each in self.raw.items() if key.lower() not in _NOT_BODY}
        if self.is_deployment and isinstance(given.get("properties"), Mapping):
            properties = given["properties"].items()
            given["properties"] = {key: each for key, each in properties if key != "template"}
        with self.declared.template.work.reading() as reads:
            return self.value(given), reads

    def value(self, value: Value) -> Value:
        """Evaluate a part of its declaration. Raises TooMuchError."""
        return self.declared.template.work.evaluator.value(value, self.frame)


def instances_of(template: "Template") -> Sequence[Instance]:
    """Unroll all resources of a template. Raises TooMuchError."""
    found: list[Instance] = []
    taken: set[str] = set()
    for each in _all(Declared(template, {}, template.frame), template.raw.get("resources")):
        template.work.budget.spend(10)
        key, number = each.key, 1
        while key in taken:
            number += 1
            key = f"{each.key}#{number}"
        taken.add(key)
        found.append(replace(each, key=key))
        if len(found) > _MOST_RESOURCES:
            raise TooMuchError(f"{template.where} has more than {_MOST_RESOURCES} resources")
    return found


def _all(around: Declared, resources: Value, parent: Instance | None = None) -> Iterator[Instance]:
    named: Sequence[tuple[str, Any]] = []
    if isinstance(resources, Mapping):
        named = list(resources.items())
    elif isinstance(resources, list):
        named = [("", each) for each in resources]
    for symbol, raw in named:
        if not isinstance(raw, Mapping):
            around.template.work.note(f"cannot evaluate {around.where}: a resource is no object")
            continue
        for each in _turns(replace(around, raw=raw, symbol=symbol, loop="", turn=None)):
            one = _instance(each, parent)
            yield one
            yield from _all(each, raw.get("resources"), one)


def _turns(declared: Declared) -> Iterator[Declared]:
    copy = declared.raw.get("copy")
    if not isinstance(copy, Mapping):
        yield declared
        return
    loop = str(copy.get("name", declared.symbol))
    for turn in _counted(declared, copy, loop):
        loops = {**declared.frame.loops, loop.lower(): turn}
        frame = declared.frame.within(loop=loop.lower(), loops=loops)
        yield replace(declared, frame=frame, loop=loop, turn=turn)


def _counted(declared: Declared, copy: Mapping[str, Any], loop: str) -> Sequence[int | Unknown]:
    work, where = declared.template.work, f"{declared.template.where}, loop {loop}"
    try:
        turns = work.evaluator.loop(copy, declared.frame)
    except RefusedError as error:
        work.refuse(where, error)
        return ()
    if not isinstance(turns, Unknown):
        return turns
    work.note(f"cannot evaluate {where}: Azure alone knows how many turns; one stands for all")
    return [Unknown(call_written("copyIndex", (loop, where), work.budget))]


def _instance(declared: Declared, parent: Instance | None) -> Instance:
    kind, name = declared.type, declared.name()
    if parent is not None and not kind.lower().startswith("microsoft."):
        kind, name = f"{parent.type}/{kind}", _below(parent.name, name)
    return Instance(
        declared=declared,
        key=declared.key(kind, name),
        identity=declared.identity(kind, name),
        name=name,
        condition=_condition(declared),
    )


def _below(parent: str | Unknown, name: str | Unknown) -> str | Unknown:
    text = f"{parent}/{name}"
    if isinstance(parent, str) and isinstance(name, str):
        return text
    parts = [each for each in (parent, name) if isinstance(each, Unknown)]
    refers = frozenset[str]().union(*(each.refers_to for each in parts))
    return Unknown(f"format('{text}')", refers, text=text)


def _condition(declared: Declared) -> bool | Unknown:
    work = declared.template.work
    value = work.evaluator.value(declared.raw.get("condition", True), declared.frame)
    if isinstance(value, Unknown):
        return value
    try:
        return truth(value)
    except TypeError:
        work.refuse(declared.where, NotUnderstoodError(f"its condition is {shown(value)}"))
        return Unknown(call_written("condition", (declared.where,), work.budget))
