"""Verifies the signature of a request that is signed with an account's key.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

import base64
import hashlib
import hmac
import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from sandbox.entra import Caller
from sandbox.storage.account_keys import AccountKeys
from sandbox.storage.errors import StorageError, refusal
from sandbox.storage.request import BlobRequest

# The caller of a request that a key authorizes: nobody knows who holds it.
BY_KEY = Caller("", "", "", "", math.inf, "")

_SIGNED = (
    *("content-encoding", "content-language", "content-length", "content-md5", "content-type"),
    *("date", "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"),
)
# "No older than 15 minutes", says the page.
_OLDEST = 15 * 60
# The service sorts the first, in this order, before digits and letters. The last two decide only
# between names that are alike without them: Azure/azure-sdk-for-python, azure-storage-blob,
# azure/storage/blob/_shared/authentication.py
_FIRST, _LAST = "!#$%&*.^_`|~+", "'-"
_RANKS = {each: chr(rank) for rank, each in enumerate(_FIRST, 1)}
_ORDER = str.maketrans(_RANKS | dict.fromkeys(_LAST, ""))
_DETAIL = "AuthenticationErrorDetail"


def verify(request: BlobRequest, signature: str, keys: AccountKeys, now: float) -> Caller:
    """Return the caller without an identity. Raises Refusal 403, in Azure's words.

    `signature` is the text behind the scheme, `<account>:<base64>`; `now` is in seconds since the
    epoch. Text: Azure/azure-storage-python issue 254.
    """
    _check_date(request.sent_headers, now)
    text = string_to_sign(request, keys.account)
    account, _, found = signature.partition(":")
    computed = [sign(text, key) for key in keys.by_name.values()]
    fits = [hmac.compare_digest(each.encode(), _octets(found)) for each in computed]
    if account != keys.account or not any(fits):
        error = _failed(
            f"The MAC signature found in the HTTP request '{found}' is not the same as any computed"
            f" signature. Server used following string to sign: '{text}'."
        )
        # The signature may be good elsewhere, so the audit has none.
        error.reason = f"{error.code}: the signature is not by a key of this account"
        raise error
    return BY_KEY


def sign(text: str, key: bytes) -> str:
    """Return the signature of `text` in base64."""
    return base64.b64encode(hmac.digest(key, _octets(text), hashlib.sha256)).decode()


def string_to_sign(request: BlobRequest, account: str) -> str:
    """Return the text that a signature covers; it leaves out the length of an empty body."""
    sent = {name.lower(): value for name, value in request.sent_headers.items()}
    if sent.get("content-length") == "0":
        del sent["content-length"]
    if "x-ms-date" in sent:
        sent.pop("date", None)
    ours = sorted((name for name in sent if name.startswith("x-ms-")), key=_rank)
    parameters = {name.lower(): value for name, value in request.target.parameters.items()}
    return "\n".join(
        [
            request.method,
            *(sent.get(name, "") for name in _SIGNED),
            *(f"{name}:{sent[name].strip()}" for name in ours),
            f"/{account}{request.sent_path}",
            *(f"{name}:{parameters[name]}" for name in sorted(parameters)),
        ]
    )


def _rank(name: str) -> tuple[str, list[int]]:
    return name.translate(_ORDER), [_LAST.find(each) for each in name]


def _check_date(headers: Mapping[str, str], now: float) -> None:
    """Raise Refusal for a request without a date, or with one from long ago.

    The second text is Azure's, from public reports of its answers; the first is ours.
    """
    written = headers.get("x-ms-date") or headers.get("Date", "")
    try:
        sent_at = parsedate_to_datetime(written).timestamp()
    except (ValueError, OverflowError):
        raise _failed("The request has no valid date: neither x-ms-date nor Date.") from None
    if now - sent_at > _OLDEST:
        raise _failed(f"Request date header too old: '{written}'")


def _failed(detail: str) -> StorageError:
    return refusal("AuthenticationFailed", {_DETAIL: detail})


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
