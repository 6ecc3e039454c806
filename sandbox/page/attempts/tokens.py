"""Requests that no role of Azure decides: to the deployment's API, and for a token of one's own."""

from collections.abc import Iterator

from sandbox.deployment import Deployment
from sandbox.page.attempts.attempt import Attempt

IDENTITY_ENDPOINT = "identity endpoint"


def of_api(deployment: Deployment) -> Iterator[Attempt]:
    """Yield a call of the registered API, which checks the app role in the caller's token."""
    registration = deployment.registration
    for app in deployment.apps:
        if registration and app.ingress and app.serves(registration.app_id):
            yield Attempt(
                "call the API",
                registration,
                audience=registration.app_id,
                host=app.ingress.host,
                method="GET",
                path="/photos?limit=1",
            )


def of_endpoint(deployment: Deployment) -> Iterator[Attempt]:
    """Yield a request for a token from the code of each app."""
    for app in deployment.apps:
        yield Attempt("get a token in the app's code", app, host=IDENTITY_ENDPOINT, method="GET")
