"""The plane of a Service Bus namespace: it opens and closes the broker, and ends each turn."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from aiohttp import web

from sandbox.audit import Gate
from sandbox.broken_files import database_error
from sandbox.deployment import Namespace, Queue, Subscription, Topic
from sandbox.servicebus import errors, limit_errors
from sandbox.servicebus.administration import Administration, Counts, Entities
from sandbox.servicebus.administration.changes import not_stored
from sandbox.servicebus.administration.drift_file import read, write
from sandbox.servicebus.administration.entities import EntityDrift, InForce
from sandbox.servicebus.authenticate import TokenPolicy, Verifier
from sandbox.servicebus.connection import Connection, Output
from sandbox.servicebus.context import BusContext, CommitBatch, Throttle, take_all
from sandbox.servicebus.dispatch import Dispatcher
from sandbox.servicebus.limits import Limits
from sandbox.servicebus.name import Directory
from sandbox.servicebus.serve.broker import Broker
from sandbox.servicebus.serve.rules import RuleError, compiled
from sandbox.servicebus.serve.store import Store, StoreError
from sandbox.servicebus.transport import AmqpProtocol, application

_LOG = logging.getLogger(__name__)

# Beside the database: the entities that the management API has created, changed or deleted.
_BY_HAND = ".entities.json"
_TICK = 1.0
# In seconds. Under load, locks end and messages expire at most this much too late.
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
        existence_first: bool = False,
        assign_ids: bool = True,
        accept_unknown: bool = False,
        throttle: Throttle = take_all,
    ) -> None:
        """Open nothing yet.

        With `existence_first`, a caller learns that an entity is missing whatever its roles. With
        `assign_ids`, a message sent without an id gets one. With `accept_unknown`, `$cbs` takes
        tokens for missing entities. `throttle` returns the error for a caller while the namespace
        is busy.
        """
        by_hand = database.with_suffix(_BY_HAND)
        self.entities = Entities(namespace, read(by_hand), partial(write, by_hand))
        self._verifier = verifier
        self._gate = gate
        self._database = database
        self._limits = limits or Limits()
        self._existence_first = existence_first
        self._assign_ids = assign_ids
        self._accept_unknown = accept_unknown
        self._throttle = throttle
        self._connections: dict[Connection, None] = {}
        self._running = False
        self._turn_end: asyncio.Handle | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._ticker: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Read the store. Raises StoreError or RuleError, each with the reason in one sentence."""
        self._loop = asyncio.get_running_loop()
        self._clock = _steady_clock()
        self._store = Store(self._database)
        self._dispatcher = Dispatcher()
        self._batch = CommitBatch(self._schedule_turn_end)
        directory = Directory(self.entities.namespace)
        self._context = BusContext(
            namespace=self.entities.namespace,
            directory=directory,
            gate=self._gate,
            token_policy=self._token_policy(directory),
            limits=self._limits,
            dispatcher=self._dispatcher,
            batch=self._batch,
            broker=self._first_broker(),
            existence_first=self._existence_first,
            assign_ids=self._assign_ids,
            throttle=self._throttle,
            managed=self,
        )
        self._running = True
        self._batch.touch()
        self._tick()

    async def stop(self) -> None:
        """Close all connections, commit, and close the store."""
        # From here on nothing is scheduled: a turn that ended later would find the store closed.
        self._running = False
        for handle in (self._turn_end, self._sweep, self._ticker):
            if handle:
                handle.cancel()
        for connection in list(self._connections):
            connection.close(errors.stopping())
        self._end_turn()
        for connection in list(self._connections):
            connection.lost()
        self._store.close()

    def check(self, namespace: Namespace) -> None:
        """Raise RuleError for a filter that is not understood, or a setting that cannot change."""
        self._context.broker.check(namespace)
        for topic in namespace.topics:
            for each in topic.subscriptions:
                compiled(each.rules, f"{topic.name}/Subscriptions/{each.name}")

    def deploy(self, namespace: Namespace, *, hurry: bool = False) -> int:
        """Become `namespace`, which has the same name, without a restart; return the ended links.

        Entities that stay keep their messages, and connections their other links. A link keeps
        its rights until its token ends; with `hurry`, the roles decide them again.

        Raises RuleError, OSError or StoreError; then nothing has changed.
        """
        self._put_into_force(self.entities.redeployed(namespace))
        return self._announce(hurry=hurry)

    def manage(self, drift: EntityDrift) -> None:
        """Put a change of the management API into force, and keep it.

        Raises RuleError, or Refusal 503 if the disk does not take it; then nothing has changed.
        """
        planned = self.entities.changed(drift)
        self.check(planned.namespace)
        try:
            self._put_into_force(planned)
        except (OSError, StoreError) as error:
            raise not_stored(error) from error
        self._announce()

    def counts(self, entity: Queue | Topic | Subscription) -> Counts:
        """Return the messages of an entity; a topic keeps none of its own."""
        found = self._context.broker.entities.get(entity.id.lower())
        destination = self._context.broker.destinations.get(entity.id.lower())
        scheduled = len(destination.scheduled) if destination else 0
        if found is None:
            return Counts(scheduled=scheduled)
        return Counts(len(found.active), len(found.dead_letters), scheduled)

    def amqp_protocol(self) -> asyncio.Protocol:
        """Return a protocol, for `loop.create_server(bus.amqp_protocol, ssl=...)`."""
        return AmqpProtocol(self._connect, self._disconnect)

    def application(self) -> web.Application:
        """Return the web application: AMQP over WebSocket, and the management of entities."""
        administration = Administration(self, self._verifier)
        return application(self._connect, self._disconnect, administration, self._gate)

    @property
    def name(self) -> str:
        """Return the name of the namespace."""
        return self.entities.namespace.name

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Return the open connections."""
        return tuple(self._connections)

    def messages(self) -> dict[str, int]:
        """Return how many active messages each queue and subscription has, locked or not."""
        entities = self._context.broker.entities.values()
        return {entity.path: len(entity.active) for entity in entities}

    def dead_letters(self) -> dict[str, int]:
        """Return how many dead letters each queue and subscription has."""
        entities = self._context.broker.entities.values()
        return {entity.path: len(entity.dead_letters) for entity in entities}

    def _put_into_force(self, planned: InForce) -> None:
        """Keep a plan, and follow it; take it back if either fails.

        Raises RuleError, OSError or StoreError.
        """
        before = self.entities.in_force
        try:
            self.entities.take(planned)
            self._become(planned.namespace)
        except (RuleError, OSError, StoreError):
            self.entities.take_back(before)
            raise

    def _become(self, namespace: Namespace) -> None:
        """Let the broker have other entities. Raises RuleError or StoreError."""
        try:
            self._context.broker.deploy(namespace)
        except sqlite3.Error as error:
            self._batch.fail()
            reason = database_error(self._database, error)
            raise StoreError(f"The bus cannot use its store: {reason}.") from error
        self._context.namespace = namespace
        self._context.directory.deploy(namespace)

    def _announce(self, *, hurry: bool = False) -> int:
        """Let the connections follow; return how many of their links ended."""
        ended = sum(each.redeployed(hurry=hurry) for each in list(self._connections))
        self._batch.touch()
        return ended

    def _connect(self, output: Output) -> Connection:
        self._make_room()
        connection = Connection(self._context, output)
        self._connections[connection] = None
        return connection

    def _make_room(self) -> None:
        """Close the oldest connections without a token, if there are too many."""
        allowed = self._limits.max_without_token
        waiting = [each for each in self._connections if not each.is_authenticated]
        # A good client puts its token within moments. The oldest may never do so.
        for each in waiting[: max(len(waiting) - allowed + 1, 0)]:
            each.close(limit_errors.crowded_out(allowed))

    def _disconnect(self, connection: Connection) -> None:
        self._connections.pop(connection, None)

    def _token_policy(self, directory: Directory) -> TokenPolicy:
        accepts = (lambda _: True) if self._accept_unknown else directory.knows
        return TokenPolicy(self.entities.namespace.host, self._verifier, self._gate, accepts)

    def _first_broker(self) -> Broker:
        try:
            broker = self._load_broker()
            self._store.commit()
        except sqlite3.Error as error:
            self._store.close()
            reason = database_error(self._database, error)
            raise StoreError(f"The bus cannot use its store: {reason}.") from error
        except RuleError:
            self._store.close()
            raise
        return broker

    def _load_broker(self) -> Broker:
        return Broker(
            self.entities.namespace,
            self._store,
            self._clock,
            self._dispatcher.mark_ready,
            self._to_wall_time,
        )

    def _to_wall_time(self, moment: float) -> float:
        """Return a lock's end by the wall clock, because clients compare it with their own."""
        return moment - self._clock() + time.time()

    def _schedule_turn_end(self) -> None:
        if self._turn_end is None and self._running:
            self._turn_end = self._loop.call_soon(self._end_turn)

    def _end_turn(self) -> None:
        """Deliver messages, commit, and only then flush the connections."""
        try:
            if self._batch.has_failed:
                raise sqlite3.OperationalError("the turn could not be written")
            self._dispatcher.dispatch()
            self._store.commit()
        except sqlite3.Error as error:
            _LOG.error("The bus cannot write its store (%s), so its clients must reconnect", error)
            self._recover()
            return
        finally:
            # Only now: what the turn itself delivers needs no other turn.
            self._turn_end = None
        for connection in self._batch.take():
            connection.flush()
        self._sweep_soon()

    def _recover(self) -> None:
        """Go back to the last commit, as after a crash.

        No client has seen anything of the turn. All are disconnected, and find the messages again
        when they return.
        """
        for connection in list(self._connections):
            connection.abort()
        self._batch.take()
        # Until the store can be read, each turn ends here, and each tries again.
        self._batch.has_failed = True
        try:
            self._store.rollback()
            self._context.broker = self._load_broker()
        except sqlite3.Error as error:
            _LOG.error(
                "The bus cannot read its store (%s); it tries again with the next client", error
            )
        else:
            self._batch.has_failed = False

    def _sweep_soon(self) -> None:
        """Sweep soon: the turn may have added something that is due earlier."""
        if self._sweep is None or self._sweep.when() > self._loop.time() + _SWEEP:
            self._sweep_in(_SWEEP)

    def _sweep_now(self) -> None:
        """Sweep, and set the timer for the lock or message that is due next."""
        self._sweep = None
        try:
            swept = self._context.broker.sweep()
        except sqlite3.Error:
            self._batch.fail()
            return
        if swept:
            self._batch.touch()
        elif (due := self._context.broker.next_due()) is not None:
            self._sweep_in(max(due - self._clock(), 0.001))

    def _sweep_in(self, seconds: float) -> None:
        if self._sweep:
            self._sweep.cancel()
        self._sweep = self._loop.call_later(seconds, self._sweep_now) if self._running else None

    def _tick(self) -> None:
        for connection in list(self._connections):
            connection.tick()
        self._store.checkpoint_if_quiet()
        self._ticker = self._loop.call_later(_TICK, self._tick)


def _steady_clock() -> Callable[[], float]:
    """Return a clock in seconds since the epoch that no change of the system clock affects."""
    difference = time.time() - time.monotonic()
    return lambda: time.monotonic() + difference
