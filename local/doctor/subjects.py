"""Identities that can be examined: a sandbox's, or the signed-in developer on Azure."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from local.arm import ResourceManager, UnseenError
from local.assignments import principals
from local.azd_values import Values
from local.doctor.evidence import SAMPLE, Editing, Subject
from local.doctor.grants import Grant, of_azure, of_policy
from local.doctor.pending import Denial, unlisted_rights
from local.doctor.recent import recent_refusals
from local.probes import Endpoints
from local.rights import DEVELOPER, Environment, rights_of, rights_of_developer
from sandbox.audit import Outcome, Record
from sandbox.deployment import Deployment, RoleAssignment


def of_sandbox(
    deployment: Deployment,
    who: str,
    variables: Mapping[str, str],
    audit: Iterable[Record],
    *,
    waiting: Iterable[Record] = (),
    waits_for: Iterable[str] = (),
    listed: Iterable[RoleAssignment] | None = None,
    editing: Editing | None = SAMPLE,
) -> Subject:
    """Return the identity `who` of a sandbox. Raises KeyError if there is none.

    `listed` are the assignments in force, if they are not those of the deployment. `editing` is as
    in a Subject.

    Its process has `variables`. `audit` may include what others did as it. `waiting` are the
    records since it began to prove its rights, which show what it needs; `waits_for` is as in
    /readyz.
    """
    principal = deployment.principal(who)
    recorded = tuple(audit)
    in_force = deployment if listed is None else replace(deployment, assignments=tuple(listed))
    registration = deployment.registration
    rights = rights_of(deployment, None, who)
    return Subject(
        name=who,
        endpoints=Endpoints(),
        variables=variables,
        rights=rights,
        known=deployment.names,
        grants=of_policy(in_force),
        principal=principal,
        app=next((each for each in deployment.apps if each.name == who), None),
        app_roles=registration.roles if registration else {},
        denials=tuple(dict.fromkeys(_denials(recorded, principal.principal_id))),
        waits_for=tuple(waits_for),
        unlisted=unlisted_rights(
            deployment, who, rights, _denials(waiting, principal.principal_id)
        ),
        in_sandbox=True,
        recent=recent_refusals(in_force, principal, recorded),
        api=registration.app_id if registration else "",
        editing=editing,
    )


def of_deployed(
    deployment: Deployment, values: Values, arm: ResourceManager, variables: Mapping[str, str]
) -> Subject:
    """Return the signed-in developer of a deployed environment. Raises ValuesError.

    `variables` are this process's; `deployment` is the snapshot, which holds the policy.
    """
    environment = Environment.of(values)
    known, grants = _assigned(arm, environment, values)
    return Subject(
        name=DEVELOPER,
        endpoints=Endpoints.of(values),
        variables=variables,
        rights=rights_of_developer(deployment, environment),
        known=known,
        grants=grants,
        tenant=values.named.get("AZURE_TENANT_ID", ""),
    )


def _assigned(
    arm: ResourceManager, environment: Environment, values: Values
) -> tuple[Mapping[str, str], tuple[Grant, ...] | None]:
    """Return names and grants; nothing for most users, since data roles cannot read them."""
    users = {DEVELOPER: values.named.get("DEVELOPER_PRINCIPAL_ID", "")}
    with suppress(UnseenError):
        ids = principals(arm, environment, users)
        return {object_id: name for name, object_id in ids.items()}, of_azure(arm, environment)
    return {}, None


def _denials(audit: Iterable[Record], principal_id: str) -> Iterable[Denial]:
    for each in audit:
        if each.outcome is Outcome.DENIED and each.principal_id == principal_id:
            yield Denial(each.action, each.scope, each.missing)
