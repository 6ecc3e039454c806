"""The app role that a patient needs at an API of our own: it is in the token, or is not."""

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError

from local.doctor.chain import claims_of
from local.doctor.evidence import AppRole, Patient

_NO_API = "none"


def app_role(patient: Patient, credential: TokenCredential) -> AppRole | None:
    """The app role that the patient needs, by its own token; None if it needs none."""
    principal = patient.principal
    api = patient.variables.get("CATALOG_AUDIENCE", _NO_API)
    if principal is None or api == _NO_API:
        return None
    ids = (principal.principal_id, *principal.former_ids)
    needed = {role for each in ids for role in patient.app_roles.get(each, ())}
    for role in sorted(needed):
        assigned = role in patient.app_roles.get(principal.principal_id, ())
        return AppRole(role, role in _roles(credential, api), assigned)
    return None


def _roles(credential: TokenCredential, api: str) -> tuple[str, ...]:
    try:
        return tuple(claims_of(credential, f"{api}/.default").get("roles", ()))
    except ClientAuthenticationError:
        return ()
