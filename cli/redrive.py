"""`keyless redrive`: handle a service's dead letters again, under its own rights."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from cli.lifecycle import require_running
from cli.options import StateOption, open_state
from cli.terminal import USAGE, fail, one_sentence
from sandbox.deployment import Deployment, load
from sandbox.deployment.short_names import short_scope
from sandbox.rbac import Action, Allowed, Policy, Requirement
from sandbox.state import PROJECT
from sandbox.supervisor import minimal_environment
from sandbox.supervisor.program_variables import service_variables

_RECEIVE = Action("Microsoft.ServiceBus/namespaces/messages/receive/action", data=True)


def redrive(
    service: Annotated[str, typer.Argument(help="A service that receives messages.")],
    state: StateOption = None,
) -> None:
    """Handle the dead letters of SERVICE again, under its own rights.

    It needs no right to send.
    """
    opened = open_state(state)
    with one_sentence(KeyError, ValueError):
        variables = service_variables(require_running(opened), service, opened)
        received = tuple(receives(load(opened), service))
    environment = {**minimal_environment(opened.folder("home")), **variables}
    module = f"services/{service}/redrive.py"
    if not (PROJECT / module).exists():
        fail(_why_not(service, module, received), USAGE)
    command = [sys.executable, "-m", f"services.{service}.redrive"]
    done = subprocess.run(command, env=environment, cwd=PROJECT, check=False)
    raise typer.Exit(done.returncode)


def receives(deployment: Deployment, service: str) -> Iterator[str]:
    """Yield the queues and subscriptions that the roles let `service` receive from."""
    policy, app = Policy.of(deployment), deployment.app(service)
    ids = [one for each in app.usable for one in each.every_id]
    queues = [each.id for bus in deployment.namespaces for each in bus.queues]
    topics = [each for bus in deployment.namespaces for each in bus.topics]
    subscriptions = [each.id for topic in topics for each in topic.subscriptions]
    for entity in (*queues, *subscriptions):
        requirement = Requirement(entity, (_RECEIVE,))
        if any(isinstance(policy.decide(each, requirement), Allowed) for each in ids):
            yield entity


def _why_not(service: str, module: str, received: tuple[str, ...]) -> str:
    if not received:
        return f"{service} may receive from no queue and no subscription, so it has no dead letters"
    return (
        f"{service} may receive from {' and '.join(map(short_scope, received))}, but needs a"
        f" {module}, which opens its dead letters for its handler: see docs/patterns.md"
    )
