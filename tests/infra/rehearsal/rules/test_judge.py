"""The findings of a table of rules in a plan: their severity, and the rules that apply."""

import json
from pathlib import Path
from typing import Any

from infra.rehearsal.arm import plan_of
from infra.rehearsal.plan import Severity
from infra.rehearsal.rules import judge, that_apply

CASES = Path(__file__).parent / "cases"
RESOURCES: dict[str, Any] = {
    "vault": {"type": "Microsoft.KeyVault/vaults", "name": "kv-photos-4711"},
    "worker": {"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "name": "id-worker"},
    "key": {"type": "Microsoft.KeyVault/vaults/secrets", "name": "kv-photos-4711/key"},
}


def template(**waits_for: list[str]) -> dict[str, Any]:
    resources = {
        name: {"apiVersion": "2024-11-01", **each, "dependsOn": waits_for.get(name, [])}
        for name, each in RESOURCES.items()
    }
    return {"languageVersion": "2.0", "resources": resources}


def test_what_nothing_orders_and_begins_together_is_refused() -> None:
    (found,) = judge(plan_of(template()))
    assert (found.rule, found.resource, found.severity) == ("parent-first", "key", Severity.REFUSED)


def test_what_nothing_orders_and_begins_later_all_the_same_is_a_warning() -> None:
    (found,) = judge(plan_of(template(key=["worker"])))
    assert found.severity is Severity.WARNED
    assert "luck" in found.what


def test_luck_is_no_excuse_where_the_worst_counts() -> None:
    (found,) = judge(plan_of(template(key=["worker"])), strict=True)
    assert found.severity is Severity.REFUSED


def test_what_is_ordered_is_right() -> None:
    assert judge(plan_of(template(key=["vault"])), strict=True) == []


def test_what_is_there_for_certain_comes_first() -> None:
    given = json.loads((CASES / "probe-with-ingress.json").read_text())["template"]
    worker = given["resources"]["worker"]
    del worker["properties"]["configuration"]["ingress"]
    worker["name"] = "WORKER"
    found = judge(plan_of(given))
    assert [each.severity for each in found] == [Severity.REFUSED, Severity.WARNED]


def test_a_rule_applies_where_one_of_its_types_is_made() -> None:
    applied = that_apply(plan_of(template(key=["vault"])))
    assert {"parent-first", "name-letters", "purge-protection"} <= set(applied)
    assert "pull-first" not in applied
