"""The facts that a diagnosis is based on, without any conclusion."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from local.doctor.chain import Answer
from local.doctor.grants import Grant, is_held
from local.doctor.pending import Denial
from local.doctor.recent import RecentRefusal
from local.probes import Endpoints, Missing
from local.rights import Right
from sandbox.commands import KEYLESS
from sandbox.deployment import ContainerApp, Principal, PrincipalKind


@dataclass(frozen=True)
class AppRole:
    """A role of the deployment's own API, in the caller's token or not, assigned or not."""

    name: str
    in_token: bool
    assigned: bool


@dataclass(frozen=True)
class Editing:
    """The file of a deployment's role assignments, and the command that puts an edit into force."""

    policy: str = "infra/bicep/modules/access.bicep"
    apply: str = f"{KEYLESS} apply"


SAMPLE = Editing()


@dataclass(frozen=True)
class Subject:
    """The identity under test, with everything known before the first request.

    `known` maps principal ids to names. `grants` is None where role assignments cannot be read.
    `principal` and `app` are None for an environment on Azure. `unlisted` are rights that a service
    that is not ready was refused and that `rights` lack; `waits_for` are the rights it has not
    proved yet, in the words of /readyz. `tenant` is the deployment's, where known. `recent` are all
    recent refusals of this identity, needed or not. Rights are used at `endpoints`. `api` is the
    application id of the deployment's own API; empty where the API requires no token. `editing` is
    None where the deployment cannot be compiled again.
    """

    name: str
    endpoints: Endpoints
    variables: Mapping[str, str] = field(repr=False)
    rights: tuple[Right, ...]
    known: Mapping[str, str]
    grants: tuple[Grant, ...] | None = None
    principal: Principal | None = None
    app: ContainerApp | None = None
    app_roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    denials: tuple[Denial, ...] = ()
    unlisted: tuple[Right, ...] = ()
    waits_for: tuple[str, ...] = ()
    tenant: str = ""
    in_sandbox: bool = False
    recent: tuple[RecentRefusal, ...] = ()
    api: str = ""
    editing: Editing | None = SAMPLE


@dataclass(frozen=True)
class Evidence:
    """The identity under test, and the results of its requests."""

    subject: Subject
    answer: Answer
    missing: tuple[Missing, ...] = ()
    app_role: AppRole | None = None

    @property
    def kind(self) -> str:
        """The caller's principal type, as a role assignment names it."""
        return principal_type(self.subject.principal, self.answer)

    @property
    def denied(self) -> tuple[Right, ...]:
        """The rights that Azure refused although it knew the caller."""
        return tuple(each.right for each in self.missing if each.refused)

    def has(self, right: Right) -> bool:
        """Return whether an assignment to the caller itself grants `right`."""
        return is_held(right, self.answer.object_id, self.subject.grants)


def principal_type(principal: Principal | None, answer: Answer) -> str:
    """Return User or ServicePrincipal; without a known principal, by the name in the token."""
    is_user = "@" in answer.name if principal is None else principal.kind is PrincipalKind.USER
    return "User" if is_user else "ServicePrincipal"


@dataclass(frozen=True)
class Finding:
    """A recognized trap: a sentence on the mistake, and the remedy."""

    trap: str
    sentence: str
    do: tuple[str, ...]
