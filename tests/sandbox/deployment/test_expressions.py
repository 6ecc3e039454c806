"""The expressions that a snapshot leaves, and those that the sandbox refuses to evaluate."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.deployment import SNAPSHOT, ExpressionError
from sandbox.deployment.expressions import Unresolved, evaluate, guid, resolve

VAULT = "/subscriptions/s/providers/Microsoft.KeyVault/vaults/kv"


def reference(resource: str, full: bool) -> Mapping[str, Any]:
    """A deployment of one resource."""
    if full:
        return {"identity": {"principalId": f"identity of {resource}"}}
    return {"vaultUri": f"uri of {resource}", "deep": {"er": "value"}}


def evaluated(value: Any) -> Any:
    return evaluate(value, reference)


@pytest.mark.parametrize(
    "plain", ["", "text", "a [b]", "[", "[no end", "it's {0}", 1, 1.5, True, None, {}, []]
)
def test_what_is_no_expression_stays_as_it_is(plain: Any) -> None:
    assert evaluated(plain) == plain


def test_a_doubled_bracket_is_a_bracket() -> None:
    assert evaluated("[[reference('x').y]") == "[reference('x').y]"


def test_a_reference_gives_a_runtime_property() -> None:
    assert evaluated(f"[reference('{VAULT}', '2024-11-01').vaultUri]") == f"uri of {VAULT}"
    assert evaluated("[reference('x').deep.er]") == "value"


def test_a_full_reference_gives_the_resource_around_its_properties() -> None:
    expression = "[reference('app', '2025-01-01', 'full').identity.principalId]"
    assert evaluated(expression) == "identity of app"


def test_functions_nest_and_compare_without_case() -> None:
    expression = "[FORMAT('https://{0}/{1}', reference('x').deep.er, 'it''s')]"
    assert evaluated(expression) == "https://value/it's"


def test_an_extension_resource_id_stands_behind_its_scope() -> None:
    kind = "Microsoft.Authorization/roleAssignments"
    expected = f"{VAULT}/providers/{kind}/name"
    assert evaluated(f"[extensionResourceId('{VAULT}', '{kind}', 'name')]") == expected


def test_expressions_are_found_however_deep() -> None:
    value = {"a": [{"b": "[reference('x').deep.er]"}], "c": "plain"}
    assert evaluated(value) == {"a": [{"b": "value"}], "c": "plain"}


def test_guid_gives_what_bicep_gives() -> None:
    """Bicep computed the names of the users' assignments itself."""
    resources = json.loads(SNAPSHOT.read_text())["predictedResources"]
    folded = [
        each
        for each in resources
        if each["type"] == "Microsoft.Authorization/roleAssignments" and each["name"][0] != "["
    ]
    assert folded
    for each in folded:
        scope = each["id"].partition("/providers/Microsoft.Authorization/")[0]
        role = each["properties"]["roleDefinitionId"].rpartition("/")[2]
        principal = each["properties"]["principalId"]
        assert guid(scope, principal, role, "keyless") == each["name"]


@pytest.mark.parametrize("function", ["listKeys", "listkeys", "parameters", "newGuid", "utcNow"])
def test_a_function_that_is_not_known_is_refused_by_name(function: str) -> None:
    expression = f"[{function}('x', '2024-11-01').keys]"
    with pytest.raises(ExpressionError) as refused:
        evaluated(expression)
    assert str(refused.value) == (
        f"cannot work out {expression}: only Azure can evaluate the function {function}()"
    )


def test_a_property_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(ExpressionError, match="nothing is known of the runtime property 'keys'"):
        evaluated("[reference('x').keys]")


