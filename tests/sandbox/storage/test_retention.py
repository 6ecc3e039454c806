"""Deleted data that Azure would keep is refused in words where the template asks for it."""

from typing import Any

import pytest

from sandbox.deployment import StorageAccount
from sandbox.refusal import Refusal
from sandbox.storage.name import name
from sandbox.storage.recognise import Table
from sandbox.storage.request import read_request
from sandbox.storage.retention import check_retention
from tests.sandbox.storage.harness import Storage

POLICIES = ("deleteRetentionPolicy", "containerDeleteRetentionPolicy", "isVersioningEnabled")
LIST = "/originals?restype=container&comp=list"


def asked(method: str, target: str, *retains: str) -> str:
    """Return the policy that a refusal names, or "" for a request that is let through."""
    account: Any = StorageAccount("/account", "account", (), retains=frozenset(retains))
    named = name(read_request(method, target, [("x-ms-version", "2025-11-05")]), account, Table())
    try:
        check_retention(named, account)
    except Refusal as refused:
        return refused.details["Reason"].split()[3].rstrip(":")
    return ""


@pytest.mark.parametrize(
    ("method", "target", "policy"),
    [
        ("PUT", "/originals/a?comp=undelete", "deleteRetentionPolicy"),
        ("GET", f"{LIST}&include=metadata,deleted", "deleteRetentionPolicy"),
        ("GET", f"{LIST}&include=versions", "isVersioningEnabled"),
        ("GET", "/?comp=list&include=deleted", "containerDeleteRetentionPolicy"),
        ("GET", f"{LIST}&include=metadata,snapshots", ""),
        ("DELETE", "/originals/a", ""),
        ("GET", "/originals/a", ""),
    ],
)
def test_a_request_is_refused_under_its_own_policy_alone(
    method: str, target: str, policy: str
) -> None:
    assert asked(method, target, *POLICIES) == policy
    assert asked(method, target, *(each for each in POLICIES if each != policy)) == ""
    assert asked(method, target) == ""


def test_the_template_says_which_policies_there_are(storage: Storage) -> None:
    expected = {"deleteRetentionPolicy", "containerDeleteRetentionPolicy"}
    assert storage.deployment.storage.retains == expected
    for target in (f"{LIST}&include=deleted", "/?comp=list&include=deleted"):
        answer = storage.send("GET", target, "owner")
        assert (answer.status, answer.code) == (501, "NotImplemented")
        assert storage.send("GET", target.replace("deleted", "metadata"), "owner").status == 200
    assert storage.send("GET", f"{LIST}&include=versions", "owner").status == 200
