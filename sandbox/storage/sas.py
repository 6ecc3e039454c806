"""Verifies a shared access signature: a URL that proves its signer, and bounds the request.

A principal signs with a user delegation key, a program that has the account's key with that.
https://learn.microsoft.com/azure/storage/common/storage-sas-overview
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import Enum
from ipaddress import IPv4Address, ip_address

from sandbox.entra import Caller, Verifier
from sandbox.storage.account_keys import AccountKeys
from sandbox.storage.delegation_keys import DelegationKeys, KeyClaims, parse_time
from sandbox.storage.errors import StorageError, refusal
from sandbox.storage.request import BlobRequest, Level, Target
from sandbox.storage.sas_text import OF_THE_KEY, by_a_key, by_a_user, for_an_account
from sandbox.storage.shared_key import sign
from sandbox.storage.versions import exists

PERMISSIONS = "racwdxyltfmeopi"

_PROTOCOLS = frozenset({"https", "https,http"})
# Fields that would narrow or change a request in a way that is not offered here.
_NOT_OFFERED: Mapping[str, str] = {
    "sdd": "a SAS for a directory",
    "sduoid": "a SAS for one user",
    "ses": "an encryption scope",
    "si": "a stored access policy",
    "skdutid": "a SAS for a user of another tenant",
    "srh": "signed request headers",
    "srq": "signed query parameters",
    "suoid": "a SAS for an unauthorized user",
}
_RESOURCES: Mapping[str, frozenset[Level]] = {
    "b": frozenset({Level.BLOB}),
    "bs": frozenset({Level.BLOB}),
    "c": frozenset({Level.BLOB, Level.CONTAINER}),
}
_DETAIL = "AuthenticationErrorDetail"
_MALFORMED = "Signature fields not well formed."
_NOT_FROM_THERE = "This request is not authorized to perform this operation using this source IP"


class Kind(Enum):
    """A kind of SAS: its name in the audit, its mandatory fields and its first version here."""

    USER = "user delegation SAS", ("sr", "sp", "se", "sig", *OF_THE_KEY), "2018-11-09"
    SERVICE = "service SAS", ("sr", "sp", "se", "sig"), "2015-04-05"
    ACCOUNT = "account SAS", ("ss", "srt", "sp", "se", "sig"), "2015-04-05"

    @classmethod
    def of(cls, sas: Mapping[str, str]) -> "Kind":
        """Return the kind that the fields are of."""
        if "skoid" in sas:
            return cls.USER
        return cls.ACCOUNT if "ss" in sas or "srt" in sas else cls.SERVICE


@dataclass(frozen=True, kw_only=True)
class SasCaller(Caller):
    """The caller of a request with a SAS, whose `permissions` bound the rights of its signer.

    An account SAS has `resource_types`, and so has no resource of its own.
    """

    kind: Kind
    permissions: str
    resource_types: str = ""

    @property
    def is_keyed(self) -> bool:
        """Return whether the account's key signed it, which names no principal."""
        return self.kind is not Kind.USER


def verify_by_user(
    request: BlobRequest, account: str, tenant_id: str, keys: DelegationKeys, verifier: Verifier
) -> SasCaller:
    """Return the principal that signed the request's user delegation SAS. Raises Refusal 403.

    The rights of the principal are not looked at here. Azure checks the times before the
    signature: an expired SAS shows no string to sign.
    """
    sas, now = request.target.sas, verifier.now()
    _check_fields(sas, Kind.USER)
    if sas["sktid"] != tenant_id:
        raise _failed("The key of the signature is of another tenant.")
    if sas["sks"] != "b":
        raise _failed(_MALFORMED)
    _check_frame(sas.get("st", ""), sas["se"], now)
    _check_frame(sas["skt"], sas["ske"], now)
    _check_level(request.target)
    key = keys.key(account, KeyClaims(*(sas[name] for name in OF_THE_KEY)))
    _check_signature(sas["sig"], by_a_user(request.target, account), [key])
    _check_address(sas.get("sip", ""), request.source_ip)
    return SasCaller(
        principal_id=sas["skoid"],
        app_id="",
        name=verifier.name_of(sas["skoid"]),
        issuer="",
        expires_at=min(parse_time(sas[each]) for each in ("se", "ske")).timestamp(),
        token_id="",
        credential=Kind.USER.value[0],
        kind=Kind.USER,
        permissions=sas["sp"],
    )


