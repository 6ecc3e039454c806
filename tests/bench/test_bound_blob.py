"""The fastest hop in Python signs requests as Azure demands."""

import time

import pytest

from bench.bound.blob import Account, signed_head
from sandbox.refusal import Refusal
from sandbox.storage.account_keys import AccountKeys
from sandbox.storage.request import read_request
from sandbox.storage.shared_key import BY_KEY, verify

ACCOUNT = Account("account", "account.blob.core.windows.net", 10000, b"k" * 64)
GET = ("GET /thumbnails/a HTTP/1.1", "Authorization: Bearer x", "x-ms-range: bytes=0-9")
PUT = ("PUT /thumbnails/a%20b HTTP/1.1", "Content-Type: image/jpeg", "x-ms-blob-type: BlockBlob")


@pytest.mark.parametrize(
    ("head", "length"),
    [(GET, 0), ((*PUT, "Content-Length: 4096"), 4096), ((*PUT, "Content-Length: 0"), 0)],
    ids=["get", "put", "empty put"],
)
def test_a_head_is_signed_with_the_accounts_key(head: tuple[str, ...], length: int) -> None:
    signed, found = signed_head("\r\n".join((*head, "x-ms-version: 2025-11-05")), ACCOUNT)
    assert found == length
    line, *fields = signed.decode().removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = line.split(" ")
    split = (each.partition(": ") for each in fields)
    request = read_request(method, target, ((name, value) for name, _, value in split))
    scheme, _, proof = request.headers["authorization"].partition(" ")
    assert scheme == "SharedKey"
    assert (
        verify(request, proof, AccountKeys("account", {"key1": ACCOUNT.key}), time.time()) is BY_KEY
    )
    with pytest.raises(Refusal):
        verify(request, proof, AccountKeys("account", {"key1": b"o" * 64}), time.time())
