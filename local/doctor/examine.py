"""The examination: get a token, use each right, and compare with the role assignments."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from azure.identity import DefaultAzureCredential

from local.doctor.app_roles import app_role
from local.doctor.chain import Answer, ask
from local.doctor.evidence import AppRole, Evidence, Finding, Patient
from local.doctor.grants import Grant, of
from local.doctor.kept import Kept
from local.doctor.traps import recognised
from local.probes import Missing, Prober
from local.rights import Right


@dataclass(frozen=True)
class Diagnosis:
    """The result: the signed-in identity, the rights that work and those that do not, the traps."""

    patient: Patient
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
        if self.patient.grants is None:
            return None
        return of(self.answer.object_id, right.scope, self.patient.grants)


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


def examine(patient: Patient, credential: DefaultAzureCredential) -> Diagnosis:
    """Get a token and probe each right; the process must already act as the subject."""
    answer = ask(credential)
    missing = (*_probed(patient, credential), *_unknown(patient)) if answer.by else ()
    role = app_role(patient, credential) if answer.by else None
    evidence = Evidence(patient, answer, missing, role)
    wrong = {each.right for each in missing}
    return Diagnosis(
        patient=patient,
        answer=answer,
        met=tuple(each for each in patient.rights if answer.by and each not in wrong),
        unmet=missing,
        app_role=role,
        findings=recognised(evidence),
    )


def _probed(patient: Patient, credential: DefaultAzureCredential) -> Iterator[Missing]:
    prober = Prober(Kept(credential), patient.endpoints)
    with ThreadPoolExecutor(max(len(patient.rights), 1)) as pool:
        yield from (each for each in pool.map(prober.missing, patient.rights) if each)


def _unknown(patient: Patient) -> Iterator[Missing]:
    return (Missing(each, True, "refused while it starts") for each in patient.unknown)
