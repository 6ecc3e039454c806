"""The changes of a deployment in words."""

from typing import Any

from cli.changes import lines

_GROUP = "/subscriptions/s/resourceGroups/g"
_ACCOUNT = f"{_GROUP}/providers/Microsoft.Storage/storageAccounts/st"
ACCOUNT = {"role": "Storage Blob Data Reader", "scope": _ACCOUNT}
READER = ACCOUNT | {"scope": f"{_ACCOUNT}/blobServices/default/containers/a"}


def said(**applied: Any) -> list[str]:
    nothing: dict[str, Any] = {"roles": [], "resources": [], "restarted": [], "links": 0}
    return [str(each) for each in lines(nothing | applied)]


def resource(kind: str, type_: str, *details: str) -> dict[str, Any]:
    return {"kind": kind, "type": type_, "name": "one", "details": list(details)}


def test_a_role_is_named_with_what_it_replaces_and_why() -> None:
    change = {"kind": "narrowed", "identity": "gateway", "right": READER, "why": "It reads."}
    assert said(roles=[change | {"before": [ACCOUNT]}]) == [
        "narrowed  gateway: Storage Blob Data Reader on containers/a"
        " (before: Storage Blob Data Reader on storageAccounts/st)  (It reads.)"
    ]
    assert said(roles=[change | {"kind": "granted", "before": [], "why": ""}]) == [
        "granted   gateway: Storage Blob Data Reader on containers/a"
    ]


def test_what_goes_with_a_resource_is_said_and_a_secret_stays() -> None:
    assert said(resources=[resource("gone", "container"), resource("kept", "secret")]) == [
        "gone      container one, with its blobs",
        "kept      secret one: it stays, since Azure Resource Manager deletes no secret",
    ]
    assert said(resources=[resource("changed", "queue", "a is 1", "b is 2")]) == [
        "changed   queue one: a is 1; b is 2"
    ]


def test_restarts_and_ended_links_are_changes_and_no_change_is_said() -> None:
    assert said(restarted=["notifier"], links=2)[1] == "ended     2 links of Service Bus"
    assert said() == ["Nothing changes: this deployment is in force already."]
