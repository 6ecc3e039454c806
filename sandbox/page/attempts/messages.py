"""Requests to Service Bus: links that carry no message, and a peek, which takes none."""

from collections.abc import Iterator

from sandbox.deployment import Namespace
from sandbox.entra import BUS
from sandbox.page.attempts.attempt import PEEK, RECEIVE_LINK, SEND_LINK, Attempt
from sandbox.rbac import Requirement
from sandbox.servicebus.name import RECEIVE, SEND


def of_namespace(namespace: Namespace) -> Iterator[Attempt]:
    """Yield the requests on the entities of a namespace."""
    for queue in namespace.queues:
        yield _sending(namespace, queue.id, queue.name)
        yield from _receiving(namespace, queue.id, queue.name)
    for topic in namespace.topics:
        yield _sending(namespace, topic.id, topic.name)
        for each in topic.subscriptions:
            path = f"{topic.name}/Subscriptions/{each.name}"
            yield from _receiving(namespace, each.id, path)


def _sending(namespace: Namespace, scope: str, path: str) -> Attempt:
    return _asked(namespace, "send", Requirement.of(scope, SEND), SEND_LINK, path)


def _receiving(namespace: Namespace, scope: str, path: str) -> Iterator[Attempt]:
    needs = Requirement.of(scope, RECEIVE)
    dead = f"{path}/$deadletterqueue"
    yield _asked(namespace, "receive", needs, RECEIVE_LINK, path)
    yield _asked(namespace, "receive dead letters", needs, RECEIVE_LINK, dead)
    yield _asked(namespace, "peek", needs, PEEK, path)


def _asked(namespace: Namespace, verb: str, needs: Requirement, method: str, path: str) -> Attempt:
    return Attempt(verb, needs, audience=BUS, host=namespace.host, method=method, path=path)
