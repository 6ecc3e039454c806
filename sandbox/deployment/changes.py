"""The changes of a deployment in words, from their JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.deployment.short_names import short_role, short_scope

# What goes with a resource, as on Azure.
_WITH = {
    "container": ", with its blobs",
    "queue": ", with its messages",
    "subscription": ", with its messages",
    "identity": ", with its rights; its tokens prove a deleted identity",
}
_KEPT = ": it stays, since Azure Resource Manager deletes no secret"

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One change: a word for its kind, a sentence, and the reason of a right."""

    kind: str
    sentence: str
    why: str = ""


def changes(found: Json) -> Iterator[Change]:
    """Yield each change of a difference, and of the services if it is in force."""
    for each in found["roles"]:
        yield Change(each["kind"], _of_role(each), each["why"])
    for each in found["resources"]:
        yield Change(each["kind"], _of_resource(each))
    for name in found.get("restarted", ()):
        yield Change("restarts", f"{name}: its environment or an identity of it changed")
    if links := found.get("links"):
        yield Change("ended", f"{links} links of Service Bus")


def _of_role(change: Json) -> str:
    before = " and ".join(map(_right, change["before"]))
    then = f" (before: {before})" if before else ""
    return f"{change['identity']}: {_right(change['right'])}{then}"


def _right(right: Json) -> str:
    return f"{short_role(right['role'])} on {short_scope(right['scope'])}"


def _of_resource(change: Json) -> str:
    named, details = f"{change['type']} {change['name']}", "; ".join(change["details"])
    if change["kind"] == "gone":
        return named + _WITH.get(change["type"], "")
    if change["kind"] == "kept":
        return named + _KEPT
    return f"{named}: {details}" if details else named
