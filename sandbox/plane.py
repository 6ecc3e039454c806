"""A plane: one service of Azure, as the walk of a request sees it.

A plane brings the steps, under these names and signatures; `sandbox.walk` has their order.
"""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from aiohttp import web

from sandbox.audit import Gate
from sandbox.entra import Caller
from sandbox.rbac import Allowed, Denied, Requirement
from sandbox.refusal import Refusal


class Operation(Protocol):
    """One of a plane's operations, by the name that Azure's own log gives it."""

    @property
    def name(self) -> str: ...


class Named(Protocol):
    """A request that is understood: its operation, and every right that it takes."""

    @property
    def operation(self) -> Operation: ...
    @property
    def requirements(self) -> tuple[Requirement, ...]: ...


R_contra = TypeVar("R_contra", contravariant=True)
N = TypeVar("N", bound=Named)


@dataclass(frozen=True)
class Granted(Generic[N]):
    """A request that may be served: its caller, and the assignment that meets each requirement."""

    caller: Caller
    named: N
    allowed: tuple[Allowed, ...]


class Plane(Protocol[R_contra, N]):
    """A service that decides by role. `service` is its name in the audit."""

    service: str

    def authenticate(self, request: R_contra) -> Caller:
        """Return the caller that a verified token proves. Raises Refusal."""

    def name(self, request: R_contra) -> N:
        """Return the operation that a request is, and the rights that it takes. Raises Refusal."""

    def decide(self, gate: Gate, caller: Caller, named: N) -> tuple[Allowed, ...]:
        """Return the grants that allow the operation, recorded. Raises Refusal, and AuditError."""
        decision = gate.admit(self.service, named.operation.name, caller, *named.requirements)
        if isinstance(decision, Denied):
            raise self.deny(caller, named, decision)
        return decision

    def deny(self, caller: Caller, named: N, denied: Denied) -> Refusal:
        """Return the answer to a caller whose roles do not allow the operation."""

    def label(self, request: R_contra, step: str) -> str:
        """Return the audit's name of a request that is refused in `step`, before it is named."""
        return step


class HttpPlane(Plane[web.Request, N], Protocol[N]):
    """A plane that speaks HTTP. `unrecorded` is its answer while the audit cannot be written."""

    unrecorded: Refusal

    async def serve(self, request: web.Request, granted: Granted[N]) -> web.StreamResponse:
        """Return the answer to a request that is allowed. Raises Refusal."""

    async def render(self, request: web.Request, refusal: Refusal) -> web.StreamResponse:
        """Return a refusal in the form of the plane's errors."""