def verify_by_key(request: BlobRequest, keys: AccountKeys, now: float) -> SasCaller:
    """Return the caller of a request whose SAS a key of the account signed. Raises Refusal 403."""
    sas, kind = request.target.sas, Kind.of(request.target.sas)
    _check_fields(sas, kind)
    _check_frame(sas.get("st", ""), sas["se"], now)
    if kind is Kind.ACCOUNT:
        text = for_an_account(sas, keys.account)
    else:
        _check_level(request.target)
        text = by_a_key(request.target, keys.account)
    _check_signature(sas["sig"], text, keys.by_name.values())
    _check_address(sas.get("sip", ""), request.source_ip)
    if kind is Kind.ACCOUNT and "b" not in sas["ss"]:
        raise refusal("AuthorizationServiceMismatch")
    return SasCaller(
        principal_id="",
        app_id="",
        name="",
        issuer="",
        expires_at=parse_time(sas["se"]).timestamp(),
        token_id="",
        credential=kind.value[0],
        kind=kind,
        permissions=sas["sp"],
        resource_types=sas.get("srt", ""),
    )


def _failed(detail: str) -> StorageError:
    return refusal("AuthenticationFailed", {_DETAIL: detail})


def _check_fields(sas: Mapping[str, str], kind: Kind) -> None:
    """Raise Refusal for a field that is missing, malformed or not offered.

    The text of a missing field is Azure's, `reported`; so is that of malformed ones.
    """
    _, mandatory, first = kind.value
    for name, feature in _NOT_OFFERED.items():
        if name in sas:
            raise _failed(f"{name}: this sandbox does not offer {feature}.")
    for name in ("sv", *mandatory):
        if not sas.get(name, "").strip():
            raise _failed(f"{name} is mandatory. Cannot be empty")
    if kind is not Kind.ACCOUNT and sas["sr"] not in _RESOURCES:
        raise _failed(f"sr={sas['sr']}: this sandbox offers a SAS for b, bs and c.")
    if not exists(sas["sv"]) or sas["sv"] < first:
        raise _failed(f"sv={sas['sv']}: this sandbox offers versions since {first}.")
    well_formed = set(sas["sp"]).issubset(_letters(kind)), sas.get("spr", "https") in _PROTOCOLS
    if not all(well_formed) or not set(sas.get("srt", "")).issubset("sco"):
        raise _failed(_MALFORMED)


def _letters(kind: Kind) -> str:
    # An account SAS may be for queues and tables, too, whose entities are updated and processed.
    return f"{PERMISSIONS}up" if kind is Kind.ACCOUNT else PERMISSIONS


def _check_frame(start: str, expiry: str, now: float) -> None:
    """Raise Refusal outside of these times.

    Texts: microsoft/AzureStorageExplorer issues 3163 and, for a SAS without a start, 6198.
    """
    try:
        begins = parse_time(start).timestamp() if start else now
        ends = parse_time(expiry).timestamp()
    except (ValueError, OverflowError):
        raise _failed(_MALFORMED) from None
    if begins >= ends:
        raise _failed(
            f"Signed expiry time [{_shown(ends)}] has to be after signed start time"
            f" [{_shown(begins)}]"
        )
    if not begins <= now < ends:
        raise _failed(
            f"Signature not valid in the specified time frame: Start [{_shown(begins)}] - Expiry"
            f" [{_shown(ends)}] - Current [{_shown(now)}]"
        )


def _shown(moment: float) -> str:
    return format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)


def _check_signature(found: str, text: str, keys: Iterable[bytes]) -> None:
    """Raise Refusal unless one of the keys signed this. Text: azure-sdk-for-java issue 39134."""
    computed = [sign(text, key) for key in keys]
    if not any(hmac.compare_digest(each.encode(), found.encode()) for each in computed):
        error = _failed(f"Signature did not match. String to sign used was {text}")
        error.reason = f"{error.code}: the signature of the SAS does not fit"
        raise error


def _check_level(target: Target) -> None:
    """Raise Refusal for a resource that the SAS is not for. Text: azure-sdk-for-net issue 18108."""
    resource = target.sas["sr"]
    of_a_snapshot = "snapshot" in target.parameters
    fits = of_a_snapshot if resource == "bs" else resource == "c" or not of_a_snapshot
    if target.level not in _RESOURCES[resource] or not fits:
        raise _failed("The specified signed resource is not allowed for the this resource level")


def _check_address(signed: str, found: str) -> None:
    """Raise Refusal for a caller at another address than the signed one, or one in its range.

    https://learn.microsoft.com/rest/api/storageservices/sas-error-codes
    """
    if not signed:
        return
    first, _, last = signed.partition("-")
    try:
        lowest, highest = IPv4Address(first), IPv4Address(last or first)
    except ValueError:
        raise _failed(_MALFORMED) from None
    address = ip_address(found) if found else None
    if not isinstance(address, IPv4Address) or not lowest <= address <= highest:
        message = f"{_NOT_FROM_THERE} {found}."
        raise refusal("AuthorizationSourceIPMismatch", message=message)
