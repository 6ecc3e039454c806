"""The operator's one duty: set the signing keys of webhooks, and give them to the partners."""

import base64
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sandbox.deployment import Deployment, Principal
from sandbox.entra import VAULT, Issuer, SigningKey
from sandbox.keyvault import KeyVault
from sandbox.state import State
from sandbox.supervisor.webhook_keys import WebhookKey, partners, webhook_keys

_DONE = "signing-key-handed-over{}.json"
_API_VERSION = "7.6"


class SigningKeyError(RuntimeError):
    """The operator could not set a signing key."""


@dataclass(frozen=True)
class Operator:
    """Acts as the user with the right to set a key, under that user's own role."""

    state: State
    deployment: Deployment
    proxy: str
    ca: Path
    clock: Callable[[], float] = time.time

    async def hand_over_once(self, vaults: Mapping[str, KeyVault]) -> None:
        """Set each key through the data plane at first start, or if its vault has lost it.

        `vaults` are by host. Raises SigningKeyError, or ValueError if its file in the state folder
        is broken.
        """
        for key in webhook_keys(self.deployment):
            done = self.state.read_json(_DONE.format(key.mark)) == key.secret
            known = all(each.has_key for each in partners(self.state, key))
            if not (done and known) or vaults[key.vault.host].is_as_declared(key.secret):
                await self._renew(key)
                self.state.write_json(_DONE.format(key.mark), key.secret)

    async def rotate(self) -> tuple[WebhookKey, ...]:
        """Make new keys for the partners and the vault; return them. Raises SigningKeyError."""
        keys = webhook_keys(self.deployment)
        for key in keys:
            await self._renew(key)
        return keys

    async def _renew(self, key: WebhookKey) -> None:
        value = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        for each in partners(self.state, key):
            each.accept(value)
        await self._set(key, value)

    def _token(self, setter: Principal) -> str:
        issuer = Issuer(SigningKey.kept_in(self.state), self.deployment.tenant_id, self.clock)
        return issuer.issue(setter, VAULT).text

    async def _set(self, key: WebhookKey, value: str) -> None:
        url = f"https://{key.vault.host}/secrets/{key.secret}?api-version={_API_VERSION}"
        headers = {"Authorization": f"Bearer {self._token(key.setter)}"}
        body = {"value": value, "attributes": {"enabled": True}}
        trust = ssl.create_default_context(cafile=str(self.ca))
        async with (
            aiohttp.ClientSession() as session,
            session.put(url, json=body, headers=headers, proxy=self.proxy, ssl=trust) as answer,
        ):
            if answer.status != 200:
                raise SigningKeyError(f"the vault answered {answer.status}: {await answer.text()}")
