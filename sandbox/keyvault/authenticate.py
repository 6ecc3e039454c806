"""Authenticate: the caller that a request's token proves, or the challenge to get a token."""

from collections.abc import Sequence

from sandbox.entra import VAULT, Caller, Reason, TokenRefused, Verifier, bearer_token
from sandbox.entra.issuer import issuer_name
from sandbox.keyvault.errors import unauthorized

# Azure/azure-sdk-assets (ce6da959, 2026-05), azure-keyvault-secrets: test_samples_secrets. Both the
# text and the host changed over the years: in 2022 it was login.windows.net.
_MISSING = "AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token."
_LOGIN = "login.microsoftonline.com"
_VAULT_APP = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"
# Microsoft's own tenants, which a vault trusts beside its own.
# Azure/azure-sdk-for-net, sdk/keyvault: ChallengeBasedAuthenticationPolicyTests
_MICROSOFTS = (
    "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
    "e2d54eb5-3869-4f70-8578-dee5fc7331f4",
    "33e01921-4d64-4f8c-a055-5bdaffd5e33d",
    "975f013f-7f24-47e8-a7d3-abc4752bf346",
)
# Azure has one code for most faults of a token.
_AGGREGATED = "[AggregatedAuthenticationFailure] Error validating token: 'S2S17001'."


def authenticate(verifier: Verifier, tenant_id: str, authorization: Sequence[str]) -> Caller:
    """Return the caller that the Authorization headers prove. Raises Refusal 401."""
    token = bearer_token(authorization)
    if token is None:
        raise unauthorized(_MISSING, "there is not one bearer token")
    try:
        return verifier.verify(token)
    except TokenRefused as refused:
        message = _message(refused, tenant_id, token)
        raise unauthorized(message, f"the token is {refused.reason}") from None


def challenge(tenant_id: str) -> str:
    """Return the WWW-Authenticate header: the host, tenant and resource of a token."""
    return f'Bearer authorization="https://{_LOGIN}/{tenant_id}", resource="{VAULT}"'


def _message(refused: TokenRefused, tenant_id: str, token: str) -> str:
    """Return Azure's text, as far as it is known.

    Expired: Azure/azure-sdk-for-python#27266; issuer: azure-sdk-for-js#6221; audience:
    argoproj-labs/argocd-vault-plugin#621; unknown key: hashicorp/terraform-provider-azurerm#30912.
    Those of a malformed token and of all other failures were seen in public traces.
    """
    trusted = ", ".join(issuer_name(each) for each in (tenant_id, *_MICROSOFTS))
    issuers = f"AKV10032: Invalid issuer. Expected one of {trusted}, found"
    # The header of a token proves nothing, and names the key that was not found.
    header = token.partition(".")[0]
    known = {
        Reason.MALFORMED: "Error validating token: 'S2S12086'.",
        Reason.EXPIRED: "[TokenExpired] Error validating token: 'S2S12086'.",
        Reason.ISSUER: f"{issuers} {refused.found}.",
        Reason.TENANT: f"{issuers} {issuer_name(refused.found)}.",
        Reason.AUDIENCE: (
            f"AKV10022: Invalid audience. Expected {VAULT} or {_VAULT_APP}, found: {refused.found}."
        ),
        Reason.UNKNOWN_KEY: (
            "AKV10046: Unable to resolve the key used for signature validation. "
            f"EncodedJwtHeader: '{header}'."
        ),
    }
    return known.get(refused.reason, _AGGREGATED)
