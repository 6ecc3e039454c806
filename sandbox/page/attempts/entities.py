"""Requests of the management client of Service Bus, which has an API of its own at the namespace.

Each needs an action as a data action, and the same as one of the control plane.
"""

from collections.abc import Iterator
from dataclasses import replace

from sandbox.deployment import Namespace
from sandbox.entra import BUS
from sandbox.page.attempts.attempt import NEW, Attempt
from sandbox.rbac import Requirement
from sandbox.servicebus.administration import address_of, requirements

_API = "api-version=2021-05"
_CLIENT = "with the management client"
_RIGHTS = {"GET": "read", "PUT": "write", "DELETE": "delete"}


def of_management(namespace: Namespace) -> Iterator[Attempt]:
    """Yield the requests on a namespace, then those on its entities."""
    scope, made = namespace.id, f"tried-on-the-page-{NEW}"
    yield _asked(namespace, "list the queues", scope, "GET", "$Resources/queues")
    yield _asked(namespace, "create a queue", scope, "PUT", made)
    for queue in namespace.queues:
        yield from _of_entity(namespace, "queue", queue.id, queue.name)
    for topic in namespace.topics:
        yield from _of_entity(namespace, "topic", topic.id, topic.name)
        for each in topic.subscriptions:
            path = f"{topic.name}/subscriptions/{each.name}"
            yield from _of_entity(namespace, "subscription", each.id, path)


def _of_entity(namespace: Namespace, noun: str, scope: str, path: str) -> Iterator[Attempt]:
    yield _asked(namespace, f"read the {noun}", scope, "GET", path)
    change = _asked(namespace, f"change the {noun}", scope, "PUT", path)
    yield replace(change, headers={"If-Match": "*"})
    yield _asked(namespace, f"delete the {noun}", scope, "DELETE", path)


def _asked(namespace: Namespace, verb: str, scope: str, method: str, path: str) -> Attempt:
    needs, also = _requirements(path, _RIGHTS[method], scope)
    return Attempt(
        f"{verb} {_CLIENT}",
        needs,
        audience=BUS,
        host=namespace.host,
        method=method,
        path=f"/{path}?{_API}",
        harm="" if method == "GET" else f"it would {verb}",
        also=(also,),
    )


def _requirements(path: str, right: str, scope: str) -> tuple[Requirement, Requirement]:
    address = address_of(path)
    assert address is not None  # noqa: S101 - an entity has an address
    return requirements(address, right, scope)
