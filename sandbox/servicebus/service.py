"""Puts the bus together and drives it: connections, turns, commits and clocks."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from sandbox.assumptions import LIKELY, Assumptions
from sandbox.audit import Gate
from sandbox.broken import unusable
from sandbox.deployment import Namespace
from sandbox.servicebus.administration import refusing
from sandbox.servicebus.authenticate import Desk, Verifier
from sandbox.servicebus.connection import Connection
from sandbox.servicebus.decide import Decider
from sandbox.servicebus.dispatch import Dispatcher
from sandbox.servicebus.limits import Limits
from sandbox.servicebus.name import Directory
from sandbox.servicebus.outlet import Outlet
from sandbox.servicebus.plane import Plane, Turn
from sandbox.servicebus.protocol import AmqpProtocol
from sandbox.servicebus.serve.broker import Broker
from sandbox.servicebus.serve.rules import RuleError, as_deployed
from sandbox.servicebus.serve.store import Store, StoreError
from sandbox.servicebus.websocket import application

_LOG = logging.getLogger(__name__)

_TICK = 1.0
# How late a lock may end or a message expire while much is going on.
_SWEEP = 0.05


class ServiceBus:
    """A Service Bus namespace: AMQP on sockets and WebSockets, messages in one SQLite file."""

    def __init__(
        self,
        namespace: Namespace,
        verifier: Verifier,
        gate: Gate,
        database: Path,
        limits: Limits | None = None,
        *,
        assumed: Assumptions = LIKELY,
    ) -> None:
        """Opens nothing yet."""
        self._namespace = as_deployed(namespace, assumed.bus_default_rule)
        self._verifier = verifier
        self._gate = gate
        self._assumed = assumed
        self._database = database
        self._limits = limits or Limits()
        self._connections: dict[Connection, None] = {}
        self._running = False
        self._turn_ends: asyncio.Handle | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._ticker: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Read the store. Raises StoreError or RuleError, which say what is wrong."""
        self._loop = asyncio.get_running_loop()
        self._clock = _steady_clock()
        self._store = Store(self._database)
        self._dispatcher = Dispatcher()
        self._turn = Turn(self._schedule)
        directory = Directory(self._namespace)
        self._plane = Plane(
            namespace=self._namespace,
            directory=directory,
            decider=Decider(self._gate),
            desk=self._desk(directory),
            limits=self._limits,
            dispatcher=self._dispatcher,
            turn=self._turn,
            broker=self._first_read(),
            shows_missing=self._assumed.bus_missing == "existence",
            gives_ids=self._assumed.bus_message_id == "given",
        )
        self._running = True
        self._turn.touch()
        self._tick()

    async def stop(self) -> None:
        """Tell all clients, commit, and let go of the store."""
        for connection in list(self._connections):
            connection.stop()
        self._end_turn()
        self._running = False
        for handle in (self._turn_ends, self._sweep, self._ticker):
            if handle:
                handle.cancel()
        for connection in list(self._connections):
            connection.lost()
        self._store.close()

    def amqp_protocol(self) -> asyncio.Protocol:
        """The protocol of one client, for `loop.create_server(bus.amqp_protocol, ssl=...)`."""
        return AmqpProtocol(self._connect, self._leave)

    def application(self) -> web.Application:
        """The web application that speaks AMQP over WebSocket, and refuses all else."""
        refuse = refusing(self._verifier, self._gate)
        return application(self._connect, self._leave, refuse)

    def messages(self) -> dict[str, int]:
        """How many messages each queue and subscription holds, locked or not, but no dead ones."""
        entities = self._plane.broker.entities.values()
        return {entity.path: len(entity.active) for entity in entities}

    def dead_letters(self) -> dict[str, int]:
        """How many dead letters lie in each queue and subscription."""
        entities = self._plane.broker.entities.values()
        return {entity.path: len(entity.dead) for entity in entities}

    def _connect(self, outlet: Outlet) -> Connection:
        unproven = [each for each in self._connections if not each.is_proven]
        # A client takes a moment to put its token; those that have waited longest may never do so.
        for each in unproven[: max(len(unproven) - self._limits.max_without_token + 1, 0)]:
            each.give_up()
        connection = Connection(self._plane, outlet)
        self._connections[connection] = None
        return connection

    def _leave(self, connection: Connection) -> None:
        self._connections.pop(connection, None)

    def _desk(self, directory: Directory) -> Desk:
        knows: dict[str, Callable[[str], bool]] = {
            "taken": lambda _: True,
            "404": directory.knows,
        }
        return Desk(
            self._namespace.host,
            self._verifier,
            self._gate,
            knows[self._assumed.bus_put_token_unknown],
        )

    def _first_read(self) -> Broker:
        try:
            broker = self._read()
            self._store.commit()
        except sqlite3.Error as error:
            self._store.close()
            what = unusable(self._database, error)
            raise StoreError(f"The bus cannot use its store: {what}.") from error
        except RuleError:
            self._store.close()
            raise
        return broker

    def _read(self) -> Broker:
        return Broker(
            self._namespace, self._store, self._clock, self._dispatcher.mark, self._on_the_wall
        )

    def _on_the_wall(self, moment: float) -> float:
        """A client settles nothing whose lock has ended by the machine's own clock."""
        return moment - self._clock() + time.time()

    def _schedule(self) -> None:
        if self._turn_ends is None and self._running:
            self._turn_ends = self._loop.call_soon(self._end_turn)

    def _end_turn(self) -> None:
        """Hand out messages, commit, and only then let the clients know."""
        self._turn_ends = None
        try:
            if self._turn.is_broken:
                raise sqlite3.OperationalError("the turn could not be written")
            self._dispatcher.dispatch()
            self._store.commit()
        except sqlite3.Error as error:
            _LOG.error("The bus cannot write its store (%s); its clients have to return", error)
            self._begin_anew()
            return
        for connection in self._turn.touched():
            connection.flush()
        self._watch()

    def _begin_anew(self) -> None:
        """As after a crash: nothing that was not committed has happened, and nobody was told."""
        for connection in list(self._connections):
            connection.abort()
        self._turn.touched()
        self._turn.is_broken = True
        try:
            self._store.rollback()
            self._plane.broker = self._read()
        except sqlite3.Error as error:
            _LOG.error("The bus cannot read its store (%s); the next client makes it try", error)
        else:
            self._turn.is_broken = False

    def _watch(self) -> None:
        """Look soon at what is due: the turn that has ended may have changed it."""
        if self._sweep is None or self._sweep.when() > self._loop.time() + _SWEEP:
            self._look_in(_SWEEP)

    def _look(self) -> None:
        """Sweep, and be there when the next lock ends or the next message expires."""
        self._sweep = None
        try:
            swept = self._plane.broker.sweep()
        except sqlite3.Error:
            self._turn.broken()
            return
        if swept:
            self._turn.touch()
        elif (due := self._plane.broker.next_due()) is not None:
            self._look_in(max(due - self._clock(), 0.001))

    def _look_in(self, seconds: float) -> None:
        if self._sweep:
            self._sweep.cancel()
        self._sweep = self._loop.call_later(seconds, self._look) if self._running else None

    def _tick(self) -> None:
        for connection in list(self._connections):
            connection.tick()
        self._ticker = self._loop.call_later(_TICK, self._tick)


def _steady_clock() -> Callable[[], float]:
    """Seconds since the epoch that go on evenly, whatever happens to the machine's clock."""
    difference = time.time() - time.monotonic()
    return lambda: time.monotonic() + difference
