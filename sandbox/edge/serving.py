"""How the edge runs an application: bytes as they came, nothing logged, no work for the absent."""

from aiohttp import web

from sandbox.audit import Gate
from sandbox.edge.guard import Names, guarded

_HEAD_LIMIT = 64 * 1024
# Four minutes, as Azure's load balancers wait.
_IDLE = 240.0
_GRACE = 1.0


async def runner(application: web.Application, names: Names, gate: Gate) -> web.AppRunner:
    """`application`, started and guarded; its `server` makes a protocol for each connection.

    Raises whatever the application's own start raises.
    """
    made = web.AppRunner(
        application,
        access_log=None,
        auto_decompress=False,
        handler_cancellation=True,
        keepalive_timeout=_IDLE,
        max_field_size=_HEAD_LIMIT,
        max_line_size=_HEAD_LIMIT,
        shutdown_timeout=_GRACE,
    )
    await made.setup()
    server = server_of(made)
    server.request_handler = guarded(server.request_handler, names, gate)
    return made


def server_of(made: web.AppRunner) -> web.Server:
    """The server of a runner that has been set up. Raises RuntimeError if it has not been."""
    if made.server is None:
        raise RuntimeError("the application has not been started")
    return made.server
