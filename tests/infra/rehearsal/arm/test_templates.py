"""A template's resources become steps: ids, scopes, loops, conditions, deployments, unknowns."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from infra.rehearsal.arm import Target, plan_of
from infra.rehearsal.plan import Edge, Plan, Severity, Unknown, has_unknown_part, ids_written

SUBSCRIPTION = "/subscriptions/5ab5c21b-0000-4000-8000-000000000000"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rehearsal"
SUBSCRIPTION_SCHEMA = (
    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
)
STORE = "Microsoft.Storage/storageAccounts"
RIGHT = "Microsoft.Authorization/roleAssignments"
SETTINGS = "Microsoft.Insights/diagnosticSettings"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"


def one(resource_type: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": resource_type, "apiVersion": "v", "name": name, **more}


def nested(name: str, resources: Any, scope: str = "inner", **more: Any) -> dict[str, Any]:
    """A nested deployment; `more` may hold parameters and outputs of its template."""
    given = more.pop("given", {})
    template = {"languageVersion": "2.0", "resources": resources}
    template |= {
        key: more.pop(key) for key in ("parameters", "variables", "outputs") if key in more
    }
    properties = {
        "expressionEvaluationOptions": {"scope": scope},
        "parameters": {key: {"value": value} for key, value in given.items()},
        "template": template,
    }
    return one("Microsoft.Resources/deployments", name, properties=properties, **more)


def plan(resources: Any, **more: Any) -> Plan:
    version = {"languageVersion": "2.0"} if isinstance(resources, dict) else {}
    parameters = more.pop("given", {})
    target, strict = more.pop("target", None), more.pop("strict", False)
    return plan_of({**version, "resources": resources, **more}, parameters, target, strict=strict)


def edges(found: Plan) -> set[tuple[str, str]]:
    return {(each.first, each.then) for each in found.edges}


def whats(found: Plan) -> Sequence[str]:
    assert all(each.severity is Severity.REFUSED for each in found.findings)
    return [f"{each.resource}: {each.what}" for each in found.findings]


def ids(found: Plan) -> Mapping[str, str]:
    return {each.key: each.id.replace(GROUP, "GROUP") for each in found.steps}


def test_a_resource_has_its_id_its_body_and_its_place() -> None:
    found = plan(
        {"store": one(STORE, "[format('st{0}', 'a')]", location="here", sku={"name": "x"})}
    ).step("store")
    assert found.id == f"{GROUP}/providers/{STORE}/sta"
    assert (found.name, found.api_version, found.location) == ("sta", "v", "here")
    assert (found.scope, found.body) == (GROUP, {"sku": {"name": "x"}})


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (
            one(f"{STORE}/blobServices", "st/default"),
            f"GROUP/providers/{STORE}/st/blobServices/default",
        ),
        (
            one(SETTINGS, "logs", scope=f"[resourceId('{STORE}', 'st')]"),
            f"GROUP/providers/{STORE}/st/providers/{SETTINGS}/logs",
        ),
        (
            one(SETTINGS, "logs", scope=f"{STORE}/st"),
            f"GROUP/providers/{STORE}/st/providers/{SETTINGS}/logs",
        ),
        (
            one(f"{STORE}/providers/roleAssignments", "st/Microsoft.Authorization/guid"),
            f"GROUP/providers/{STORE}/st/providers/Microsoft.Authorization/roleAssignments/guid",
        ),
    ],
    ids=["a child", "an extension", "an extension of a relative scope", "an extension of old"],
)  # fmt: skip
def test_each_kind_of_resource_has_its_id(resource: dict[str, Any], expected: str) -> None:
    (found,) = plan([resource]).steps
    assert found.id.replace(GROUP, "GROUP") == expected


def test_an_extension_of_old_is_what_one_of_today_is() -> None:
    old = one(f"{STORE}/providers/roleAssignments", "st/Microsoft.Authorization/guid")
    (found,) = plan([old]).steps
    assert found.is_a("Microsoft.Authorization/roleAssignments")
    assert found.scope == f"{GROUP}/providers/{STORE}/st"


def test_children_within_their_parent_have_its_name_and_do_not_wait_for_it() -> None:
    child = one("blobServices", "default", resources=[one("containers", "photos")])
    found = plan([one(STORE, "st", resources=[child])])
    assert [each.type for each in found.steps] == [
        STORE,
        f"{STORE}/blobServices",
        f"{STORE}/blobServices/containers",
    ]
    assert (
        found.steps[2].id == f"{GROUP}/providers/{STORE}/st/blobServices/default/containers/photos"
    )
    assert found.edges == []


@pytest.mark.parametrize(
    "name",
    [
        "st",
        f"[resourceId('{STORE}', 'st')]",
        f"[resourceId('{STORE}/', 'st')]",
        f"[concat('{STORE}/', 'ST')]",
        f"{GROUP}/providers/{STORE}/st",
    ],
)
def test_a_dependency_by_name_or_id_is_found(name: str) -> None:
    found = plan([one(STORE, "st"), one(IDENTITY, "id", dependsOn=[name])])
    assert edges(found) == {("storageAccounts:st", "userAssignedIdentities:id")}
    assert not found.findings


def test_a_dependency_on_nothing_is_refused() -> None:
    found = plan({"store": one(STORE, "st", dependsOn=["absent"])})
    assert whats(found) == ["store: depends on 'absent', which the template does not declare"]


def test_a_loop_is_unrolled_and_waited_for_as_a_whole_or_turn_by_turn() -> None:
    loop = {"name": "stores", "count": 3}
    found = plan(
        {
            "store": one(STORE, "[format('st{0}', copyIndex(1))]", copy=loop),
            "after": one(IDENTITY, "id", dependsOn=["store"]),
            "second": one(IDENTITY, "id2", dependsOn=["[format('store[{0}]', 1)]"]),
        }
    )
    assert [each.name for each in found.of_type(STORE)] == ["st1", "st2", "st3"]
    turns = {(f"store[{turn}]", "after") for turn in range(3)}
    assert edges(found) == turns | {("store[1]", "second")}


def test_a_serial_loop_waits_batch_by_batch() -> None:
    loop = {"name": "stores", "count": 5, "mode": "serial", "batchSize": "[add(1, 1)]"}
    found = plan({"st": one(STORE, "[format('st{0}', copyIndex())]", copy=loop)})
    assert not found.must_precede(found.step("st[0]"), found.step("st[1]"))
    assert found.must_precede(found.step("st[1]"), found.step("st[2]"))
    assert found.must_precede(found.step("st[0]"), found.step("st[4]"))


def test_loops_fill_properties_variables_and_outputs() -> None:
    found = plan(
        {"store": one(STORE, "st", properties={"copy": [
            {"name": "rules", "count": 2, "input": {"at": "[copyIndex('rules', 5)]"}}]})},
        variables={"copy": [{"name": "names", "count": 2,
                             "input": "[concat('n', copyIndex('names'))]"}]},
        outputs={"each": {"copy": {"count": "[length(variables('names'))]",
                                   "input": "[variables('names')[copyIndex()]]"}}},
    )  # fmt: skip
    assert found.step("store").properties == {"rules": [{"at": 5}, {"at": 6}]}
    assert found.outputs["each"] == {"value": ["n0", "n1"]}
    assert (list(found.findings), found.not_understood) == ([], [])


@pytest.mark.parametrize("count", [801, -1, "many", True, None])
def test_a_loop_without_a_proper_count_is_refused(count: Any) -> None:
    found = plan({"st": one(STORE, "st", copy={"name": "l", "count": count})})
    assert "it must be a number from 0 to 800" in whats(found)[0]


def test_what_has_a_false_condition_is_no_step_and_nothing_waits_for_it() -> None:
    found = plan(
        {
            "first": one(STORE, "st"),
            "absent": one(STORE, "st2", condition="[equals(1, 2)]", dependsOn=["first"]),
            "last": one(IDENTITY, "id", dependsOn=["absent"]),
        }
    )
    assert [each.key for each in found.steps] == ["first", "last"]
    assert (found.left_out, edges(found)) == (["absent"], set())


def test_an_unknown_condition_stays_with_its_step() -> None:
    found = plan({"maybe": one(STORE, "st", condition="[parameters('p')]")}, parameters={"p": {}})
    condition = found.step("maybe").condition
    assert isinstance(condition, Unknown)
    assert condition.expression == "parameters('p') of the template"
    assert found.needs(found.step("maybe")) == {condition.expression}


def test_what_only_azure_knows_is_unknown_and_says_where_it_is_from() -> None:
    found = plan(
        {
            "id": one(IDENTITY, "id"),
            "app": one("Microsoft.App/containerApps", "app", properties={
                "plain": "[reference('id').clientId]",
                "text": "[format('https://{0}/x', reference('id').host)]",
                "list": ["[listKeys('id', 'v').keys[0]]"],
            }),
            "rights": nested("rights", {"role": one(RIGHT, "[guid(parameters('who'))]",
                properties={"principalId": "[parameters('who')]"})},
                parameters={"who": {"type": "string"}},
                given={"who": "[reference('id').principalId]"}),
        }
    )  # fmt: skip
    given = found.step("app").properties
    whole = found.step("id").id
    assert (given["plain"].of, given["plain"].path) == (whole, ("properties", "clientId"))
    assert given["plain"].refers_to == {whole}
    assert str(given["text"]).startswith("https://{reference:")
    assert str(given["text"]).endswith("}/x")
    assert given["list"][0].refers_to == {whole}
    assert found.step("app").reads == {whole}
    role = found.step("rights/role")
    assert has_unknown_part(role.id)
    assert found.principal(role).step == found.step("id")


def test_a_name_that_asks_for_a_resource_is_refused() -> None:
    found = plan({"id": one(IDENTITY, "id"), "role": one(RIGHT, "[guid(reference('id').a)]")})
    assert "a name, a condition or a loop asks for a resource" in whats(found)[0]


@pytest.mark.parametrize(
    ("read", "waits"),
    [
        ("reference('store').a", True),
        ("reference('store', '2025-01-01').a", False),
        ("reference('store', '2025-01-01', 'full').identity.principalId", False),
        (f"reference(resourceId('{STORE}', 'st')).a", False),
        ("listKeys('store', '2025-01-01').keys", True),
        ("references('stores')[0].a", True),
    ],
)
def test_only_a_reference_by_name_surely_makes_one_wait(read: str, waits: bool) -> None:
    loop = one(STORE, "[format('s{0}', copyIndex())]", copy={"name": "stores", "count": 1})
    app = one(IDENTITY, "id", properties={"read": f"[{read}]"})
    resources = {"store": one(STORE, "st"), "stores": loop, "app": app}
    found = plan(resources, strict=True)
    assert bool(found.edges) is waits
    assert len(found.step("app").reads) == 1
    (edge,) = plan(resources).edges
    assert (edge.because == "reference") is waits


def test_a_branch_that_is_not_taken_makes_nothing_wait() -> None:
    read = "[if(false(), reference('store').a, 'none')]"
    found = plan({"store": one(STORE, "st"), "app": one(IDENTITY, "id", properties={"a": read})})
    assert not found.edges
    assert found.step("app").properties == {"a": "none"}


def test_an_output_of_a_nested_deployment_is_what_it_stands_for() -> None:
    found = plan(
        {
            "stores": nested("stores", {"st": one(STORE, "[parameters('name')]")},
                             given={"name": "st1"}, parameters={"name": {"type": "string"}},
                             outputs={"name": {"value": "[parameters('name')]"},
                                      "blob": {"value": "[reference('st').blob]"}}),
            "app": one(IDENTITY, "id", properties={
                "name": "[reference('stores').outputs.name.value]",
                "blob": "[reference('stores').outputs.blob.value]"}),
        }
    )  # fmt: skip
    given = found.step("app").properties
    store = found.step("stores/st")
    assert given["name"] == "st1"
    assert (given["blob"].of, given["blob"].path) == (store.id, ("properties", "blob"))
    assert found.step("app").reads == {found.step("stores").id}
    assert found.must_precede(store, found.step("app"))
    assert found.step("stores/st").deployment == ("stores",)


def test_a_nested_deployment_knows_its_own_name() -> None:
    said = {"name": {"value": "[deployment().name]"}}
    inner = nested("name-of-it", {}, outputs=said)
    read = {"a": "[reference('d').outputs.name.value]"}
    found = plan({"d": inner, "app": one(IDENTITY, "id", properties=read)})
    assert found.step("app").properties == {"a": "name-of-it"}


def test_expressions_of_an_outer_scope_are_worked_out_around_the_deployment() -> None:
    inner = {"st": one(STORE, "[variables('name')]", properties={"a": "[reference('id').a]"})}
    found = plan(
        {"id": one(IDENTITY, "id"), "stores": nested("stores", inner, scope="outer")},
        variables={"name": "of-outside"},
    )
    assert found.step("stores/st").name == "of-outside"
    assert edges(found) == {("id", "stores")}


def test_a_deployment_to_another_place_puts_its_resources_there() -> None:
    inner = {"st": one(STORE, "st", location="[resourceGroup().location]")}
    found = plan_of(
        {
            "$schema": SUBSCRIPTION_SCHEMA,
            "languageVersion": "2.0",
            "resources": {
                "group": one("Microsoft.Resources/resourceGroups", "rg-a", location="northeurope"),
                "in": nested("in", inner, resourceGroup="rg-a", dependsOn=["group"]),
                "other": nested("other", inner, resourceGroup="rg-b", subscriptionId="sub-2"),
            },
        },
        target=Target(subscription="sub-1"),
    )
    assert found.step("group").id == "/subscriptions/sub-1/resourceGroups/rg-a"
    assert found.step("in").scope == "/subscriptions/sub-1/resourceGroups/rg-a"
    assert found.step("in/st").scope == "/subscriptions/sub-1/resourceGroups/rg-a"
    assert found.step("in/st").location == "northeurope"
    assert found.step("other/st").scope == "/subscriptions/sub-2/resourceGroups/rg-b"
    assert isinstance(found.step("other/st").location, Unknown)


def test_a_management_group_and_the_tenant_are_places_too() -> None:
    to = {"mg": "Microsoft.Management/managementGroups/m", "all": "/"}
    inner = {"d": one("Microsoft.Authorization/policyDefinitions", "p")}
    found = plan(
        {name: nested(name, inner, scope="inner") | {"scope": at} for name, at in to.items()}
    )
    end = "/providers/Microsoft.Authorization/policyDefinitions/p"
    assert found.step("mg/d").id == f"/providers/Microsoft.Management/managementGroups/m{end}"
    assert found.step("all/d").id == end


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("resourceId('A.B/c', 'd')", f"{GROUP}/providers/A.B/c/d"),
        ("resourceId('g2', 'A.B/c/e', 'd', 'f')", GROUP[:-9] + "g2/providers/A.B/c/d/e/f"),
        ("resourceId('s2', 'g2', 'A.B/c', 'd')",
         "/subscriptions/s2/resourceGroups/g2/providers/A.B/c/d"),
        ("subscriptionResourceId('A.B/c', 'd')", SUBSCRIPTION + "/providers/A.B/c/d"),
        ("subscriptionResourceId('s2', 'A.B/c', 'd')", "/subscriptions/s2/providers/A.B/c/d"),
        ("tenantResourceId('A.B/c', 'd')", "/providers/A.B/c/d"),
        ("managementGroupResourceId('A.B/c', 'd')",
         "/providers/Microsoft.Management/managementGroups/rehearsal/providers/A.B/c/d"),
        ("extensionResourceId('/x', 'A.B/c', 'd')", "/x/providers/A.B/c/d"),
        ("subscriptionResourceId('Microsoft.Resources/resourceGroups', 'g')", GROUP[:-9] + "g"),
        ("resourceGroup().id", GROUP),
        ("subscription().id", SUBSCRIPTION),
        ("environment().suffixes.storage", "core.windows.net"),
        ("utcNow('yyyy-MM-dd')", "2026-01-01"),
        ("deployment().name", "rehearsal"),
    ],
)  # fmt: skip
def test_what_a_template_asks_of_its_place_is_answered(expression: str, expected: str) -> None:
    assert plan([], outputs={"it": {"value": f"[{expression}]"}}).outputs["it"]["value"] == expected


def test_an_id_with_an_unknown_part_is_found_by_what_is_known() -> None:
    name = "[concat('st', parameters('p'))]"
    found = plan(
        {
            "store": one(STORE, name),
            "app": one(
                IDENTITY, "id", properties={"store": f"[resourceId('{STORE}', {name[1:-1]})]"}
            ),
        },
        parameters={"p": {"type": "string"}},
    )
    (written,) = ids_written(found.step("app").properties)
    assert found.made_at(written) == [found.step("store")]


def test_an_unknown_number_of_turns_is_one_step_that_says_so() -> None:
    loop = {"name": "stores", "count": "[parameters('p')]"}
    found = plan(
        {
            "st": one(STORE, "[format('st{0}', copyIndex())]", copy=loop),
            "after": one(IDENTITY, "id", dependsOn=["st"]),
        },
        parameters={"p": {"type": "int"}},
    )
    assert isinstance(found.step("st[*]").copy_index, Unknown)
    assert edges(found) == {("st[*]", "after")}
    assert any("Azure alone knows how many turns" in each for each in found.not_understood)


def test_what_exists_or_is_made_once_says_so() -> None:
    found = plan(
        {
            "store": one(STORE, "st", existing=True),
            "key": {**one(STORE, "st2"), "@options": {"onlyIfNotExists": []}},
            "odd": {**one(STORE, "st3"), "@options": 1},
        }
    )
    assert [each.existing for each in found.steps] == [True, False, False]
    assert [each.only_if_not_exists for each in found.steps] == [False, True, False]
    assert found.made_at(found.step("store").id) == []


@pytest.mark.parametrize(
    ("definition", "value", "what"),
    [
        ({"type": "int"}, "a", "the parameter 'p' takes a value of the type int, and not 'a'"),
        ({"allowedValues": ["a", "b"]}, "c", "the parameter 'p' takes one of 'a, b', and not 'c'"),
        (
            {"type": "string", "minLength": 3},
            "ab",
            "takes nothing below 3 long, and 'ab' is 2 long",
        ),
        ({"type": "int", "maxValue": 3}, 4, "takes nothing above 3, and 4 is 4"),
        (
            {"$ref": "#/definitions/few"},
            ["a", "b"],
            "takes nothing above 1 long, and an array is 2",
        ),
    ],
)
def test_a_parameter_takes_what_its_definition_says(
    definition: dict[str, Any], value: Any, what: str
) -> None:
    found = plan(
        [],
        given={"p": value},
        parameters={"p": definition},
        definitions={"few": {"type": "array", "maxLength": 1}},
        outputs={"it": {"value": "[parameters('p')]"}},
    )
    assert what in whats(found)[0]


def test_a_value_is_there_if_given_else_by_default_else_null() -> None:
    parameters = {
        "given": {"type": "string", "defaultValue": "no"},
        "default": {"type": "string", "defaultValue": "[concat(parameters('given'), '!')]"},
        "null": {"type": "string", "nullable": True},
    }
    outputs = {name: {"value": f"[parameters('{name}')]"} for name in parameters}
    found = plan([], given={"GIVEN": "yes"}, parameters=parameters, outputs=outputs)
    assert [each["value"] for each in found.outputs.values()] == ["yes", "yes!", None]


def test_a_nested_deployment_that_is_given_too_little_is_refused() -> None:
    inner = {"st": one(STORE, "[parameters('name')]")}
    found = plan({"d": nested("d", inner, parameters={"name": {"type": "string"}})})
    assert whats(found) == ["d: the parameter 'name' is given no value"]


def test_a_circle_is_refused_with_its_steps() -> None:
    found = plan({"a": one(STORE, "a", dependsOn=["b"]), "b": one(STORE, "b", dependsOn=["a"])})
    assert len(whats(found)) == 1
    assert "these wait for each other: " in whats(found)[0]
    assert found.steps == []


def test_references_by_id_close_no_circle() -> None:
    by_id = {"a": f"[reference(resourceId('{STORE}', 'st')).a]"}
    found = plan(
        {"store": one(STORE, "st", dependsOn=["app"]), "app": one(IDENTITY, "id", properties=by_id)}
    )
    assert edges(found) == {("app", "store")}


def test_a_deployment_without_its_template_is_named() -> None:
    link = {"templateLink": {"uri": "https://example.com/t.json"}}
    resource = one("Microsoft.Resources/deployments", "linked", properties=link)
    found = plan(
        {"linked": resource, "app": one(IDENTITY, "id", properties={
            "a": "[reference('linked').outputs.a.value]"})}
    )  # fmt: skip
    assert found.not_understood == ["cannot look into linked: its template is not inline"]
    assert isinstance(found.step("app").properties["a"], Unknown)


def test_two_of_one_name_are_two_steps() -> None:
    found = plan([one(STORE, "st"), one(STORE, "st")])
    assert [each.key for each in found.steps] == ["storageAccounts:st", "storageAccounts:st#2"]
    assert len(found.at(f"{GROUP}/providers/{STORE}/ST")) == 2


def test_names_that_misfit_their_type_are_refused() -> None:
    assert "takes 2 names, and 'default' has 1" in whats(plan([one(f"{STORE}/x", "default")]))[0]


def test_an_edge_says_what_in_the_template_makes_it() -> None:
    read = {"a": "[reference('store').a]"}
    found = plan(
        {
            "store": one(STORE, "st"),
            "app": one(IDENTITY, "id", properties=read, dependsOn=["store"]),
        }
    )
    assert found.edges == [Edge("store", "app", "dependsOn and reference")]


@pytest.mark.parametrize("template", [None, [], "text", {}, {"resources": 5}, {"resources": [5]}])
def test_what_is_no_template_is_said_to_be_none(template: Any) -> None:
    found = plan_of(template)
    assert found.steps == []
    assert len(found.not_understood) == 1
