"""The rules of each subscription, compared with the template.

https://learn.microsoft.com/rest/api/servicebus/controlplane-stable/rules
"""

from collections.abc import Iterator, Mapping
from typing import Any

from local.report import safe_text
from local.report.control_plane import ControlPlane, Json, UnseenError
from local.report.model import Part, Rule, Unseen
from local.report.safe_text import SafeText
from sandbox import deployment
from sandbox.deployment import as_compiled

_VERSION = "2024-01-01"
_EVERYTHING = "1=1"
_FILTERS = (SafeText("SqlFilter"), SafeText("CorrelationFilter"))
_ANOTHER_RULE = SafeText("another")


def rules(azure: ControlPlane) -> Part[Rule]:
    """Return each rule of each subscription that the template names."""
    path = f"{azure.group_id}/providers/Microsoft.ServiceBus/namespaces"
    try:
        return tuple(
            rule
            for namespace in azure.listed(path, _VERSION)
            for topic in as_compiled().bus.topics
            for each in topic.subscriptions
            for rule in _rules(azure, f"{namespace['id']}/topics/{topic.name}", each)
        )
    except UnseenError as error:
        return Unseen(error.why)


def _rules(
    azure: ControlPlane, topic: str, subscription: deployment.Subscription
) -> Iterator[Rule]:
    """Yield at least one line: a subscription without rules gets no messages, which must show."""
    path = f"{topic}/subscriptions/{subscription.name}/rules"
    meant = {each.name: each for each in subscription.rules}
    name = SafeText(subscription.name)
    found = list(azure.listed(path, _VERSION))
    if not found:
        yield Rule(name, SafeText("no rule"), SafeText(""), passes_all=False, as_template=False)
    for each in found:
        given = each.get("properties") or {}
        called = str(each.get("name"))
        yield Rule(
            name,
            safe_text.name(called) or _ANOTHER_RULE,
            _filter(given),
            passes_all=_sql(given).replace(" ", "") == _EVERYTHING,
            as_template=called in meant and _agrees(given, meant[called]),
        )


def _filter(given: Json) -> SafeText:
    found = str(given.get("filterType"))
    return next((each for each in _FILTERS if each == found), safe_text.ANOTHER)


def _agrees(given: Json, rule: deployment.Rule) -> bool:
    if rule.sql is not None:
        return _sql(given) == rule.sql
    label = rule.correlation.label if rule.correlation else None
    return bool((given.get("correlationFilter") or {}).get("label") == label)


def _sql(given: Mapping[str, Any]) -> str:
    return str((given.get("sqlFilter") or {}).get("sqlExpression") or "")
