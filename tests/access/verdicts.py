"""Carries out a row of the table, and compares the outcome and its audit line with the row."""

import re
from dataclasses import dataclass

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.servicebus.exceptions import ServiceBusError

from local.questions.responses import error_code
from sandbox.audit import Outcome, Record
from sandbox.deployment import Deployment
from sandbox.rbac import Action, Allowed, Requirement
from services.common.bearer import Bearer, Refused
from tests.access.actor import Actor
from tests.access.harness import Harness
from tests.access.operations import OPERATIONS
from tests.access.rows import API, TOKEN, Row
from tests.access.scopes import scope_of

# Azure's answer to an add-only caller whose blob exists; not the 403 for a missing role.
_NEVER_OVERWRITES = "UnauthorizedBlobOverwrite"
_REFUSALS = {"AuthorizationPermissionMismatch", "Forbidden", _NEVER_OVERWRITES}
# Azure's data actions; learn.microsoft.com/azure/role-based-access-control/permissions
_DATA = re.compile(
    r"/blobServices/containers/blobs/|/vaults/secrets/(?!(read|write)$)|/namespaces/messages/"
    r"|^Microsoft\.Insights/(Metrics|Telemetry)/Write$"
)
_UNAUTHORIZED = "amqp:unauthorized-access"
_TOKEN_SCOPE = "https://storage.azure.com/.default"


@dataclass(frozen=True)
class Verdict:
    """An outcome, with its line of the audit if anything was decided."""

    allowed: bool
    record: Record | None = None
    refusal: str = ""


def verdict_on(harness: Harness, row: Row) -> Verdict:
    """Carry out a row and return the outcome. Raises every error that is not a refusal."""
    if row.by_decision:
        return Verdict(isinstance(_decided(harness, row), Allowed))
    if row.on == TOKEN:
        return _asked_for_a_token(harness, row)
    if row.on == API:
        return _called(harness, row)
    return _done(harness, row)


def needs(harness: Harness, row: Row) -> Requirement:
    """Return the actions and the scope that a row requires."""
    names = (row.operation,) if row.by_decision else OPERATIONS[row.operation].actions
    scope = scope_of(harness.deployment, row.on)
    return Requirement(scope, tuple(Action(each, data=_is_data(each)) for each in names))


def _decided(harness: Harness, row: Row) -> object:
    principal = harness.deployment.principal(row.who)
    return harness.endpoints.planes.gate.policy.decide(principal.principal_id, needs(harness, row))


def _asked_for_a_token(harness: Harness, row: Row) -> Verdict:
    """Ask from the code of each app: the identity is attached to all of them."""
    refusals = []
    for app in harness.deployment.apps:
        try:
            harness.managed(app.name, row.who).get_token(_TOKEN_SCOPE)
        except ClientAuthenticationError as error:
            refusals.append(str(error))
        else:
            return Verdict(allowed=True)
    return Verdict(allowed=False, refusal=refusals[0])


def _called(harness: Harness, row: Row) -> Verdict:
    """Shown to the check before the API's routes: app roles are in the token itself."""
    registration = harness.deployment.registration
    assert registration is not None, "the deployment has no API to call"
    token = harness.actor(row.who).credential.get_token(f"{registration.app_id}/.default").token
    bearer = Bearer(harness.deployment.tenant_id, registration.app_id)
    try:
        bearer.check(f"Bearer {token}", role_of_api(harness.deployment))
    except Refused as refused:
        if refused.code != 403:
            raise
        return Verdict(allowed=False, refusal=refused.error)
    return Verdict(allowed=True)


def role_of_api(deployment: Deployment) -> str:
    """The one app role of the deployment's API."""
    registration = deployment.registration
    (role,) = {
        each for held in (registration.roles if registration else {}).values() for each in held
    }
    return role


def _done(harness: Harness, row: Row) -> Verdict:
    before = len(harness.audit())
    refusal = refusal_of(row, harness.actor(row.who), harness.admin)
    record = _record(harness, row, before, refusal)
    return Verdict(allowed=not refusal, record=record, refusal=refusal)


def refusal_of(row: Row, actor: Actor, admin: Actor) -> str:
    """Let `actor` try the row's operation: Azure's code for its refusal, empty if it was done.

    Raises every error that is not a refusal.
    """
    try:
        OPERATIONS[row.operation].do(actor, admin, row.on)
    except (HttpResponseError, ServiceBusError) as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        return refusal
    return ""


def _refusal(error: HttpResponseError | ServiceBusError) -> str | None:
    """Azure's code for it; None if the request failed in another way."""
    if isinstance(error, ServiceBusError):
        return _UNAUTHORIZED if _UNAUTHORIZED in str(error) else None
    code = getattr(error, "error_code", None) or getattr(error.error, "code", None)
    named = str(getattr(code, "value", code))
    return named if error.status_code == 403 and named in _REFUSALS else None


def code_of(error: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str]:
    """Return the status of a refusal and Azure's code for it."""
    return error.value.status_code, error_code(error.value)


def _record(harness: Harness, row: Row, before: int, refusal: str = "") -> Record | None:
    """Return the last audit line with this requirement and this identity."""
    need = needs(harness, row)
    names = {each.name for each in need.any_of}
    if refusal == _NEVER_OVERWRITES:
        names |= {each.replace("blobs/write", "blobs/add/action") for each in names}
    found = [
        each
        for each in harness.audit()[before:]
        if each.identity == row.who and each.action in names and _is_on(each.scope, need.scope)
    ]
    return found[-1] if found else None


def _is_on(scope: str, wanted: str) -> bool:
    """A container that is to be made in an account has a scope of its own."""
    return scope == wanted or (wanted.count("/") == 8 and scope.startswith(f"{wanted}/"))


def mismatch(row: Row, verdict: Verdict) -> str:
    """Return how a verdict differs from its row; empty if it does not."""
    if verdict.allowed != row.allowed:
        return f"{row}, by the table; but it was {'allowed' if verdict.allowed else 'denied'}"
    if row.by_decision or row.on in {TOKEN, API}:
        return ""
    if verdict.record is None:
        return f"{row}: the audit says nothing of it"
    adds_only = verdict.refusal == _NEVER_OVERWRITES
    wanted = Outcome.ALLOWED if row.allowed or adds_only else Outcome.DENIED
    if verdict.record.outcome is not wanted:
        return f"{row}: the audit says {verdict.record.outcome}"
    return ""


def _is_data(action: str) -> bool:
    return _DATA.search(action) is not None
