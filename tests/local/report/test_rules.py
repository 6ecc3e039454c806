"""The rules of each subscription, against those of the template."""

from typing import Any

from local.report.control_plane import ControlPlane
from local.report.model import Rule, Unseen
from local.report.rules import rules
from sandbox import deployment
from sandbox.deployment import as_compiled
from tests.local.report import world
from tests.local.report.azure import AzureCli

TOPIC = as_compiled().bus.topics[0]


def shown(az: AzureCli, azure: ControlPlane, **found: list[Any]) -> list[Rule]:
    """Those of each subscription; of one that is not named, as the template has them."""
    az.tell(
        {
            path: answer
            for each in TOPIC.subscriptions
            for path, answer in world.rules_of(
                each.name, *found.get(each.name, [as_azure(one) for one in each.rules])
            ).items()
        }
    )
    listed = rules(azure)
    assert not isinstance(listed, Unseen)
    return list(listed)


def as_azure(rule: deployment.Rule) -> Any:
    if rule.sql is not None:
        return world.rule(rule.name, **world.sql(rule.sql))
    assert rule.correlation is not None
    return world.rule(rule.name, **world.correlation(str(rule.correlation.label)))


def test_rules_as_they_were_deployed_are_as_in_the_template(
    az: AzureCli, azure: ControlPlane
) -> None:
    found = shown(az, azure)
    assert {each.subscription for each in found} == {each.name for each in TOPIC.subscriptions}
    assert all(each.as_template for each in found)


def test_a_rule_that_lets_everything_pass_shows(az: AzureCli, azure: ControlPlane) -> None:
    default = world.rule("$Default", **world.sql("1=1"))
    (found,) = (each for each in shown(az, azure, notifier=[default]) if each.passes_all)
    assert (found.subscription, found.name, found.filter) == ("notifier", "$Default", "SqlFilter")
    assert not found.as_template


def test_a_subscription_without_a_rule_shows(az: AzureCli, azure: ControlPlane) -> None:
    found = [each for each in shown(az, azure, notifier=[]) if each.subscription == "notifier"]
    assert [(each.name, each.as_template) for each in found] == [("no rule", False)]


def test_a_users_own_rule_shows_without_its_name_and_its_filter(
    az: AzureCli, azure: ControlPlane
) -> None:
    own = world.rule("jane", **world.sql(f"user = '{world.PERSON_S_ADDRESS}'"))
    (found,) = (each for each in shown(az, azure, notifier=[own]) if each.name == "another")
    assert not any(each in str(found) for each in world.PLANTED)


def test_where_none_is_to_be_seen_it_says_why(az: AzureCli, azure: ControlPlane) -> None:
    az.tell({world.NAMESPACES: "ResourceGroupNotFound"})
    found = rules(azure)
    assert isinstance(found, Unseen)
    assert found.why == "ResourceGroupNotFound"
