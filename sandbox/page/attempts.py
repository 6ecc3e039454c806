"""The requests that the page can try: each with the right that it requires.

A request that is sent changes nothing that the deployment's services use: it reads, it attaches a
link, or it writes a blob of the page's own. A request that would is decided on, and not sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sandbox.deployment import Deployment, StorageAccount
from sandbox.deployment.short_names import short_scope
from sandbox.entra import BLOB, BUS, MONITOR, VAULT
from sandbox.keyvault.name import GET, LIST, LIST_VERSIONS, SET
from sandbox.rbac import Requirement
from sandbox.servicebus.name import RECEIVE, SEND
from sandbox.storage.actions import DELETE, READ, READ_CONTAINER, WRITE_OR_ADD
from sandbox.telemetry.plane import TRACK

# In a path, it stands for letters that no other request has: a right to add a blob is none to
# replace one.
NEW = "{new}"
_BLOB = f"tried-on-the-page-{NEW}.txt"
SEND_VERB = "send"
_STORAGE = {"x-ms-version": "2021-12-02"}
_VAULT_VERSION = "api-version=7.4"
_REPLACES = "it would replace the secret that the services use"
_SENDS = "it would add to the services' telemetry"


@dataclass(frozen=True)
class Attempt:
    """One request on one resource. Without a `method` it is not sent, and `why_not` says why.

    The method of a link of Service Bus is ATTACH, and its path is the entity's.
    """

    verb: str
    requirement: Requirement
    audience: str
    host: str
    method: str = ""
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    why_not: str = ""

    @property
    def resource(self) -> str:
        return self.requirement.scope

    @property
    def name(self) -> str:
        """The name by which a form chooses it, unique in a deployment."""
        return f"{self.verb} @ {self.resource}"

    @property
    def words(self) -> str:
        return f"{self.verb}: {short_scope(self.resource)}"


def attempts(deployment: Deployment) -> Iterator[Attempt]:
    """Yield every request that can be tried on the resources of a deployment."""
    yield from _of_accounts(deployment)
    yield from _of_vaults(deployment)
    yield from _of_namespaces(deployment)
    for each in deployment.components:
        needs = Requirement.of(each.id, TRACK.action)
        yield Attempt("publish telemetry", needs, MONITOR, each.host, why_not=_SENDS)


def _of_accounts(deployment: Deployment) -> Iterator[Attempt]:
    for account in deployment.accounts:
        everything = Requirement(account.id, READ_CONTAINER)
        path = "/?comp=list"
        yield Attempt("list the containers", everything, BLOB, account.host, "GET", path, _STORAGE)
        for container in account.containers:
            yield from _of_container(account, container)


def _of_container(account: StorageAccount, container: str) -> Iterator[Attempt]:
    blob, listed = f"/{container}/{_BLOB}", f"/{container}?restype=container&comp=list&maxresults=1"
    made, text = {**_STORAGE, "x-ms-blob-type": "BlockBlob"}, b"tried"
    for verb, actions, method, path in (
        ("list the blobs", READ, "GET", listed),
        ("read a blob", READ, "GET", blob),
        ("write a blob", WRITE_OR_ADD, "PUT", blob),
        ("delete a blob", DELETE, "DELETE", blob),
    ):
        needs = Requirement(account.container_id(container), actions)
        headers, body = (made, text) if method == "PUT" else (_STORAGE, None)
        yield Attempt(verb, needs, BLOB, account.host, method, path, headers, body)


def _of_vaults(deployment: Deployment) -> Iterator[Attempt]:
    for vault in deployment.vaults:
        listed = Requirement.of(vault.id, LIST.action)
        path = f"/secrets?{_VAULT_VERSION}"
        yield Attempt("list the secrets", listed, VAULT, vault.host, "GET", path)
        for secret in vault.secrets:
            scope, path = vault.secret_id(secret.name), f"/secrets/{secret.name}"
            for verb, operation, suffix in (
                ("read a secret", GET, ""),
                ("list the versions of a secret", LIST_VERSIONS, "/versions"),
            ):
                needs = Requirement.of(scope, operation.action)
                asked = f"{path}{suffix}?{_VAULT_VERSION}"
                yield Attempt(verb, needs, VAULT, vault.host, "GET", asked)
            needs = Requirement.of(scope, SET.action)
            yield Attempt("set a secret", needs, VAULT, vault.host, why_not=_REPLACES)


def _of_namespaces(deployment: Deployment) -> Iterator[Attempt]:
    for namespace in deployment.namespaces:
        rights = list[tuple[str, str, str, str]]()
        for queue in namespace.queues:
            rights += [(SEND_VERB, queue.id, SEND, queue.name)]
            rights += [("receive", queue.id, RECEIVE, queue.name)]
        for topic in namespace.topics:
            rights += [(SEND_VERB, topic.id, SEND, topic.name)]
            for each in topic.subscriptions:
                path = f"{topic.name}/Subscriptions/{each.name}"
                rights += [("receive", each.id, RECEIVE, path)]
        for verb, scope, action, path in rights:
            needs = Requirement.of(scope, action)
            yield Attempt(verb, needs, BUS, namespace.host, "ATTACH", path)
