"""The shared state of a rehearsal: the evaluator, and its findings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from infra.rehearsal.arm.budget import Budget
from infra.rehearsal.arm.errors import RefusedError, TemplateError
from infra.rehearsal.arm.evaluation import Evaluator
from infra.rehearsal.arm.functions import FUNCTIONS, SPECIALS
from infra.rehearsal.arm.target import Target
from infra.rehearsal.findings import Finding, Severity, Sure


@dataclass
class Reads:
    """The reads behind a value: resource ids, and the keys of the steps that it waits for.

    Of `may_wait_for` it is open whether Azure waits: see `walk.plan_of`.
    """

    ids: set[str] = field(default_factory=set)
    waits_for: set[str] = field(default_factory=set)
    may_wait_for: set[str] = field(default_factory=set)


class Work:
    """The state of a rehearsal in progress."""

    def __init__(self, target: Target, budget: Budget) -> None:
        self.target = target
        self.budget = budget
        self.evaluator = Evaluator(FUNCTIONS, SPECIALS, budget, self._report)
        # Each once, in the order in which they are found.
        self.findings: dict[Finding, None] = {}
        self.not_understood: dict[str, None] = {}
        self._reading: list[Reads] = [Reads()]

    @property
    def reads(self) -> Reads:
        """The reads of the current evaluation."""
        return self._reading[-1]

    @contextmanager
    def reading(self) -> Iterator[Reads]:
        """Separate the reads within from those of the enclosing evaluation."""
        self._reading.append(Reads())
        try:
            yield self._reading[-1]
        finally:
            self._reading.pop()

    def refuse(self, where: str, error: TemplateError) -> None:
        """Note why something has no value."""
        self._report(where, "", error)

    def note(self, sentence: str) -> None:
        """Note a part that is not understood."""
        self.not_understood[sentence] = None

    def _report(self, where: str, text: str, error: TemplateError) -> None:
        if not isinstance(error, RefusedError):
            shown = f"{text[:100]}: " if text else ""
            self.note(f"cannot evaluate {where}: {shown}{error}")
            return
        finding = Finding(
            Severity.REFUSED,
            where,
            str(error),
            "a template is valid",
            error.source,
            Sure.READ,
            error.mend or "Change the expression, or what is given to it.",
        )
        self.findings[finding] = None
