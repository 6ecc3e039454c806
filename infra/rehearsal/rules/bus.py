"""Service Bus: the rule that a new subscription brings with it."""

from collections.abc import Iterator

from infra.rehearsal.plan import Plan
from infra.rehearsal.rules.rule import Fault
from infra.rehearsal.world import World

RULE = "Microsoft.ServiceBus/namespaces/topics/subscriptions/rules"


def is_called_default(plan: Plan, world: World) -> Iterator[Fault]:
    """Find rules of subscriptions under the name of the one that Azure makes."""
    for each in plan.of_type(RULE):
        name = each.name if isinstance(each.name, str) else ""
        if name.lower().endswith("/$default"):
            subscription = name.split("/")[-2]
            yield Fault(
                each,
                f"a rule of the subscription {subscription} is called $Default: Azure removes it, "
                "and what it lets through does not arrive",
            )
