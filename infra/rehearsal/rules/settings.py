"""Settings that Azure refuses, or does not keep."""

from collections.abc import Iterator

from infra.rehearsal.plan import Plan
from infra.rehearsal.rules.apps import called
from infra.rehearsal.rules.bodies import inside
from infra.rehearsal.rules.rule import Fault
from infra.rehearsal.world import World

VAULT = "Microsoft.KeyVault/vaults"
RULE = "Microsoft.ServiceBus/namespaces/topics/subscriptions/rules"


def is_called_default(plan: Plan, world: World) -> Iterator[Fault]:
    """Find rules of subscriptions under the name of Azure's own rule."""
    for each in plan.of_type(RULE):
        name = each.name if isinstance(each.name, str) else ""
        if name.lower().endswith("/$default"):
            subscription = name.split("/")[-2]
            yield Fault(
                each,
                f"a rule of the subscription {subscription} is called $Default: Azure removes it, "
                "and what it lets through does not arrive",
            )


def would_make_a_vault_purgeable(plan: Plan, world: World) -> Iterator[Fault]:
    """Find vaults whose purge protection is set to false."""
    for each in plan.of_type(VAULT):
        if inside(each.properties, "enablePurgeProtection") is False:
            yield Fault(each, f"enablePurgeProtection of {called(each)} is false")
