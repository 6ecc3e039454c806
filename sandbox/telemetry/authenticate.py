"""Step 1 of the walk: whom a request speaks for. What it shows is verified, or it is refused."""

from collections.abc import Sequence

from sandbox.entra import Caller, TokenRefused, Verifier, bearer_token
from sandbox.telemetry.refusal import unauthorized


def authenticate(verifier: Verifier, authorization: Sequence[str]) -> Caller:
    """The caller that the Authorization headers prove. Raises Refusal 401."""
    token = bearer_token(authorization)
    if token is None:
        raise unauthorized("there is not one bearer token")
    try:
        return verifier.verify(token)
    except TokenRefused as refused:
        raise unauthorized(f"the token is {refused.reason}") from None
