"""The app role that an identity needs at the deployment's own API."""

import re
from collections.abc import Iterator

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError

from local.doctor.chain import claims_of
from local.doctor.evidence import AppRole, Patient

_APP_ROLE = re.compile(r"\w+(?:\.\w+)+")


def app_role(patient: Patient, credential: TokenCredential) -> AppRole | None:
    """Return the needed app role and whether the token has it; None if none is needed."""
    principal, api = patient.principal, patient.api
    if principal is None or not api or api not in patient.variables.values():
        return None
    ids = (principal.principal_id, *principal.former_ids)
    held = {role for each in ids for role in patient.app_roles.get(each, ())}
    for role in sorted(held | set(_proved(patient))):
        assigned = role in patient.app_roles.get(principal.principal_id, ())
        return AppRole(role, role in _roles(credential, api), assigned)
    return None


def _proved(patient: Patient) -> Iterator[str]:
    """Yield the app roles among what the service waits for; other operations contain no dot."""
    for each in patient.waits_for:
        operation = each.partition(" on ")[0]
        if _APP_ROLE.fullmatch(operation):
            yield operation


def _roles(credential: TokenCredential, api: str) -> tuple[str, ...]:
    try:
        return tuple(claims_of(credential, f"{api}/.default").get("roles", ()))
    except ClientAuthenticationError:
        return ()
