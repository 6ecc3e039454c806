"""User delegation keys: a principal signs shared access signatures with one, by its own rights.

A key is derived from a secret and from its claims, so that none is stored.
https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from sandbox.broken_files import BrokenFileError
from sandbox.state import State
from sandbox.storage.errors import StorageError, refusal
from sandbox.storage.rendering import BOM, DECLARATION

_FILE = "delegation.key"
_BYTES = 32
# "Within seven days of the current time", says the page, of both times.
_LONGEST = timedelta(days=7)
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d))?", re.ASCII)


@dataclass(frozen=True)
class KeyClaims:
    """The claims of a key, which each signature made with it repeats."""

    principal_id: str
    tenant_id: str
    start: str
    expiry: str
    service: str
    version: str


@dataclass(frozen=True)
class DelegationKeys:
    """The user delegation keys of one sandbox."""

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(_BYTES), repr=False)

    @classmethod
    def kept_in(cls, state: State) -> "DelegationKeys":
        """Return the keys of `state`, whose secret is made at first use.

        Raises BrokenFileError, or OSError.
        """
        path = state.path(_FILE)
        if not path.exists():
            state.write(_FILE, secrets.token_bytes(_BYTES))
        secret = path.read_bytes()
        if len(secret) != _BYTES:
            raise BrokenFileError(path, f"it holds {len(secret)} bytes, not {_BYTES}")
        return cls(secret)

    def key(self, account: str, claims: KeyClaims) -> bytes:
        """Return the key with these claims, which is good for one account."""
        text = "\n".join((account, *astuple(claims)))
        return hmac.digest(self.secret, text.encode(), hashlib.sha256)


def parse_time(text: str) -> datetime:
    """Return a moment of ISO 8601. Raises ValueError for a spelling that Azure does not take.

    https://learn.microsoft.com/rest/api/storageservices/formatting-datetime-values
    """
    if not _TIME.fullmatch(text):
        raise ValueError(f"not a time: {text}")
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def check_times(start: str, expiry: str, now: datetime) -> None:
    """Raise Refusal 400 for times that no key can have: at most seven days, and not in the past.

    Azure names the offending node by its value: Azure/azure-sdk-for-net issues 17690 and 45789. It
    is the expiry, for which seven days and a second are too long (Azure/azure-powershell#17183).
    """
    for text in (start, expiry):
        try:
            if parse_time(text) > now + _LONGEST:
                raise _invalid(text)
        except (ValueError, OverflowError):
            raise _invalid(text) from None
    if parse_time(expiry) <= max(parse_time(start), now):
        raise _invalid(expiry)


def written(claims: KeyClaims, key: bytes) -> bytes:
    """Return a key as the document that Azure answers with."""
    elements = {
        "SignedOid": claims.principal_id,
        "SignedTid": claims.tenant_id,
        "SignedStart": claims.start,
        "SignedExpiry": claims.expiry,
        "SignedService": claims.service,
        "SignedVersion": claims.version,
        "Value": base64.b64encode(key).decode(),
    }
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements.items())
    return BOM + DECLARATION + f"<UserDelegationKey>{inner}</UserDelegationKey>".encode()


def _invalid(value: str) -> StorageError:
    return refusal("InvalidXmlNodeValue", {"XmlNodeName": value, "XmlNodeValue": value})
