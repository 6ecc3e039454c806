"""What only an app's own code can ask: the identity endpoint."""

from collections.abc import Callable, Mapping

import requests

from tests.access.stage import Stage

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


PROBES: Mapping[str, Inside] = {
    "identity-unknown": identity_unknown,
    "identity-wrong-header": identity_wrong_header,
    "identity-none": identity_none,
}


def _own(stage: Stage) -> str:
    return stage.deployment.principal(_APP).client_id


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
