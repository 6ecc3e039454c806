"""The Authorization header of a request, as each plane over HTTPS reads it."""

from collections.abc import Sequence


def bearer_token(authorization: Sequence[str]) -> str | None:
    """Return the token of a request's Authorization headers; None unless they are one, a bearer."""
    if len(authorization) != 1:
        return None
    scheme, _, token = authorization[0].partition(" ")
    return token.strip(" ") if scheme.lower() == "bearer" else None
