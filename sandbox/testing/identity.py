"""An identity of the deployment, as a test takes it: for subprocesses, and in this process."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple, Self

from sandbox import loopback
from sandbox.startup.sitecustomize import Names
from sandbox.supervisor import IDENTITY_VARIABLES
from sandbox.testing.in_process import environment, led

_API_VERSION = "2019-08-01"
_TIMEOUT = 30.0
_DEFAULT = "/.default"
_PATH = "PYTHONPATH"
# azure-identity's variables for other credentials, which DefaultAzureCredential tries first.
# learn.microsoft.com/python/api/overview/azure/identity-readme#environment-variables
_OTHER_SIGN_INS = frozenset(
    {
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "AZURE_USERNAME",
        "AZURE_PASSWORD",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_AUTHORITY_HOST",
        "AZURE_TOKEN_CREDENTIALS",
        "IDENTITY_SERVER_THUMBPRINT",
        "IMDS_ENDPOINT",
        "MSI_ENDPOINT",
        "MSI_SECRET",
    }
)


class Token(NamedTuple):
    """A token and its end in seconds since 1970, as azure.core.credentials.AccessToken has them."""

    token: str
    expires_on: int


class Credential:
    """A credential for any client of the Azure SDK, which gets the tokens of one identity."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """`variables` are those of the identity's environment."""
        self._variables = variables

    # Any, since TokenCredential of azure-core, which the sandbox does without, wants its own type.
    def get_token(self, *scopes: str, **_: Any) -> Any:
        """Return a `Token` for the resource of `scopes`.

        Raises PermissionError with the endpoint's answer if it gives none, and
        requests.RequestException if it does not answer.
        """
        wanted = {"api-version": _API_VERSION, "resource": scopes[0].removesuffix(_DEFAULT)}
        if client_id := self._variables.get("AZURE_CLIENT_ID"):
            wanted["client_id"] = client_id
        answer = loopback.ask(
            "GET",
            self._variables["IDENTITY_ENDPOINT"],
            params=wanted,
            headers={"X-IDENTITY-HEADER": self._variables["IDENTITY_HEADER"]},
            timeout=_TIMEOUT,
        )
        if not answer.ok:
            raise PermissionError(
                f"the identity endpoint answered {answer.status_code}: {answer.text}"
            )
        found = answer.json()
        return Token(found["access_token"], int(found["expires_on"]))

    def close(self) -> None:
        """Do nothing: it keeps no connection."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Identity:
    """One identity, with the way to the sandbox.

    As a context manager, it changes this process's environment: in the block, clients of the Azure
    SDK find the sandbox, and DefaultAzureCredential is this identity. Blocks may be nested; the
    inner one counts.
    """

    def __init__(self, name: str, variables: Mapping[str, str], names: Names) -> None:
        """`variables` lead any program to the sandbox, and `names` lead this one."""
        self.name = name
        self.variables = variables
        self.credential = Credential(variables)
        self._names = names
        self._entered: list[ExitStack] = []

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment for a subprocess: this process's own, under this identity."""
        kept = {name: value for name, value in os.environ.items() if name not in self._unset()}
        return {**kept, **self._variables_here()}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(environment(self._variables_here(), self._unset()))
            stack.enter_context(led(self._names))
            self._entered.append(stack.pop_all())
        return self

    def __exit__(self, *_: object) -> None:
        self._entered.pop().close()

    def _variables_here(self) -> dict[str, str]:
        """Return the variables, with this process's own PYTHONPATH behind the sandbox's."""
        ours, own = self.variables[_PATH], os.environ.get(_PATH, "")
        others = [each for each in own.split(os.pathsep) if each and each != ours]
        return {**self.variables, _PATH: os.pathsep.join([ours, *others])}

    def _unset(self) -> set[str]:
        """Return the variables that would lead past the sandbox, or to another identity."""
        # Clients prefer a proxy variable in lower case to the sandbox's, which is in upper case.
        small = {name.lower() for name in self.variables if name.endswith("_PROXY")}
        return (small | IDENTITY_VARIABLES | _OTHER_SIGN_INS) - self.variables.keys()
