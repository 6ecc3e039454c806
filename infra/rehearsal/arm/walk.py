"""The plan of a template: a step for each resource, and an edge for each dependency."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from infra.rehearsal.arm.budget import Budget
from infra.rehearsal.arm.declarations import as_object
from infra.rehearsal.arm.errors import RefusedError, TemplateError, TooMuchError
from infra.rehearsal.arm.evaluation import COPIES
from infra.rehearsal.arm.instances import Instance
from infra.rehearsal.arm.places import level_of
from infra.rehearsal.arm.settled import settled
from infra.rehearsal.arm.target import Target
from infra.rehearsal.arm.templates import DEPENDENCIES, Template
from infra.rehearsal.arm.work import Work
from infra.rehearsal.plan import CircularOrderError, Edge, Plan, Step
from infra.rehearsal.values import Value, has_unknown_part

_DOUBTFUL = "reference by id"


def plan_of(
    template: Any,
    parameters: Mapping[str, Any] | None = None,
    target: Target | None = None,
    *,
    strict: bool = False,
    budget: Budget | None = None,
) -> Plan:
    """Plan the deployment of a compiled template with these values of its parameters.

    Never raises for a template: Azure's refusals are among the plan's findings, and
    `not_understood` names the parts that are not understood.

    A reference by id, or with a version, makes nothing wait, say its pages
    (MicrosoftDocs/azure-docs, articles/azure-resource-manager/templates/resource-dependency.md;
    Azure/bicep#11478). Templates that count on it have been deployed for years
    (OfficeDev/microsoft-teams-apps-company-communicator). With `strict` the pages hold.
    """
    work = Work(target or Target(), budget or Budget())
    raw = template if isinstance(template, Mapping) else {}
    if not isinstance(raw.get("resources"), Mapping | list):
        work.note("this is no template: it has no resources")
    walk = _Walk(work, strict)
    whole = Template(raw, work, work.target.place(level_of(raw.get("$schema"))), given=parameters)
    try:
        walk.into(whole, "")
        walk.order()
        walk.outputs = settled(dict(whole.outputs), work.budget)
    except TooMuchError as error:
        work.note(f"cannot go on: {error}")
    except RecursionError:
        work.note("cannot go on: something in the template is nested too deeply")
    return walk.plan()


class _Walk:
    def __init__(self, work: Work, strict: bool) -> None:
        self._work = work
        self._strict = strict
        self._steps: dict[str, Step] = {}
        self._taken: list[tuple[Template, Sequence[Instance]]] = []
        self._because: dict[tuple[str, str], dict[str, None]] = {}
        self._inside: dict[str, str] = {}
        self._left_out: list[str] = []
        self.outputs: Mapping[str, Value] = {}

    def into(self, template: Template, around: str) -> None:
        """Add every resource of a template. Raises TooMuchError."""
        there = [each for each in template.instances if each.condition is not False]
        self._left_out += [each.key for each in template.instances if each.condition is False]
        self._taken.append((template, there))
        for each in there:
            self._steps[each.key] = self._step(template, each)
            if around:
                self._inside[each.key] = around
            nested = template.nested(each)
            if nested is not None:
                self._work.budget.enter()
                self.into(nested, each.key)
                self._work.budget.leave()

    def order(self) -> None:
        """Find the dependencies. Raises TooMuchError."""
        for template, there in self._taken:
            for each in there:
                for other in self._named_by(template, each):
                    self._wait(other.key, each.key, "dependsOn")
                reads = each.body[1]
                for first in sorted(reads.waits_for):
                    self._wait(first, each.key, "reference")
                for first in sorted(reads.may_wait_for) if not self._strict else ():
                    self._wait(first, each.key, _DOUBTFUL)
            self._batches(there)

    def plan(self) -> Plan:
        """Return all that was taken up; without any step where some wait in a circle."""
        steps, edges = list(self._steps.values()), list(self._edges())
        sure = [each for each in edges if each.because != _DOUBTFUL]
        for taken in (edges, sure):
            try:
                return self._plan(steps, taken)
            except CircularOrderError as error:
                circle = str(error)
        mend = "Remove a dependsOn or a reference of these, or move a part into a child."
        source = f"{DEPENDENCIES}#circular-dependencies"
        self._work.refuse("", RefusedError(circle, source, mend))
        return self._plan([], [])

    def _plan(self, steps: Sequence[Step], edges: Sequence[Edge]) -> Plan:
        return Plan(
            steps=steps,
            edges=edges,
            inside=self._inside if steps else {},
            left_out=self._left_out,
            findings=list(self._work.findings),
            not_understood=list(self._work.not_understood),
            outputs=self.outputs,
        )

    def _step(self, template: Template, each: Instance) -> Step:
        body, reads = each.body
        return Step(
            key=each.key,
            id=each.id,
            type=each.type,
            name=each.name,
            api_version=str(each.raw.get("apiVersion", "")),
            scope=each.identity.scope,
            location=each.value(each.raw.get("location")),
            body=self._settled(each.key, body),
            deployment=template.path,
            existing=each.raw.get("existing") is True,
            only_if_not_exists="onlyIfNotExists" in as_object(each.raw.get("@options")),
            condition=each.condition if each.condition else True,
            copy_index=each.declared.turn,
            reads=frozenset(reads.ids),
        )

    def _settled(self, key: str, body: Value) -> Mapping[str, Value]:
        try:
            found: Mapping[str, Value] = settled(body, self._work.budget)
        except TemplateError as error:
            self._work.note(f"cannot look into {key}: {error}")
            return {}
        return found

    def _named_by(self, template: Template, each: Instance) -> Iterator[Instance]:
        names = each.value(each.raw.get("dependsOn"))
        for name in names if isinstance(names, list) else ():
            found = template.lookup.find(str(name))
            if not found:
                self._missing(each, str(name))
            yield from (other for other in found if other.condition is not False)

    def _missing(self, each: Instance, name: str) -> None:
        if has_unknown_part(name):
            self._work.note(f"cannot tell what {each.key} depends on by {name!r}")
            return
        what = f"depends on {name!r}, which the template does not declare"
        mend = "Name a resource of the same template, or remove it from dependsOn."
        self._work.refuse(each.key, RefusedError(what, f"{DEPENDENCIES}#dependson", mend))

    def _batches(self, there: Sequence[Instance]) -> None:
        loops: dict[tuple[str, str], list[Instance]] = {}
        for each in there:
            if each.declared.loop and isinstance(each.declared.turn, int):
                declared = each.declared
                loops.setdefault((declared.symbol, declared.loop), []).append(each)
        for turns in loops.values():
            copy = turns[0].raw["copy"]
            if str(copy.get("mode", "")).lower() == "serial":
                self._one_after_another(turns, copy.get("batchSize", 1))

    def _one_after_another(self, turns: Sequence[Instance], size: Value) -> None:
        number = turns[0].value(size)
        if not isinstance(number, int) or number < 1:
            error = RefusedError("the batchSize of a loop must be a number from 1", COPIES)
            self._work.refuse(turns[0].key, error)
            return
        batches = [turns[start : start + number] for start in range(0, len(turns), number)]
        for before, after in pairwise(batches):
            for first in before:
                for then in after:
                    self._work.budget.spend()
                    self._wait(first.key, then.key, "serial loop")

    def _wait(self, first: str, then: str, because: str) -> None:
        # What is worked out around a nested deployment makes the deployment wait.
        while self._inside.get(first) != self._inside.get(then) and then in self._inside:
            then = self._inside[then]
        if first in self._steps and self._inside.get(first) == self._inside.get(then):
            self._because.setdefault((first, then), {})[because] = None

    def _edges(self) -> Iterator[Edge]:
        for (first, then), because in self._because.items():
            yield Edge(first, then, " and ".join(because))
