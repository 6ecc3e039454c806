"""The rules of each subscription; without rules it silently gets no message."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.azd.tools import az


@dataclass(frozen=True)
class Subscription:
    """A subscription of a topic, with the names of its rules."""

    topic: str
    name: str
    rules: Sequence[str]


def listed(group: str, namespace: str) -> Sequence[Subscription]:
    """Return every subscription of a Service Bus namespace. Raises Stop."""
    within = ("--resource-group", group, "--namespace-name", namespace)
    found = list[Subscription]()
    for topic in _names("topic", *within):
        on = (*within, "--topic-name", topic)
        for name in _names("topic subscription", *on):
            rules = _names("topic subscription rule", *on, "--subscription-name", name)
            found.append(Subscription(topic, name, rules))
    return found


def _names(kind: str, *options: str) -> Sequence[str]:
    found = az("servicebus", *kind.split(), "list", *options, "--query", "[].name")
    return [str(each) for each in found or ()]
