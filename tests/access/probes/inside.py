"""What only an app's own code can ask: the identity endpoint, and the tokens that it gives."""

from collections.abc import Callable, Mapping
from typing import Any

import requests

from tests.access.stage import Stage
from tests.access.tokens import claims_of

Inside = Callable[[Stage], str]
_APP, _NONE, _NOBODY = "gateway", "platform", "00000000-0000-0000-0000-000000000000"


def identity_unknown(stage: Stage) -> str:
    return str(_asked(stage, client_id=_NOBODY).status_code)


def identity_wrong_header(stage: Stage) -> str:
    answer = _asked(stage, client_id=_own(stage), header="not the app's")
    assert not answer.content
    return str(answer.status_code)


def identity_none(stage: Stage) -> str:
    answer = _asked(stage, client_id=stage.deployment.principal(_NONE).client_id)
    return "gives" if answer.ok else "keeps"


def claim_idtyp(stage: Stage) -> str:
    claims = _claims(stage)
    assert claims.get("idtyp", "app") == "app"
    return "there" if "idtyp" in claims else "missing"


def token_lifetime(stage: Stage) -> str:
    claims = _claims(stage)
    return str(claims["exp"] - claims["iat"])


PROBES: Mapping[str, Inside] = {
    "identity-unknown": identity_unknown,
    "identity-wrong-header": identity_wrong_header,
    "identity-none": identity_none,
    "claim-idtyp": claim_idtyp,
    "token-lifetime": token_lifetime,
}


def _own(stage: Stage) -> str:
    return stage.deployment.principal(_APP).client_id


def _claims(stage: Stage) -> Mapping[str, Any]:
    return claims_of(_asked(stage, client_id=_own(stage)).json()["access_token"])


def _asked(stage: Stage, client_id: str, header: str = "") -> requests.Response:
    """The endpoint, asked by the app's code, or by whoever does not know its `header`."""
    return requests.get(
        stage.endpoints.surroundings.identity_endpoint,
        params={
            "api-version": "2019-08-01",
            "resource": "https://storage.azure.com",
            "client_id": client_id,
        },
        headers={"X-IDENTITY-HEADER": header or stage.endpoints.planes.headers[_APP]},
        timeout=30,
    )
