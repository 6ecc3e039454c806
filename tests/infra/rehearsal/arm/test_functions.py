"""The functions of templates, on the examples of their documentation and on the edges."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.rehearsal.arm import plan_of

# [expression, value] a line: the examples of the pages of
# https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions, retyped;
# of uniqueString() that of Azure/terraform-provider-azapi; and the edges of each.
EXAMPLES: list[list[Any]] = json.loads(Path(__file__).with_name("functions.json").read_text())


def worked_out(expression: str) -> tuple[Any, list[str], list[str]]:
    plan = plan_of({"resources": [], "outputs": {"it": {"value": f"[{expression}]"}}})
    whats = [each.what for each in plan.findings]
    return plan.outputs["it"]["value"], whats, list(plan.not_understood)


@pytest.mark.parametrize(("expression", "value"), EXAMPLES)
def test_a_function_gives_what_its_page_says(expression: str, value: Any) -> None:
    found, *faults = worked_out(expression)
    assert (found, type(found), faults) == (value, type(value), [[], []])


REFUSED = [
    ("createObject('a', 1).b", "an object has no property 'b'; its properties are: a"),
    ("createArray(1)[1]", "an array of 1 elements has no element 1"),
    ("null().a", "None is neither an object nor an array"),
    ("fail('the partner has no address')", "the template itself fails: the partner has no address"),
    ("substring('abc', 2, 5)", "substring() asks for characters 2 to 7 of 'abc', which has 3"),
    ("parameters('absent')", "there is no parameter 'absent'"),
    ("variables('absent')", "there is no variable 'absent'"),
    ("mine.own('a')", "there is no function mine.own()"),
    ("reference('absent').a", "the template has no resource 'absent'"),
    ("div(1, 0)", "div() is to divide by 0"),
    ("range(0, 10001)", "range() is to give 10001 numbers: 10000 are the most"),
    ("copyIndex()", "copyIndex() is called outside of the loop ''"),
    ("lambdaVariables('x')", "no lambda around has the variable 'x'"),
]


@pytest.mark.parametrize(("expression", "what"), REFUSED)
def test_what_azure_refuses_is_a_finding(expression: str, what: str) -> None:
    _, refused, not_understood = worked_out(expression)
    assert len(refused) == 1
    assert refused[0].startswith(what)
    assert not_understood == []


NOT_UNDERSTOOD = [
    ("somethingNew('a')", "the function somethingNew() is not known here"),
    ("toLower(5)", "5 is no text"),
    ("json('{')", "cannot be worked out"),
    ("format('{0:Q}', 1)", "the format 'Q' is not known here"),
    ("padLeft('a', 999999999)", "too much"),
    ("add('a', 1)", "'a' is no number"),
    ("if('maybe', 1, 2)", "'maybe' is neither true nor false"),
    ("first()", "cannot be worked out"),
    ("if(true())", "called with 1 arguments"),
    ("format('{5}', 1)", "cannot be worked out"),
    ("dateTimeAdd('never', 'P1D')", "cannot be worked out"),
    ("map('text', lambda('x', 1))", "map() cannot go through 'text'"),
    ("resourceId('nothing')", "without the type of a resource"),
    ("a b", "it is no expression that can be read"),
]


@pytest.mark.parametrize(("expression", "why"), NOT_UNDERSTOOD)
def test_what_is_not_understood_is_named(expression: str, why: str) -> None:
    _, refused, not_understood = worked_out(expression)
    assert refused == []
    assert len(not_understood) == 1
    assert not_understood[0].startswith("cannot evaluate the template, output it: [")
    assert why in not_understood[0]


TOO_MUCH = {
    "a chain of variables": {f"v{n}": f"[variables('v{n + 1}')]" for n in range(500)},
    "a circle of variables": {"v0": "[variables('v1')]", "v1": "[concat(variables('v0'), 'a')]"},
    "texts that double": {"v0": "a" * 100}
    | {f"v{n}": f"[concat(variables('v{n - 1}'), variables('v{n - 1}'))]" for n in range(1, 60)},
    "arrays that double": {"v0": ["a"]}
    | {
        f"v{n}": f"[createArray(variables('v{n - 1}'), variables('v{n - 1}'))]"
        for n in range(1, 60)
    },
}


@pytest.mark.parametrize("variables", TOO_MUCH.values(), ids=TOO_MUCH)
def test_endless_work_ends_with_its_name(variables: dict[str, Any]) -> None:
    asked = "v0" if len(variables) != 60 else "v59"
    outputs = {"it": {"value": f"[string(variables('{asked}'))]"}}
    plan = plan_of({"resources": [], "variables": variables, "outputs": outputs})
    said = [*plan.not_understood, *(each.what for each in plan.findings)]
    assert len(said) == 1
    assert "refers to itself" in said[0] or "cannot go on" in said[0]
