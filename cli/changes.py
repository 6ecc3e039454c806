"""The changes of a deployment in words, from the answer of a running sandbox."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from sandbox.deployment.short_names import short_role, short_scope

_STYLES = {
    "granted": "green",
    "widened": "yellow",
    "narrowed": "cyan",
    "revoked": "red",
    "made": "green",
    "gone": "red",
}
# What goes with a resource, as on Azure.
_WITH = {
    "container": ", with its blobs",
    "queue": ", with its messages",
    "subscription": ", with its messages",
    "identity": ", with its rights; its tokens prove a deleted identity",
}
_KEPT = ": it stays, since Azure Resource Manager deletes no secret"

# The lists in an answer.
CHANGES = ("roles", "resources", "restarted", "links")

Json = Mapping[str, Any]


def lines(applied: Json) -> Iterator[Text]:
    """Yield a line for each change that `apply` has made."""
    for each in applied["roles"]:
        yield _line(each["kind"], _of_role(each), each["why"])
    for each in applied["resources"]:
        yield _line(each["kind"], _of_resource(each))
    for name in applied["restarted"]:
        yield _line("restarts", f"{name}: its environment or an identity of it changed")
    if applied["links"]:
        yield _line("ended", f"{applied['links']} links of Service Bus")
    if not any(applied[each] for each in CHANGES):
        yield Text("Nothing changes: this deployment is in force already.")


def _line(kind: str, sentence: str, why: str = "") -> Text:
    reason = (f"  ({why})", "dim") if why else ""
    return Text.assemble((f"{kind:<9}", _STYLES.get(kind, "bold")), " ", sentence, reason)


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
