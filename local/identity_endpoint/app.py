"""The endpoint's Flask app: the managed identity protocol of Container Apps."""

import logging
import uuid
from collections.abc import Mapping, Sequence

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from local.identity_endpoint.hand_over import identities
from local.identity_endpoint.identities import Identity, Refusal, asking
from local.identity_endpoint.settings import Settings
from local.identity_endpoint.sign_in import NotSignedInError, SignIn, open_credential
from services.common import server

log = logging.getLogger(__name__)

# The misspelling is Azure's.
_NO_TOKEN = "An unexpected error occured while fetching the AAD Token."  # noqa: S105


def create_app(settings: Settings | None = None) -> Flask:
    """Build the endpoint; it does not ask for a sign-in yet. Raises SettingError or OSError."""
    settings = settings or Settings.load()
    record = settings.sign_in / "record.json"
    sign_in = SignIn(open_credential(settings.tenant, record), record)
    app = build(identities(settings), sign_in)
    server.init_app(app, sign_in)
    return app


def build(known: Sequence[Identity], sign_in: SignIn) -> Flask:
    """Build the app for these identities, with the tokens of `sign_in`."""
    app = Flask(__name__)

    @app.get("/msi/token", provide_automatic_options=False)
    def token() -> ResponseReturnValue:
        identity = asking(known, ",".join(request.headers.getlist("X-IDENTITY-HEADER")))
        if identity is None:
            log.warning("Refused a request without a known X-IDENTITY-HEADER")
            return Response(status=403)
        resource = request.args.get("resource", "")
        try:
            given = _given(identity, request.args, sign_in)
        except Refusal as refusal:
            log.warning("Refused %s %s: %s", identity.service, resource, refusal.message)
            return _refused(refusal)
        log.info("Gave %s a token for %s", identity.service, resource)
        return _as_json(given, resource, identity)

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return {"ok": sign_in.signed_in}, 200 if sign_in.signed_in else 503

    return app


def _given(identity: Identity, query: Mapping[str, str], sign_in: SignIn) -> AccessToken:
    scope = identity.scope(query)
    try:
        return sign_in.token(scope)
    except NotSignedInError as error:
        raise Refusal(500, f"{_NO_TOKEN} At the identity endpoint {error}.") from error
    except ClientAuthenticationError as error:
        log.warning("Entra issued no token for %s: %s", scope, error.message)
        raise Refusal(500, _NO_TOKEN) from error


def _as_json(token: AccessToken, resource: str, identity: Identity) -> Mapping[str, str]:
    return {
        "access_token": token.token,
        "expires_on": str(token.expires_on),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": identity.client_id,
    }


def _refused(refusal: Refusal) -> Response:
    answer = jsonify(
        statusCode=refusal.status, message=refusal.message, correlationId=str(uuid.uuid4())
    )
    answer.status_code = refusal.status
    return answer
