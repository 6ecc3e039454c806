"""Step 1 of the walk: whom a request speaks for. What it shows is verified, or it is refused."""

from collections.abc import Sequence

from sandbox.entra import Caller, TokenRefused, Verifier
from sandbox.telemetry.refusal import unauthorized


def authenticate(verifier: Verifier, authorization: Sequence[str]) -> Caller:
    """The caller that the Authorization headers prove. Raises Refusal 401."""
    bearers = [each.partition(" ") for each in authorization]
    if len(bearers) != 1 or bearers[0][0].lower() != "bearer":
        raise unauthorized("there is not one bearer token")
    try:
        return verifier.verify(bearers[0][2].strip(" "))
    except TokenRefused as refused:
        raise unauthorized(f"the token is {refused.reason}") from None
