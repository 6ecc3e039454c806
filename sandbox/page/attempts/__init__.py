"""The requests that the page can try, each with the right that it requires.

A request that is sent changes nothing that the deployment's services use: it reads, it attaches a
link, it fails by its own condition, or it adds a blob of the page's own. One that would disturb
them is sent only while it is denied, and one that no plane carries out is only decided.
"""

from collections.abc import Iterator

from sandbox.deployment import Deployment
from sandbox.page.attempts.attempt import LINKS, NEW, PEEK, RECEIVE_LINK, SEND_LINK, Attempt, Needs
from sandbox.page.attempts.blobs import of_account
from sandbox.page.attempts.control import of_component, of_entities, of_roles_on
from sandbox.page.attempts.entities import of_management
from sandbox.page.attempts.messages import of_namespace
from sandbox.page.attempts.secrets import ANOTHER, of_vault
from sandbox.page.attempts.tokens import IDENTITY_ENDPOINT, of_api, of_endpoint

__all__ = [
    "ANOTHER",
    "IDENTITY_ENDPOINT",
    "LINKS",
    "NEW",
    "PEEK",
    "RECEIVE_LINK",
    "SEND_LINK",
    "Attempt",
    "Needs",
    "attempts",
]


def attempts(deployment: Deployment) -> Iterator[Attempt]:
    """Yield every request that can be tried on the resources of a deployment."""
    for account in deployment.accounts:
        yield from of_account(account)
    for vault in deployment.vaults:
        yield from of_vault(vault)
    for namespace in deployment.namespaces:
        yield from of_namespace(namespace)
        yield from of_management(namespace)
    for component in deployment.components:
        yield from of_component(component)
    yield from of_api(deployment)
    yield from of_endpoint(deployment)
    yield from of_entities(deployment)
    yield from of_roles_on(deployment)
