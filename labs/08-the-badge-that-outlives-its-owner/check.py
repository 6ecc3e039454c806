"""The stolen token opens nothing, and no role is left to the principal that it is of."""

from collections.abc import Iterator
from typing import Any

from cli.lab.probes import Caller, probes_of
from cli.lab.role_proof import judge, send
from cli.lab.run import Finding, Run
from sandbox.deployment.short_names import short_role, short_scope
from sandbox.rbac import Assignments, Policy
from sandbox.testing.identity import Credential, Token

WHO = "gateway (deleted)"
ANOTHER = "it is not the token that was stolen: ./keyless lab reset"


class Stolen(Credential):
    """A credential with one token, whatever it is asked for."""

    def __init__(self, token: str) -> None:
        super().__init__({})
        self._token = token

    def get_token(self, *_: str, **__: Any) -> Token:
        return Token(self._token, 1 << 40)


def check(run: Run) -> Iterator[Finding]:
    """Try the token on every container, then look for roles of its principal."""
    with run.as_identity("gateway"):  # for the way to the sandbox; the token is another's
        yield from _refused(run, run.file("stolen.token").read_text("utf-8").strip())
    assignments = Assignments.kept_in(run.state, run.now)
    left = [each for each in assignments.listed if each.principal_id in run.now.former_ids]
    for each in left:
        role = f"{short_role(assignments.role(each).name)} on {short_scope(each.scope)}"
        yield Finding(WHO, role, "is assigned to a principal that is gone", too_much=True)
    yield Finding(WHO, f"{len(left)} roles")


def _refused(run: Run, token: str) -> Iterator[Finding]:
    caller, before = Caller(run.deployment, Stolen(token)), len(run.records())
    try:
        for each in probes_of(run.deployment, ["blobs"]):
            if each.needs.any_of[0].data:  # the token is not for the control plane
                seen = send(each, caller, run.state, WHO)
                yield judge(WHO, each, Policy(()).decide("", each.needs), seen)
    finally:
        caller.close()
    known = any(each.identity == WHO for each in run.records()[before:])
    yield Finding(WHO, "stolen.token", "" if known else ANOTHER)
