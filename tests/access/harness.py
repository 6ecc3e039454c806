"""The sandbox's endpoints without its services, in this process, so that its policy can change.

The SDKs come in through the proxy, as they do everywhere.
"""

import asyncio
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from azure.core.credentials import AccessToken, TokenCredential
from azure.identity import ManagedIdentityCredential

from local.questions.asker import Entities, Hosts
from sandbox.assumptions import LIKELY, Assumptions
from sandbox.audit import FILE, Record, read
from sandbox.deployment import (
    ContainerApp,
    Deployment,
    Principal,
    PrincipalKind,
    Registration,
    RoleAssignment,
)
from sandbox.rbac import Policy
from sandbox.state import State
from sandbox.supervisor.endpoints import Endpoints
from sandbox.supervisor.options import Options
from sandbox.supervisor.start import start
from tests.access.actor import Actor
from tests.sandbox.servicebus.fast_sdk import without_sleeps

_ADMIN = Principal("administrator", PrincipalKind.USER, "57a6e4a4-0000-4000-8000-000000000057", "")
_ADMIN_ROLES = (
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",  # Storage Blob Data Owner
    "00482a5a-887f-4fb3-b363-3b7fe8e74483",  # Key Vault Administrator
    "090c5cfd-751d-490a-894a-3ce6f1109419",  # Azure Service Bus Data Owner
)


@dataclass(frozen=True)
class Issued(TokenCredential):
    """A user's tokens, by the sandbox's own Entra: users sign in, which is tested elsewhere."""

    endpoints: Endpoints
    principal: Principal

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        resource = scopes[0].removesuffix("/.default")
        token = self.endpoints.planes.issuer.issue(self.principal, resource)
        return AccessToken(token.text, int(token.expires_on))


@dataclass(frozen=True)
class Managed(TokenCredential):
    """A managed identity's tokens, by the SDK, which looks at its surroundings each time."""

    credential: TokenCredential
    surroundings: Mapping[str, str] = field(repr=False)

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        with patch.dict(os.environ, self.surroundings):
            return self.credential.get_token(*scopes, **options)


@dataclass(frozen=True)
class Harness:
    """The running endpoints, and an actor for each identity."""

    endpoints: Endpoints
    state: State
    actors: dict[str, Actor] = field(default_factory=dict)

    @property
    def deployment(self) -> Deployment:
        return self.endpoints.planes.deployment

    @property
    def admin(self) -> Actor:
        """The administrator, with every right and in no table."""
        return self._actor(_ADMIN.name, lambda: Issued(self.endpoints, _ADMIN))

    def actor(self, name: str) -> Actor:
        """The identity called `name`, with tokens as it gets them on Azure."""
        principal = self.deployment.principal(name)
        if principal.kind is PrincipalKind.USER:
            return self._actor(name, lambda: Issued(self.endpoints, principal))
        return self._actor(name, lambda: self.managed(name, name))

    def managed(self, app: str, identity: str) -> "Managed":
        """Return the credential with which code in `app` gets tokens of `identity`."""
        principal = self.deployment.principal(identity)
        by_system = principal.kind is PrincipalKind.SYSTEM_ASSIGNED
        endpoint = {
            "IDENTITY_ENDPOINT": self.endpoints.environment.identity_endpoint,
            "IDENTITY_HEADER": self.endpoints.planes.headers[app],
        }
        with patch.dict(os.environ, endpoint):
            client_id = None if by_system else principal.client_id
            return Managed(ManagedIdentityCredential(client_id=client_id), endpoint)

    def enforce(self, assignments: Iterable[RoleAssignment], roles: Iterable[Any]) -> None:
        """Decide by these from now on, as if deployed; the administrator keeps its own roles."""
        own = (
            RoleAssignment(
                f"admin-{role}",
                f"/subscriptions/{self.deployment.subscription_id}",
                _ADMIN.principal_id,
                f"/providers/Microsoft.Authorization/roleDefinitions/{role}",
                "Sets the harness.",
            )
            for role in _ADMIN_ROLES
        )
        self.endpoints.planes.gate.policy = Policy((*assignments, *own), roles)

    def attach(self, apps: Iterable[ContainerApp]) -> None:
        """Give tokens by these apps' identities from now on; earlier tokens are dropped."""
        planes = self.endpoints.planes
        planes.identity.apps = {planes.headers[app.name]: app for app in apps}
        self.actors.clear()

    def register(self, registration: Registration | None) -> None:
        """Issue tokens for this registration from now on; earlier tokens are dropped."""
        self.endpoints.planes.issuer.registration = registration
        self.endpoints.planes.identity.cache.forget()
        self.actors.clear()

    def audit(self) -> list[Record]:
        return list(read(self.state.path(FILE)))

    def _actor(self, name: str, credential: Any) -> Actor:
        if name not in self.actors:
            deployment = self.deployment
            hosts = Hosts(deployment.storage.host, deployment.vault.host, deployment.bus.host)
            entities, port = Entities.of(deployment), self.endpoints.amqp_port
            self.actors[name] = Actor(credential(), hosts, entities, name, port)
        return self.actors[name]


@contextmanager
def running_harness(root: Path, assumed: Assumptions = LIKELY) -> Iterator[Harness]:
    """Endpoints with a state of their own below `root`; they end with the block."""
    state = State.open(root)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="endpoints")
    thread.start()
    stack = AsyncExitStack()
    try:
        options = Options(gallery_port=0, assumed=assumed)
        starting = asyncio.run_coroutine_threadsafe(start(stack, state, options), loop)
        endpoints = starting.result(60)
        with without_sleeps(), patch.dict(os.environ, _way_in(endpoints)):
            harness = Harness(endpoints, state)
            harness.enforce(harness.deployment.assignments, harness.deployment.custom_roles)
            yield harness
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _way_in(endpoints: Endpoints) -> Mapping[str, str]:
    around = endpoints.environment
    return {
        "HTTPS_PROXY": around.proxy,
        "NO_PROXY": "127.0.0.1,localhost",
        "REQUESTS_CA_BUNDLE": str(around.ca),
        "SSL_CERT_FILE": str(around.ca),
    }
