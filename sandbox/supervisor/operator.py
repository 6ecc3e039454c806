"""The operator's one duty: set the webhook signing key, and hand it to the partner."""

import base64
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sandbox.deployment import Deployment
from sandbox.entra import VAULT, Issuer, SigningKey
from sandbox.keyvault import KeyVault
from sandbox.partner import Partner
from sandbox.state import State

_DONE = "signing-key-handed-over.json"
_API_VERSION = "7.6"


class SigningKeyError(RuntimeError):
    """The operator could not set the signing key."""


@dataclass(frozen=True)
class Operator:
    """Acts under the operator's own role, which sets the key and cannot read it back."""

    state: State
    deployment: Deployment
    proxy: str
    ca: Path
    clock: Callable[[], float] = time.time

    async def hand_over_once(self, vault: KeyVault) -> None:
        """Set the key at first start, and where `vault` has lost it, through the data plane.

        Raises SigningKeyError, or ValueError if a file that tells of it is broken.
        """
        done = self.state.read_json(_DONE) == self._secret and self._partner.has_key
        if done and not vault.is_as_declared(self._secret):
            return
        await self.rotate()
        self.state.write_json(_DONE, self._secret)

    async def rotate(self) -> None:
        """Make a new key, give it to the partner and to the vault. Raises SigningKeyError."""
        key = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        self._partner.accept(key)
        await self._set(key)

    @property
    def _partner(self) -> Partner:
        return Partner(self.state, self._notifier["PARTNER_WEBHOOK_URL"])

    @property
    def _notifier(self) -> Mapping[str, str]:
        return self.deployment.app("notifier").environment

    @property
    def _secret(self) -> str:
        return self._notifier["WEBHOOK_SECRET_NAME"]

    def _token(self) -> str:
        issuer = Issuer(SigningKey.kept_in(self.state), self.deployment.tenant_id, self.clock)
        return issuer.issue(self.deployment.principal("operator"), VAULT).text

    async def _set(self, key: str) -> None:
        vault = self.deployment.vault.host
        url = f"https://{vault}/secrets/{self._secret}?api-version={_API_VERSION}"
        headers = {"Authorization": f"Bearer {self._token()}"}
        body = {"value": key, "attributes": {"enabled": True}}
        trust = ssl.create_default_context(cafile=str(self.ca))
        async with (
            aiohttp.ClientSession() as session,
            session.put(url, json=body, headers=headers, proxy=self.proxy, ssl=trust) as answer,
        ):
            if answer.status != 200:
                raise SigningKeyError(f"the vault answered {answer.status}: {await answer.text()}")
