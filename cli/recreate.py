"""`keyless recreate` and `deploy`: a recreated identity, and the roles deployed for it."""

from collections.abc import Collection, Iterable
from typing import Annotated

import typer
from rich.text import Text

from cli.changes import lines
from cli.control import ask
from cli.options import StateOption, open_state
from cli.terminal import one_sentence, out
from sandbox.commands import KEYLESS
from sandbox.deployment import PRINCIPALS, Deployment, Principal, load
from sandbox.deployment import deploy as deploy_roles
from sandbox.deployment import recreate as recreate_identity
from sandbox.state import State
from sandbox.supervisor import holder


def recreate(
    identity: Annotated[str, typer.Argument(help="gateway, notifier, platform, ...")],
    state: StateOption = None,
) -> None:
    """Delete and recreate IDENTITY, as on Azure: with new ids, and no role until deploy."""
    opened = open_state(state)
    with one_sentence(ValueError, KeyError, OSError), opened.all_or_nothing(PRINCIPALS):
        made = recreate_identity(opened, _managed(load(opened), identity).resource_id)
        count = _how_many(load(opened), made.former)
        effect = _take_effect(opened)
    out.print(
        f"[bold]{identity}[/] was recreated: it is generation {made.generation}, "
        f"with principal id {made.principal_id} and client id {made.client_id}.\n"
        f"{count} role assignments still name its former principal id; it has none until"
        f" [bold]{KEYLESS} deploy[/]."
    )
    _print(effect)


def deploy(state: StateOption = None) -> None:
    """Deploy the roles again, so that they name each identity's current id."""
    opened = open_state(state)
    with one_sentence(ValueError, KeyError, OSError), opened.all_or_nothing(PRINCIPALS):
        news = {ids.principal_id for ids in deploy_roles(opened).values()}
        deployment = load(opened)
        effect = _take_effect(opened) if news else []
    if not news:
        out.print("Nothing to deploy: the roles name every identity's current id.")
        return
    for each in deployment.principals:
        if each.principal_id in news:
            _print_counts(deployment, each)
    _print(effect)


def _take_effect(state: State) -> list[Text]:
    """Put the new ids into force in the running sandbox, if there is one; return the effect."""
    if holder(state) is None:
        return [Text("This takes effect when the sandbox starts.")]
    return list(lines(ask(state, "apply", {})))


def _print(effect: Iterable[Text]) -> None:
    for each in effect:
        out.print(each)


def _print_counts(deployment: Deployment, principal: Principal) -> None:
    new = _how_many(deployment, {principal.principal_id})
    old = _how_many(deployment, principal.former_ids)
    out.print(
        f"[bold]{principal.name}[/]: {new} role assignments name {principal.principal_id}.\n"
        f"{old} that name its former ids remain, as on Azure: an earlier token is still allowed."
    )


def _managed(deployment: Deployment, name: str) -> Principal:
    """Return the managed identity called `name`. Raises KeyError, or ValueError for a user."""
    principal = deployment.principal(name)
    if not principal.resource_id:
        raise ValueError(f"{name} is a user; only managed identities can be recreated.")
    return principal


def _how_many(deployment: Deployment, principal_ids: Collection[str]) -> int:
    return sum(each.principal_id in principal_ids for each in deployment.assignments)
