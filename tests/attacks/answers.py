"""Each plane's answer to a bad token, by its fault: Azure's status, code and words.

The catalog's API, which is ours, answers by RFC 6750.

The sources of Azure's words are in sandbox/storage/authenticate.py,
sandbox/keyvault/authenticate.py, sandbox/telemetry/errors.py and
sandbox/servicebus/errors.py; words without a source are ours, as noted there.
"""

from dataclasses import dataclass

from sandbox.entra import Reason

PLANES = ("blob", "vault", "bus", "telemetry")
CATALOG = "catalog"


@dataclass(frozen=True)
class Answer:
    """An answer of one plane: its error `code`, how its `text` begins, the audit's `reason`.

    A `challenge` says where to get a token; an answer without a `reason` is no refusal.
    """

    status: int
    code: str = ""
    text: str = ""
    reason: str = ""
    challenge: bool = False


Answers = dict[str, Answer]


def _of(reason: Reason, blob: str, vault: str, bus: str) -> Answers:
    detail = f"AuthenticationErrorDetail: {blob}"
    return {
        "blob": Answer(401, "InvalidAuthenticationInfo", blob, detail, challenge=True),
        "vault": Answer(401, "Unauthorized", vault, f"the token is {reason}", challenge=True),
        "bus": Answer(401, "", bus, str(reason)),
        "telemetry": Answer(401, "", _UNAUTHORIZED, f"the token is {reason}"),
        CATALOG: _BAD,
    }


# In the status line, whatever is wrong: the body is not known.
_UNAUTHORIZED = "Unauthorized - please provide the valid authorization token"
_BAD = Answer(401, "invalid_token", "The token ", "The token ", challenge=True)
_LACKS = "The token carries no app role Catalog.Read."


_AGGREGATED = "[AggregatedAuthenticationFailure] Error validating token: 'S2S17001'."
_GARBAGE = "Error validating token: 'S2S12086'."
_SIGNATURE = (
    "Signature validation failed. Signature did not match.",
    _AGGREGATED,
    "InvalidSignature: The token has an invalid signature. TrackingId:",
)
_ISSUER = (
    "Issuer validation failed. Issuer did not match.",
    "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/",
    "InvalidIssuer: Token issuer is invalid. TrackingId:",
)
_MALFORMED = "The access token was missing or malformed."
_BUS_MALFORMED = "Malformed authorization token. TrackingId:"

GOOD = {
    "blob": Answer(200),
    "vault": Answer(200),
    "bus": Answer(202, text="Accepted"),
    "telemetry": Answer(200),
    CATALOG: Answer(200),
}
FORBIDDEN = GOOD | {
    CATALOG: Answer(403, "insufficient_scope", _LACKS, _LACKS, challenge=True),
}
MALFORMED = _of(Reason.MALFORMED, _MALFORMED, _GARBAGE, _BUS_MALFORMED)
CLAIM = _of(Reason.CLAIM, _MALFORMED, _AGGREGATED, _BUS_MALFORMED)
ALGORITHM = _of(Reason.ALGORITHM, *_SIGNATURE)
SIGNATURE = _of(Reason.SIGNATURE, *_SIGNATURE)
UNKNOWN_KEY = _of(
    Reason.UNKNOWN_KEY,
    _SIGNATURE[0],
    "AKV10046: Unable to resolve the key used for signature validation. EncodedJwtHeader: '",
    _SIGNATURE[2],
)
ISSUER = _of(Reason.ISSUER, *_ISSUER)
TENANT = _of(Reason.TENANT, *_ISSUER)
AUDIENCE = _of(
    Reason.AUDIENCE,
    "Audience validation failed. Audience did not match.",
    "AKV10022: Invalid audience. Expected https://vault.azure.net or "
    "cfa8b339-82a2-471a-a3c9-0fc0be7a4093, found: ",
    "InvalidAudience: The authorization header contains a token with a wrong audience. TrackingId:",
)
EXPIRED = _of(
    Reason.EXPIRED,
    "Lifetime validation failed. The token is expired.",
    "[TokenExpired] Error validating token: 'S2S12086'.",
    "ExpiredToken: The token is expired. TrackingId:",
)
NOT_YET_VALID = _of(
    Reason.NOT_YET_VALID,
    "Lifetime validation failed. The token is not yet valid.",
    _AGGREGATED,
    "InvalidToken: The token is not yet valid. TrackingId:",
)
# A head that no server reads to its end; a message that is larger than a link allows.
TOO_LONG = {
    "blob": Answer(400, reason="malformed: LineTooLong"),
    "vault": Answer(400, reason="malformed: LineTooLong"),
    "telemetry": Answer(400, reason="malformed: LineTooLong"),
    CATALOG: Answer(400),
    "bus": Answer(
        0, "amqp:link:message-size-exceeded", "The received message (", "the request is too large"
    ),
}
