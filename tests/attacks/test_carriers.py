"""An object that carries a secret shows it in no message, log or traceback."""

from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.deployment import DeclaredSecret
from sandbox.entra import AccessToken, Reason, TokenRefused
from sandbox.keyvault.encryption import Encryption
from sandbox.keyvault.secret import NewSecret, Properties
from sandbox.servicebus.authenticate import PutToken
from sandbox.servicebus.requests import Request
from sandbox.storage import Azurite
from sandbox.storage.request import BlobRequest, parse_target
from sandbox.supervisor import ServiceReport
from sandbox.supervisor.program import Program


def test_nothing_that_carries_a_secret_shows_it_in_a_message_or_a_log() -> None:
    secret = "a secret"
    key = AESGCM.generate_key(256)
    carriers = [
        AccessToken(secret, "id", "audience", 0, 1),
        BlobRequest("GET", parse_target("/"), {"Authorization": secret}),
        Azurite("account", "host", Path("folder"), 1, secret),
        DeclaredSecret("name", secret, enabled=True),
        NewSecret(secret, Properties()),
        Program("name", (), {"IDENTITY_HEADER": secret}, Path("folder"), Path("log")),
        PutToken("jwt", "audience", secret),
        Request("put-token", {}, secret.encode(), b"", None),
        Encryption(key),
        ServiceReport("name", "url", "ready", 0, {"IDENTITY_HEADER": secret}),
        TokenRefused(Reason.SIGNATURE),
    ]
    for each in carriers:
        assert secret not in f"{each!r}{each}"
        assert repr(key) not in repr(each)