@pytest.mark.parametrize(
    "broken",
    [
        "[]",
        "[reference(]",
        "[reference('x'.y]",
        "[1 +]",
        "['a' 'b']",
        "[format('{1}', 'a')]",
        "[guid(1)]",
        "[reference()]",
        "['text'.er]",
        "[extensionResourceId('a', 'b/c')]",
    ],
)
def test_what_cannot_be_read_is_refused_with_its_text(broken: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        evaluated({"nested": [broken]})
    assert broken in str(refused.value)


def test_why_a_resource_is_not_known_is_told() -> None:
    def nothing(resource: str, full: bool) -> Mapping[str, Any]:
        raise ExpressionError(f"{resource} is not in it")

    with pytest.raises(ExpressionError, match="x is not in it"):
        evaluate("[reference('x').y]", nothing)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[concat('a', 'b')]", "ab"),
        ("[toLower(reference('x').deep.er)]", "value"),
        (
            "[format('https://x.blob.{0}', environment().suffixes.storage)]",
            "https://x.blob.core.windows.net",
        ),
        ("[if(equals(reference('x').deep.er, 'value'), 'yes', 'no')]", "yes"),
        ("[split('a,b', ',')[1]]", "b"),
        ("[last(split('a/b', '/'))]", "b"),
        ("[coalesce(tryGet(reference('x'), 'none'), 'other')]", "other"),
        ("[createObject('a', 'b').a]", "b"),
        ("[join(createArray('a', 'b'), '-')]", "a-b"),
        ("[join(union(createArray('a', 'b'), createArray('b', 'c')), '')]", "abc"),
        ("[union(createObject('a', 'b'), createObject('a', 'c')).a]", "c"),
        ("[if(equals('a', 'b'), null(), 'other')]", "other"),
        ("[reference('x').DEEP.Er]", "value"),
        (
            "[resourceId('s', 'g', 'a/b/c', '1', '2')]",
            "/subscriptions/s/resourceGroups/g/providers/a/b/1/c/2",
        ),
        ("[subscriptionResourceId('s', 'a/b', '1')]", "/subscriptions/s/providers/a/b/1"),
        ("[coalesce(if(equals('a', 'a'), null(), 'b'), 'c')]", "c"),
        ("[replace(trim(' a.b '), '.', '-')]", "a-b"),
    ],
)
def test_the_common_functions_around_a_runtime_value_are_evaluated(
    expression: str, value: str
) -> None:
    assert evaluated(expression) == value


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("[listKeys('x', '1').keys[0].value]", "the function listKeys()"),
        ("[parameters('password')]", "the function parameters()"),
        ("[map(reference('x').deep, lambda('e', lambdaVariables('e')))]", "only Azure can"),
        ("[reference('x').none]", "nothing is known of the runtime property 'none'"),
        (f"[{'concat(' * 3000}'a'{')' * 3000}]", ""),
    ],
)
def test_what_only_azure_can_evaluate_stays_with_its_reason(expression: str, why: str) -> None:
    known, unknown = resolve(["a", {"b": expression}], reference)
    assert known == "a"
    assert isinstance(unknown["b"], Unresolved)
    assert unknown["b"].text == expression
    assert why in unknown["b"].reason


def test_a_list_keeps_what_is_known_beside_what_only_azure_knows() -> None:
    one = "createObject('name', 'A', 'value', reference('x').deep.er)"
    other = "createObject('name', 'B', 'value', listKeys('x', '1').keys[0].value)"
    found = resolve(f"[union(createArray({one}), createArray({other}))]", reference)
    assert found[0] == {"name": "A", "value": "value"}
    assert found[1]["name"] == "B"
    assert isinstance(found[1]["value"], Unresolved)


@pytest.mark.parametrize(
    ("expression", "known"),
    [
        ("[union(parameters('x'), createObject('A', 'a'))]", {"A": "a"}),
        ("[union(createObject('A', 'a'), createObject())]", {"A": "a"}),
    ],
)
def test_an_object_keeps_what_is_known_beside_what_only_azure_knows(
    expression: str, known: dict[str, str]
) -> None:
    found = resolve(expression, reference)
    assert {name: each for name, each in found.items() if not isinstance(each, Unresolved)} == known


def test_a_text_of_which_only_azure_knows_a_part_is_not_known() -> None:
    assert isinstance(resolve("[concat('a', listKeys('x').key)]", reference), Unresolved)
    found = resolve("[concat(createArray('a'), parameters('x'))]", reference)
    assert (found[0], type(found[1])) == ("a", Unresolved)
