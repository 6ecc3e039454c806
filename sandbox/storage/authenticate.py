"""Who asks? Only a token of Entra proves it; keys and signatures are off, as the Bicep says.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
"""

from collections.abc import Mapping

from sandbox.assumptions import LIKELY, Assumptions
from sandbox.entra import BLOB, Caller, Reason, TokenRefused, Verifier
from sandbox.storage.errors import Refused
from sandbox.storage.request import BlobRequest
from sandbox.storage.versions import version_of

# Storage takes tokens since this version; https://learn.microsoft.com/rest/api/storageservices/versioning-for-the-azure-storage-services
_FIRST_WITH_TOKENS = "2017-11-09"
# Since this version a refusal says where to get a token, and its status is 401.
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
# What of them is told. Expiry and audience are, in these words: azure-sdk-for-net issue 42859 and
# AzureStor issue 119 have live answers.
_TOLD: Mapping[str, frozenset[Reason]] = {
    "told": frozenset(Reason),
    "left-out": frozenset({Reason.AUDIENCE, Reason.EXPIRED}),
}
_DETAIL = "AuthenticationErrorDetail"

# The parameters of a shared access signature.
_SIGNED_URL = frozenset(
    {"rscc", "rscd", "rsce", "rscl", "rsct", "saoid", "scid", "sdd", "se", "ses", "si", "sig"}
    | {"sip", "ske", "skoid", "sks", "skt", "sktid", "skv", "sp", "spr", "sr", "srt", "ss", "st"}
    | {"suoid", "sv"}
)


def authenticate(
    asked: BlobRequest, verifier: Verifier, tenant_id: str, assumed: Assumptions = LIKELY
) -> Caller:
    """The caller that a verified token speaks for. Raises Refused as Azure words it."""
    _refuse_preflight(asked)
    _refuse_signed_url(asked.target.parameters)
    scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            _check_version(asked)
            return _verified(asked, token.strip(), verifier, tenant_id, assumed)
        case "sharedkey" | "sharedkeylite":
            raise Refused("KeyBasedAuthenticationNotPermitted")
        case "":
            raise _nobody(asked, tenant_id)
        case _:
            detail = {_DETAIL: f"Authentication scheme {scheme} is not supported."}
            raise Refused("InvalidAuthenticationInfo", detail, challenge(tenant_id))


def challenge(tenant_id: str) -> Mapping[str, str]:
    """Where a client gets a token, and for what. Azure quotes none of the values."""
    authority = f"https://login.microsoftonline.com/{tenant_id}/oauth2/authorize"
    return {"WWW-Authenticate": f"Bearer authorization_uri={authority} resource_id={BLOB}"}


def _check_version(asked: BlobRequest) -> None:
    if version_of(asked.headers) < _FIRST_WITH_TOKENS:
        detail = "Authentication scheme Bearer is not supported in this version."
        raise Refused("AuthenticationFailed", {_DETAIL: detail})


def _verified(
    asked: BlobRequest, token: str, verifier: Verifier, tenant_id: str, assumed: Assumptions
) -> Caller:
    try:
        return verifier.verify(token)
    except TokenRefused as refused:
        detail = {_DETAIL: _DETAILS[refused.reason]}
        told = refused.reason in _TOLD[assumed.blob_token_detail]
        if version_of(asked.headers) < _FIRST_WITH_CHALLENGE:
            raise _before_challenges(refused.reason, detail, told=told) from refused
        where = challenge(tenant_id)
        raise Refused("InvalidAuthenticationInfo", detail, where, told=told) from refused


def _before_challenges(reason: Reason, detail: Mapping[str, str], *, told: bool) -> Refused:
    """A token that can be read fails with 403: Azure/azure-sdk-for-net issue 10529."""
    if reason is Reason.MALFORMED:
        code = "InvalidAuthenticationInfo"
        return Refused(code, detail, told=False, status=400, message=_WRONG_FORMAT)
    return Refused("AuthenticationFailed", detail, told=told)


def _refuse_preflight(asked: BlobRequest) -> None:
    """A browser asks without a token; no rule has been set that it could match."""
    if asked.method == "OPTIONS":
        raise Refused("CorsPreflightFailure")


def _refuse_signed_url(parameters: Mapping[str, str]) -> None:
    """A signature made with the account's key is off. One made with a user's key comes later."""
    found = _SIGNED_URL & {each.lower() for each in parameters}
    if "skoid" in found:
        detail = "User delegation SAS is not available in this sandbox yet."
        raise Refused("AuthenticationFailed", {_DETAIL: detail})
    if found:
        raise Refused("KeyBasedAuthenticationNotPermitted")


def is_signed_url(parameters: Mapping[str, str]) -> bool:
    """Return whether an address carries a shared access signature."""
    return not _SIGNED_URL.isdisjoint(each.lower() for each in parameters)


def _nobody(asked: BlobRequest, tenant_id: str) -> Refused:
    if version_of(asked.headers) < _FIRST_WITH_CHALLENGE:
        return Refused("PublicAccessNotPermitted")
    return Refused("NoAuthenticationInformation", headers=challenge(tenant_id))
