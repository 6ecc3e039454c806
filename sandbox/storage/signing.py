"""Signs a request with Azurite's own key, which never leaves the sandbox.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache

from sandbox.storage.forward import Forwarded

_SIGNED = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)


def signed_headers(
    forwarded: Forwarded, length: int | None, account: str, key: bytes
) -> dict[str, str]:
    """Return the headers of `forwarded` with its length, the date and a signature."""
    headers = dict(forwarded.headers)
    headers["x-ms-date"] = _date(int(time.time()))
    if length is not None:
        headers["content-length"] = str(length)
    text = _string_to_sign(forwarded, headers, account)
    signature = base64.b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode()
    headers["authorization"] = f"SharedKey {account}:{signature}"
    return headers


def _string_to_sign(forwarded: Forwarded, headers: Mapping[str, str], account: str) -> str:
    """Return the text that a signature covers; it leaves out the length of an empty body."""
    known = {name.lower(): value for name, value in headers.items()}
    if known.get("content-length") == "0":
        del known["content-length"]
    ours = sorted((each for each in known if each.startswith("x-ms-")), key=_as_azurite_sorts)
    parameters = {name.lower(): value for name, value in forwarded.parameters.items()}
    return "\n".join(
        [
            forwarded.method,
            *(known.get(name, "") for name in _SIGNED),
            *(f"{name}:{known[name]}" for name in ours),
            f"/{account}{forwarded.path}",
            *(f"{name}:{parameters[name]}" for name in sorted(parameters)),
        ]
    )


def _as_azurite_sorts(name: str) -> str:
    """Return `name` with `_` and `-` before digits and letters."""
    return name.replace("_", "\x01").replace("-", "\x02")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
