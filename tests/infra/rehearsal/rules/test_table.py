"""Each rule finds a template that breaks it, and nothing where that one thing is right."""

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.rehearsal.arm import Target, plan_of
from infra.rehearsal.plan import Finding, Plan, Severity, Sure
from infra.rehearsal.rules import RULES, judge, known_types
from infra.rehearsal.rules.rule import Rule
from infra.rehearsal.world import Holding, World

CASES = Path(__file__).parent / "cases"
FROZEN = Path(__file__).parent / "frozen"
GROUP = f"/subscriptions/{Target().subscription}/resourceGroups/{Target().group}"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"


def case(rule: Rule) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((CASES / f"{rule.name}.json").read_text())
    return found


def broken(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The case, changed in the one place that its breach names."""
    changed = copy.deepcopy(dict(given))
    (breach,) = given["breach"]
    *way, last = breach.get("set", breach.get("remove")).strip("/").split("/")
    place: Any = changed
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    key: Any = int(last) if isinstance(place, list) else last
    if "remove" in breach:
        del place[key]
    else:
        assert place.get(key) != breach["value"] if isinstance(place, dict) else True
        place[key] = breach["value"]
    return changed


def findings(given: Mapping[str, Any]) -> Sequence[Finding]:
    plan = plan_of(given["template"])
    assert not plan.not_understood
    assert not plan.findings
    return judge(plan, world(given))


def world(given: Mapping[str, Any]) -> World:
    written = given.get("world", {})
    before: Plan | None = plan_of(given["before"]) if "before" in given else None
    return World(
        before=before,
        removed=frozenset(GROUP for _ in written.get("removed", ())),
        recreated=frozenset(f"{IDENTITY}/{name}" for name in written.get("recreated", ())),
        purged=written.get("purged", False),
        taken=frozenset((kind.lower(), name) for kind, name in written.get("taken", ())),
        deployer=[holding(each) for each in written["deployer"]] if "deployer" in written else None,
    )


def holding(written: Mapping[str, Any]) -> Holding:
    only = written.get("only_roles")
    roles = None if only is None else frozenset(only)
    return Holding(GROUP, frozenset(written["writes"]), roles)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_finds_its_breach(rule: Rule) -> None:
    given = case(rule)
    found = [each for each in findings(broken(given)) if each.rule == rule.name]
    assert found
    severity = Severity(given.get("severity", rule.severity.value))
    assert {each.severity for each in found} == {severity}
    assert all(each.what and each.mend and each.source for each in found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_content_with_what_is_right_in_that_one_place(rule: Rule) -> None:
    given = findings(case(rule))
    assert [each for each in given if each.rule == rule.name] == []
    assert [each for each in given if each.severity is Severity.REFUSED] == []


def test_a_rule_has_a_name_of_its_own_and_each_case_a_rule() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert {path.stem for path in CASES.glob("*.json")} == set(names)


def test_a_rule_from_memory_only_warns() -> None:
    assert all(rule.severity is not Severity.REFUSED for rule in RULES if rule.sure is Sure.MEMORY)


def test_the_apps_of_e56d6df_named_a_registry_before_they_might_pull() -> None:
    found = judge(plan_of(json.loads((FROZEN / "registry-before-right.json").read_text())))
    refused = [each for each in found if each.severity is Severity.REFUSED]
    assert [each.rule for each in refused] == ["pull-first"]
    assert "notifier" in refused[0].what


def test_the_rules_of_e56d6df_would_have_gone() -> None:
    found = judge(plan_of(json.loads((FROZEN / "default-rules.json").read_text())))
    refused = [each for each in found if each.severity is Severity.REFUSED]
    assert [each.rule for each in refused] == ["default-rule", "default-rule"]
    assert {word for each in refused for word in ("catalog", "notifier") if word in each.what} == {
        "catalog",
        "notifier",
    }


def test_the_types_that_have_a_rule_are_known() -> None:
    assert "microsoft.app/containerapps" in known_types()
    assert "microsoft.compute/virtualmachines" not in known_types()
