"""`keyless recreate` and `deploy`: an identity made anew, and the roles deployed for it."""

from collections.abc import Collection
from typing import Annotated

import typer

from cli.options import StateOption, open_state
from cli.terminal import one_sentence, out
from sandbox.commands import KEYLESS, RESTART
from sandbox.deployment import Deployment, Principal, load
from sandbox.deployment import deploy as deploy_roles
from sandbox.deployment import recreate as make_anew

_TAKES_EFFECT = f"It takes effect when the sandbox is started next: {RESTART}."


def recreate(
    identity: Annotated[str, typer.Argument(help="gateway, notifier, platform, ...")],
    state: StateOption = None,
) -> None:
    """Delete IDENTITY and make it anew, as on Azure: with other ids, and no role until deploy."""
    opened = open_state(state)
    with one_sentence(ValueError, KeyError):
        made = make_anew(opened, _managed(load(opened), identity).resource_id)
        count = _how_many(load(opened), made.former)
    out.print(
        f"[bold]{identity}[/] was deleted and made anew: it is generation {made.generation}, "
        f"with the principal id {made.principal_id} and the client id {made.client_id}.\n"
        f"{count} role assignments name what it was; none names it until [bold]{KEYLESS} deploy[/]."
        f"\n{_TAKES_EFFECT}"
    )


def deploy(state: StateOption = None) -> None:
    """Deploy the roles to the sandbox again, so that they name every identity as it is."""
    opened = open_state(state)
    with one_sentence(ValueError, KeyError):
        news = {ids.principal_id for ids in deploy_roles(opened).values()}
        deployment = load(opened)
    if not news:
        out.print("Nothing to deploy: the roles name every identity as it is.")
        return
    for each in deployment.principals:
        if each.principal_id in news:
            _tell(deployment, each)
    out.print(_TAKES_EFFECT)


def _tell(deployment: Deployment, principal: Principal) -> None:
    new = _how_many(deployment, {principal.principal_id})
    old = _how_many(deployment, principal.former_ids)
    out.print(
        f"[bold]{principal.name}[/]: {new} role assignments name it, by {principal.principal_id}.\n"
        f"{old} that name what it was stay behind, as on Azure: a token from then still counts."
    )


def _managed(deployment: Deployment, name: str) -> Principal:
    """The managed identity called `name`. Raises KeyError or ValueError if there is none."""
    principal = deployment.principal(name)
    if not principal.resource_id:
        raise ValueError(f"{name} is a user; the deployment makes managed identities only.")
    return principal


def _how_many(deployment: Deployment, principal_ids: Collection[str]) -> int:
    return sum(each.principal_id in principal_ids for each in deployment.assignments)
