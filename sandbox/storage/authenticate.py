"""Authenticates a request: by a token of Entra's, or by a key, where the account allows keys.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
"""

import time
from collections.abc import Mapping

from sandbox.entra import BLOB, Caller, Reason, TokenRefused, Verifier, scheme_and_token
from sandbox.storage.account_keys import AccountKeys
from sandbox.storage.delegation_keys import DelegationKeys
from sandbox.storage.errors import StorageError, refusal
from sandbox.storage.request import BlobRequest
from sandbox.storage.sas import Kind, verify_by_key, verify_by_user
from sandbox.storage.shared_key import verify
from sandbox.storage.versions import version_of

# Storage takes tokens since this version; https://learn.microsoft.com/rest/api/storageservices/versioning-for-the-azure-storage-services
_FIRST_WITH_TOKENS = "2017-11-09"
# Since this version an error says where to get a token, and its status is 401.
# https://learn.microsoft.com/rest/api/storageservices/version-2019-12-12
_FIRST_WITH_CHALLENGE = "2019-12-12"
# Azure/azure-storage-python tests/recordings/test_common_blob.test_token_credential.yaml.
_WRONG_FORMAT = (
    "Authentication information is not given in the correct format. "
    "Check the value of Authorization header."
)

_SIGNATURE = "Signature validation failed. Signature did not match."
# Azure/azure-sdk-assets java/…/session-records/BlobApiTests.audienceError.json, of 2024-01.
_MALFORMED = "The access token was missing or malformed."
_DETAILS: Mapping[Reason, str] = {
    Reason.MALFORMED: _MALFORMED,
    Reason.ALGORITHM: _SIGNATURE,
    Reason.UNKNOWN_KEY: _SIGNATURE,
    Reason.SIGNATURE: _SIGNATURE,
    Reason.CLAIM: _MALFORMED,
    Reason.ISSUER: "Issuer validation failed. Issuer did not match.",
    Reason.TENANT: "Issuer validation failed. Issuer did not match.",
    Reason.AUDIENCE: "Audience validation failed. Audience did not match.",
    Reason.EXPIRED: "Lifetime validation failed. The token is expired.",
    Reason.NOT_YET_VALID: "Lifetime validation failed. The token is not yet valid.",
}
# Azure has been seen to show these, in these words: azure-sdk-for-net issue 42859 and AzureStor
# issue 119 have live answers.
_SEEN_SHOWN = frozenset({Reason.AUDIENCE, Reason.EXPIRED})
_DETAIL = "AuthenticationErrorDetail"


def authenticate(
    request: BlobRequest,
    verifier: Verifier,
    tenant_id: str,
    *,
    account: str,
    delegation: DelegationKeys,
    every_detail: bool = True,
    keys: AccountKeys | None = None,
) -> Caller:
    """Return the caller that a verified token or a SAS proves, or BY_KEY.

    Raises Refusal as Azure words it.

    Without `every_detail`, an error explains only faults that Azure was seen to explain. `keys` are
    None for an account with `allowSharedKeyAccess: false`:
    https://learn.microsoft.com/azure/storage/common/shared-key-authorization-prevent
    """
    _refuse_preflight(request)
    if request.target.sas:
        _check_sas(request, allows_keys=keys is not None)
        if keys is not None and Kind.of(request.target.sas) is not Kind.USER:
            return verify_by_key(request, keys, verifier.now())
        return verify_by_user(request, account, tenant_id, delegation, verifier)
    scheme, token = scheme_and_token([request.headers.get("Authorization", "")])
    match scheme.lower():
        case "bearer":
            _check_version(request)
            return _verified(request, token, verifier, tenant_id, every_detail=every_detail)
        case "sharedkey" if keys is not None:
            return verify(request, token, keys, time.time())
        case "sharedkeylite" if keys is not None:
            raise _not_offered("Shared Key Lite")
        case "sharedkey" | "sharedkeylite":
            raise refusal("KeyBasedAuthenticationNotPermitted")
        case "":
            raise _unauthenticated(request, tenant_id)
        case _:
            detail = {_DETAIL: f"Authentication scheme {scheme} is not supported."}
            raise refusal("InvalidAuthenticationInfo", detail, challenge(tenant_id))


def challenge(tenant_id: str) -> Mapping[str, str]:
    """Return the header that names a token's source and resource. Azure quotes no value."""
    authority = f"https://login.microsoftonline.com/{tenant_id}/oauth2/authorize"
    return {"WWW-Authenticate": f"Bearer authorization_uri={authority} resource_id={BLOB}"}


def _check_version(request: BlobRequest) -> None:
    if version_of(request.headers) < _FIRST_WITH_TOKENS:
        detail = "Authentication scheme Bearer is not supported in this version."
        raise refusal("AuthenticationFailed", {_DETAIL: detail})


def _verified(
    request: BlobRequest, token: str, verifier: Verifier, tenant_id: str, *, every_detail: bool
) -> Caller:
    try:
        return verifier.verify(token)
    except TokenRefused as refused:
        detail = {_DETAIL: _DETAILS[refused.reason]}
        shown = every_detail or refused.reason in _SEEN_SHOWN
        if version_of(request.headers) < _FIRST_WITH_CHALLENGE:
            raise _before_challenges(refused.reason, detail, shown=shown) from refused
        where = challenge(tenant_id)
        raise refusal("InvalidAuthenticationInfo", detail, where, shown=shown) from refused


def _before_challenges(reason: Reason, detail: Mapping[str, str], *, shown: bool) -> StorageError:
    """Return the error of old versions: 403 if the token is readable (azure-sdk-for-net#10529)."""
    if reason is Reason.MALFORMED:
        code = "InvalidAuthenticationInfo"
        return refusal(code, detail, shown=False, status=400, message=_WRONG_FORMAT)
    return refusal("AuthenticationFailed", detail, shown=shown)


def _refuse_preflight(request: BlobRequest) -> None:
    """Raise Refusal for a browser's preflight: it has no token, and no CORS rule could match it."""
    if request.method == "OPTIONS":
        raise refusal("CorsPreflightFailure")


def _check_sas(request: BlobRequest, *, allows_keys: bool) -> None:
    """Raise Refusal for a SAS by an account key that is off, or one beside another proof."""
    if Kind.of(request.target.sas) is not Kind.USER and not allows_keys:
        raise refusal("KeyBasedAuthenticationNotPermitted")
    if "Authorization" in request.headers:
        detail = "This sandbox takes a SAS or an Authorization header, not both."
        raise refusal("AuthenticationFailed", {_DETAIL: detail})


def _not_offered(way: str) -> StorageError:
    detail = f"{way} is not available in this sandbox yet."
    return refusal("AuthenticationFailed", {_DETAIL: detail})


def _unauthenticated(request: BlobRequest, tenant_id: str) -> StorageError:
    if version_of(request.headers) < _FIRST_WITH_CHALLENGE:
        return refusal("PublicAccessNotPermitted")
    return refusal("NoAuthenticationInformation", headers=challenge(tenant_id))
