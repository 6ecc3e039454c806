"""The examination: get a token, use each right, and compare with the role assignments."""

import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential

from local.doctor.cached_credential import CachedCredential
from local.doctor.chain import Answer, ask, claims_of
from local.doctor.evidence import AppRole, Evidence, Finding, Subject
from local.doctor.grants import Grant, of
from local.doctor.traps import recognised
from local.probes import Missing, Prober
from local.rights import Right

_APP_ROLE = re.compile(r"\w+(?:\.\w+)+")


@dataclass(frozen=True)
class Diagnosis:
    """The result: the signed-in identity, the rights that work and those that do not, the traps."""

    subject: Subject
    answer: Answer
    met: tuple[Right, ...]
    unmet: tuple[Missing, ...]
    app_role: AppRole | None
    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        lacks_role = self.app_role is not None and not self.app_role.in_token
        return bool(self.answer.by) and not (self.unmet or self.findings or lacks_role)

    def assigned(self, right: Right) -> tuple[Grant, ...] | None:
        """Return the caller's own grants on the right's scope or above; None if unreadable."""
        if self.subject.grants is None:
            return None
        return of(self.answer.object_id, right.scope, self.subject.grants)


@contextmanager
def acting(variables: Mapping[str, str]) -> Iterator[None]:
    """Run this process with `variables` and without its own Azure variables.

    Lower-case proxy variables are removed too: they would take precedence.
    """
    before = dict(os.environ)
    for name in before:
        if name.startswith(("AZURE_", "IDENTITY_")) or name.upper() in variables:
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def open_credential(variables: Mapping[str, str]) -> DefaultAzureCredential:
    """Open the credential as the services do, but without retries.

    Raises ValueError without AZURE_TOKEN_CREDENTIALS.
    """
    return DefaultAzureCredential(
        require_envvar=True,
        managed_identity_client_id=variables.get("AZURE_CLIENT_ID"),
        retry_total=0,
        connection_timeout=3,
    )


def examine(subject: Subject, credential: DefaultAzureCredential) -> Diagnosis:
    """Get a token and probe each right; the process must already act as the subject."""
    answer = ask(credential)
    missing = (*_probed(subject, credential), *_unlisted(subject)) if answer.by else ()
    role = _app_role(subject, credential) if answer.by else None
    evidence = Evidence(subject, answer, missing, role)
    wrong = {each.right for each in missing}
    return Diagnosis(
        subject=subject,
        answer=answer,
        met=tuple(each for each in subject.rights if answer.by and each not in wrong),
        unmet=missing,
        app_role=role,
        findings=recognised(evidence),
    )


def _probed(subject: Subject, credential: DefaultAzureCredential) -> Iterator[Missing]:
    prober = Prober(CachedCredential(credential), subject.endpoints)
    with ThreadPoolExecutor(max(len(subject.rights), 1)) as pool:
        yield from (each for each in pool.map(prober.missing, subject.rights) if each)


def _unlisted(subject: Subject) -> Iterator[Missing]:
    return (Missing(each, True, "refused while it starts") for each in subject.unlisted)


def _app_role(subject: Subject, credential: TokenCredential) -> AppRole | None:
    """Return the needed app role and whether the token has it; None if none is needed."""
    principal, api = subject.principal, subject.api
    if principal is None or not api or api not in subject.variables.values():
        return None
    held = {role for each in principal.every_id for role in subject.app_roles.get(each, ())}
    for role in sorted(held | set(_proved_app_roles(subject))):
        assigned = role in subject.app_roles.get(principal.principal_id, ())
        return AppRole(role, role in _token_roles(credential, api), assigned)
    return None


def _proved_app_roles(subject: Subject) -> Iterator[str]:
    """Yield the app roles that the service waits for; other operations contain no dot."""
    for each in subject.waits_for:
        operation = each.partition(" on ")[0]
        if _APP_ROLE.fullmatch(operation):
            yield operation


def _token_roles(credential: TokenCredential, api: str) -> tuple[str, ...]:
    try:
        return tuple(claims_of(credential, f"{api}/.default").get("roles", ()))
    except ClientAuthenticationError:
        return ()
