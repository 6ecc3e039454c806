"""The operator's one duty: set the webhook signing key, and hand it to the partner once."""

import base64
import secrets
import ssl
from dataclasses import dataclass

import aiohttp

from sandbox.deployment import Deployment
from sandbox.entra import VAULT, Issuer
from sandbox.partner import Partner
from sandbox.state import State

_DONE = "signing-key-handed-over.json"
_API_VERSION = "7.6"


class SigningKeyError(RuntimeError):
    """The operator could not set the signing key."""


@dataclass(frozen=True)
class Operator:
    """Acts under the operator's own role, which sets the key and cannot read it back."""

    deployment: Deployment
    issuer: Issuer
    partner: Partner
    proxy: str
    trust: ssl.SSLContext

    async def hand_over_once(self, state: State, secret: str) -> None:
        """Set `secret` at first start, through the data plane. Raises SigningKeyError."""
        if state.read_json(_DONE) == secret:
            return
        await self.rotate(secret)
        state.write_json(_DONE, secret)

    async def rotate(self, secret: str) -> None:
        """Make a new key, give it to the partner and to the vault. Raises SigningKeyError."""
        key = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        self.partner.accept(key)
        await self._set(secret, key)

    async def _set(self, secret: str, key: str) -> None:
        token = self.issuer.issue(self.deployment.principal("operator"), VAULT)
        url = f"https://{self.deployment.vault.host}/secrets/{secret}?api-version={_API_VERSION}"
        headers = {"Authorization": f"Bearer {token.text}"}
        body = {"value": key, "attributes": {"enabled": True}}
        async with (
            aiohttp.ClientSession() as session,
            session.put(
                url, json=body, headers=headers, proxy=self.proxy, ssl=self.trust
            ) as answer,
        ):
            if answer.status != 200:
                raise SigningKeyError(f"the vault answered {answer.status}: {await answer.text()}")
