"""What a diagnosis is made of: facts that were looked at, and nothing that was concluded."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from local.doctor.chain import Answer
from local.doctor.grants import Grant, is_held
from local.doctor.lately import Lately
from local.doctor.needs import Refused
from local.probes import Endpoints, Missing
from local.rights import Right
from sandbox.deployment import ContainerApp, Principal, PrincipalKind


@dataclass(frozen=True)
class AppRole:
    """A role of our own API: whether the caller's token has it, and whether it was assigned."""

    name: str
    in_token: bool
    assigned: bool


@dataclass(frozen=True)
class Patient:
    """Who is looked at, with all that is known of them before anything is asked.

    `known` are people's names of everybody, by principal id. `grants` is None where nobody lets
    them be read. `principal` and `app` are None where no deployment is known to the last detail.
    `unknown` is what a service that is not ready was refused, and `rights` do not tell of;
    `waits_for` what it still proves, in its own words. `tenant` is the deployment's, where known.
    `lately` is what anybody was refused in its name, whether or not it needs that.
    `endpoints` are where its rights are used; `api` is the application id of the deployment's own
    API, empty where that asks for no token.
    """

    who: str
    endpoints: Endpoints
    variables: Mapping[str, str] = field(repr=False)
    rights: tuple[Right, ...]
    known: Mapping[str, str]
    grants: tuple[Grant, ...] | None = None
    principal: Principal | None = None
    app: ContainerApp | None = None
    app_roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refused: tuple[Refused, ...] = ()
    unknown: tuple[Right, ...] = ()
    waits_for: tuple[str, ...] = ()
    tenant: str = ""
    in_sandbox: bool = False
    lately: tuple[Lately, ...] = ()
    api: str = ""


@dataclass(frozen=True)
class Evidence:
    """A patient, and what came of asking for them."""

    patient: Patient
    answer: Answer
    missing: tuple[Missing, ...] = ()
    app_role: AppRole | None = None

    @property
    def kind(self) -> str:
        """What an assignment calls the caller."""
        return principal_type(self.patient.principal, self.answer)

    @property
    def denied(self) -> tuple[Right, ...]:
        """The rights that Azure refused, knowing who asked."""
        return tuple(each.right for each in self.missing if each.refused)

    def has(self, right: Right) -> bool:
        """Whether an assignment to the caller itself would do."""
        return is_held(right, self.answer.object_id, self.patient.grants)


def principal_type(principal: Principal | None, answer: Answer) -> str:
    """User or ServicePrincipal; where nothing is known, by the name in the token."""
    is_user = "@" in answer.name if principal is None else principal.kind is PrincipalKind.USER
    return "User" if is_user else "ServicePrincipal"


@dataclass(frozen=True)
class Finding:
    """One of the usual traps, recognised: what is wrong in a sentence, and what to do."""

    trap: str
    sentence: str
    do: tuple[str, ...]
