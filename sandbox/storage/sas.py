"""Verifies a user delegation SAS: a URL with the signature of a principal, and its expiry.

https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from ipaddress import IPv4Address, ip_address

from sandbox.entra import Caller, Verifier
from sandbox.storage.delegation_keys import DelegationKeys, KeyClaims, parse_time
from sandbox.storage.errors import StorageError, refusal
from sandbox.storage.request import BlobRequest, Level, Target
from sandbox.storage.shared_key import sign
from sandbox.storage.versions import exists

# The credential in the records of a request that such a SAS authorizes.
BY_DELEGATION = "user delegation SAS"

_FIRST = "2018-11-09"
_OF_THE_KEY = ("skoid", "sktid", "skt", "ske", "sks", "skv")
_MANDATORY = ("sv", "sr", "sp", "se", "sig", *_OF_THE_KEY)
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
# The header of an answer that each of these fields replaces.
OVERRIDES: Mapping[str, str] = {
    "rscc": "Cache-Control",
    "rscd": "Content-Disposition",
    "rsce": "Content-Encoding",
    "rscl": "Content-Language",
    "rsct": "Content-Type",
}
_DETAIL = "AuthenticationErrorDetail"
_MALFORMED = "Signature fields not well formed."


@dataclass(frozen=True, kw_only=True)
class SasCaller(Caller):
    """The principal that signed a SAS, whose rights are bounded by its `permissions`."""

    permissions: str


def verify_sas(
    request: BlobRequest, account: str, tenant_id: str, keys: DelegationKeys, verifier: Verifier
) -> SasCaller:
    """Return the issuer of the request's SAS. Raises Refusal 403, in Azure's words.

    The issuer's rights are not looked at here. Azure checks the times before the signature: an
    expired SAS shows no string to sign.
    """
    sas = request.target.sas
    now = verifier.now()
    _check_fields(sas)
    if sas["sktid"] != tenant_id:
        raise failed("The key of the signature is of another tenant.")
    _check_frame(sas.get("st", ""), sas["se"], now)
    _check_frame(sas["skt"], sas["ske"], now)
    _check_level(request.target)
    _check_signature(request.target, account, keys)
    _check_address(sas.get("sip", ""), request.source_ip)
    return SasCaller(
        principal_id=sas["skoid"],
        app_id="",
        name=verifier.name_of(sas["skoid"]),
        issuer="",
        expires_at=min(parse_time(sas[each]) for each in ("se", "ske")).timestamp(),
        token_id="",
        credential=BY_DELEGATION,
        permissions=sas["sp"],
    )


def failed(detail: str) -> StorageError:
    """Return the error of a SAS that proves nothing."""
    return refusal("AuthenticationFailed", {_DETAIL: detail})


def string_to_sign(target: Target, account: str) -> str:
    """Return the text that the signature of a user delegation SAS covers, by its version.

    The page has the versions until 2020-12-06; the later fields are those that azure-storage-blob
    12.31.1 signs for Python, and @azure/storage-blob 12.32 for JavaScript.
    """
    sas = target.sas
    version = sas["sv"]

    def since(first: str, *names: str) -> list[str]:
        return [sas.get(name, "") for name in names] if version >= first else []

    return "\n".join(
        [
            *since(_FIRST, "sp", "st", "se"),
            _canonical(target, account),
            *since(_FIRST, *_OF_THE_KEY),
            *since("2020-02-10", "saoid", "suoid", "scid"),
            *since("2025-07-05", "skdutid", "sduoid"),
            *since(_FIRST, "sip", "spr", "sv", "sr"),
            target.parameters.get("snapshot", "") if sas["sr"] == "bs" else "",
            *since("2020-12-06", "ses"),
            *since("2026-04-06", "srh", "srq"),
            *since(_FIRST, *OVERRIDES),
        ]
    )


def _canonical(target: Target, account: str) -> str:
    of_the_blob = "" if target.sas["sr"] == "c" else f"/{target.blob}"
    return f"/blob/{account}/{target.container}{of_the_blob}"


def _check_fields(sas: Mapping[str, str]) -> None:
    """Raise Refusal for a field that is missing, malformed or not offered.

    The first text is Azure's, `reported`; the last is in the error that follows from it.
    """
    for name in _MANDATORY:
        if not sas.get(name, "").strip():
            raise failed(f"{name} is mandatory. Cannot be empty")
    for name, feature in _NOT_OFFERED.items():
        if name in sas:
            raise failed(f"{name}: this sandbox does not offer {feature}.")
    if sas["sr"] not in _RESOURCES:
        raise failed(f"sr={sas['sr']}: this sandbox offers a SAS for b, bs and c.")
    well_formed = (
        exists(sas["sv"]) and sas["sv"] >= _FIRST,
        set(sas["sp"]).issubset(PERMISSIONS),
        sas.get("spr", "https") in _PROTOCOLS,
        sas["sks"] == "b",
    )
    if not all(well_formed):
        raise failed(_MALFORMED)


def _check_frame(start: str, expiry: str, now: float) -> None:
    """Raise Refusal outside of these times.

    Texts: microsoft/AzureStorageExplorer issues 3163 and, for a SAS without a start, 6198.
    """
    try:
        begins = parse_time(start).timestamp() if start else now
        ends = parse_time(expiry).timestamp()
    except (ValueError, OverflowError):
        raise failed(_MALFORMED) from None
    if begins >= ends:
        raise failed(
            f"Signed expiry time [{_shown(ends)}] has to be after signed start time"
            f" [{_shown(begins)}]"
        )
    if not begins <= now < ends:
        raise failed(
            f"Signature not valid in the specified time frame: Start [{_shown(begins)}] - Expiry"
            f" [{_shown(ends)}] - Current [{_shown(now)}]"
        )


def _shown(moment: float) -> str:
    return format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)


def _check_signature(target: Target, account: str, keys: DelegationKeys) -> None:
    """Raise Refusal unless the key signed this. Text: Azure/azure-sdk-for-java issue 39134."""
    sas = target.sas
    claims = KeyClaims(*(sas[name] for name in _OF_THE_KEY))
    text = string_to_sign(target, account)
    computed = sign(text, keys.key(account, claims))
    if not hmac.compare_digest(computed.encode(), sas["sig"].encode()):
        error = failed(f"Signature did not match. String to sign used was {text}")
        error.reason = f"{error.code}: the signature of the SAS does not fit"
        raise error


def _check_level(target: Target) -> None:
    """Raise Refusal for a resource that the SAS is not for. Text: azure-sdk-for-net issue 18108."""
    resource = target.sas["sr"]
    of_a_snapshot = "snapshot" in target.parameters
    fits = of_a_snapshot if resource == "bs" else resource == "c" or not of_a_snapshot
    if target.level not in _RESOURCES[resource] or not fits:
        raise failed("The specified signed resource is not allowed for the this resource level")


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
        raise failed(_MALFORMED) from None
    address = ip_address(found) if found else None
    if not isinstance(address, IPv4Address) or not lowest <= address <= highest:
        message = f"{_NOT_FROM_THERE} {found}."
        raise refusal("AuthorizationSourceIPMismatch", message=message)


_NOT_FROM_THERE = "This request is not authorized to perform this operation using this source IP"
