"""Starts Azurite and, while it starts, everything else that the services reach."""

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.deployment import Deployment, load, put_in_force, source
from sandbox.state import State
from sandbox.supervisor.azurite_process import azurite_program, azurites, losses, ready
from sandbox.supervisor.environment import kept_headers
from sandbox.supervisor.fork_server import ForkServer
from sandbox.supervisor.options import Options
from sandbox.supervisor.ports import HeldPorts
from sandbox.supervisor.processes import Child
from sandbox.supervisor.program import Launch, launch_guarded
from sandbox.supervisor.trust import no_file_of_authorities

if TYPE_CHECKING:
    from sandbox.supervisor.endpoints import Endpoints


async def start(stack: AsyncExitStack, state: State, options: Options) -> "Endpoints":
    """Start every endpoint for the services, which run on this machine or are remote.

    A deployment that is not the project's own has no services.

    Raises PortLostError, which another try may avoid, or OSError, ValueError, KeyError,
    RuntimeError, sqlite3.Error or aiohttp.ClientError.
    """
    snapshot = source(state)
    deployment = load(state, snapshot)
    held = HeldPorts()
    stack.callback(held.close)
    backends = azurites(deployment.accounts, state, held)
    damage = options.project.damage
    child = Child(azurite_program(backends, state, damage)) if backends else None
    if child:
        stack.push_async_callback(child.stop)
        await child.start()
    launch = await _launch(stack, state, options, deployment)
    # Imported while Azurite starts: each of the two keeps one core busy for half a second.
    with no_file_of_authorities():
        from sandbox.supervisor.endpoints import open_endpoints  # noqa: PLC0415
        from sandbox.supervisor.operator import Operator  # noqa: PLC0415
        from sandbox.supervisor.planes import build  # noqa: PLC0415

    headers = kept_headers(state, [app.name for app in deployment.apps])
    planes = build(state, deployment, backends, headers, options.assumed, settings=options.settings)
    stack.callback(planes.close)
    endpoints = await open_endpoints(stack, state, planes, child, options, held=held, launch=launch)
    if child:
        wanted = (each.containers for each in deployment.accounts)
        await ready(dict(zip(backends, wanted, strict=True)), child)
    ca = endpoints.environment.ca
    operator = Operator(state, deployment, endpoints.proxy, ca, planes.clock)
    await operator.hand_over_once(planes.vaults)
    put_in_force(state, snapshot.read_bytes())
    return replace(endpoints, lost=losses(child) if child else ())


async def _launch(
    stack: AsyncExitStack, state: State, options: Options, deployment: Deployment
) -> Launch:
    """Return the function that starts a service; start the fork server if services will run here.

    Raises OSError.
    """
    program = options.project.fork_server
    if program is None or options.remote or not options.services(deployment):
        return launch_guarded
    server = ForkServer(program(state))
    stack.push_async_callback(server.stop)
    await server.start()
    return server.launch
