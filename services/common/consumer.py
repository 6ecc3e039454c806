"""A consumer of Service Bus: one thread owns the link, handlers run in threads beside it.

    link's thread      receive (1 s) -> collect outcomes -> settle, renew, retry -> receive ...
    handlers' threads  handle(message)    handle(message)    handle(message)

The SDK's clients are not thread-safe, so one thread receives, renews locks and settles. Its own
AutoLockRenewer is not used, since a busy handler starves it (azure-sdk-for-python#31427).

A message whose handler fails for now stays in flight with its lock renewed, and is retried after
growing pauses: if it were abandoned, it would come back at once and use up its delivery count.

The file has three parts: the policy, which is pure; the messages in flight, without a thread; and
the consumer, with its thread and its link.
"""

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from enum import Enum, auto
from queue import Empty, SimpleQueue
from typing import Any

from azure.servicebus import ServiceBusReceivedMessage, ServiceBusReceiver
from azure.servicebus.exceptions import MessageAlreadySettled, MessageLockLostError

log = logging.getLogger(__name__)

Handler = Callable[[ServiceBusReceivedMessage], object]
OpenReceiver = Callable[[], AbstractContextManager[ServiceBusReceiver]]

# --- Policy: the outcome of an attempt ------------------------------------------------------------

# Errors of these packages, and of sockets, say that a dependency is unavailable. Add your own.
DEPENDENCIES = frozenset({"azure", "requests", "urllib3", "websocket"})
_FILE_ERRORS = (
    FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError,
)  # fmt: skip
_ENOUGH_ATTEMPTS = 3  # before a message is given up to make room for others
_MAX_TEXT = 4000  # characters of a dead letter's reason or description; Azure takes 4,096


class Permanent(Exception):
    """This message can never be handled: it is dead-lettered with a reason and a description."""

    def __init__(self, reason: str, description: str) -> None:
        super().__init__(f"{reason}: {description}")
        self.reason = reason
        self.description = description


class Transient(Exception):
    """This message cannot be handled now, and not before `retry_after` seconds have passed."""

    def __init__(self, description: str, retry_after: float = 0) -> None:
        super().__init__(description)
        self.retry_after = retry_after


class LeaveLocked(Exception):
    """This message stays unsettled, and comes again when its lock ends."""


@dataclass(frozen=True)
class RetryPolicy:
    """The first pause between attempts, the longest pause, and the total time in flight (s)."""

    first: float = 1
    longest: float = 60
    total: float = 600


DEFECT_POLICY = RetryPolicy(first=5, longest=40, total=90)  # five attempts in 75 to 90 s


class Action(Enum):
    """The outcome for a message in flight."""

    COMPLETE = auto()
    DEAD_LETTER = auto()
    ABANDON = auto()
    LEAVE = auto()
    WAIT = auto()


@dataclass(frozen=True)
class Decision:
    """An action, with the pause of a wait or the reason and description of a dead letter."""

    action: Action
    pause: float = 0
    reason: str = ""
    description: str = ""


def is_defect(error: BaseException) -> bool:
    """Return whether an error is most likely a bug, and not an unavailable dependency."""
    if isinstance(error, Permanent | Transient | LeaveLocked):
        return False
    if isinstance(error, (ValueError, TypeError, *_FILE_ERRORS)):  # requests.InvalidURL is both
        return True
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return not (isinstance(error, OSError) or packages & DEPENDENCIES)


def describe(error: BaseException) -> str:
    """Return an error's text, with its type unless it is one of this file's."""
    ours = isinstance(error, Permanent | Transient | LeaveLocked) and str(error)
    return ours or "".join(traceback.format_exception_only(error)).strip()


def decide(
    error: BaseException | None,
    attempt: int,
    held: float,
    policy: RetryPolicy,
    *,
    crowded: bool = False,
) -> Decision:
    """Return the decision about a message by its handler's error; `held` is its time in flight (s).

    `crowded` means that no further message may wait, and that most others succeed: then a failure
    is the message's own, and no outage explains it.
    """
    if error is None:
        return Decision(Action.COMPLETE)
    if isinstance(error, Permanent):
        return Decision(Action.DEAD_LETTER, 0, error.reason, error.description)
    if isinstance(error, LeaveLocked):
        return Decision(Action.LEAVE)
    defect = is_defect(error)
    policy = DEFECT_POLICY if defect else policy
    asked = error.retry_after if isinstance(error, Transient) else 0
    pause = max(asked, min(policy.longest, policy.first * 2 ** min(attempt, 30)))
    hopeless = crowded and attempt >= _ENOUGH_ATTEMPTS
    if held + pause <= policy.total and not hopeless:
        return Decision(Action.WAIT, pause)
    if defect or hopeless:
        trace = "".join(traceback.format_exception(error))
        return Decision(Action.DEAD_LETTER, 0, type(error).__qualname__, trace[-_MAX_TEXT:])
    return Decision(Action.ABANDON)


# --- In flight: no thread starts here, and one thread owns it -------------------------------------


@dataclass(eq=False)
class Delivery:
    """A message in flight: its handler runs, or it waits for an attempt or for its settlement."""

    message: ServiceBusReceivedMessage
    received: float
    renew_at: float
    attempt: int = 0
    balance: int = 0  # of all messages, when the first attempt failed
    started: float | None = None  # when the running attempt started
    reported: bool = False  # as overdue
    retry_at: float | None = None
    decision: Decision | None = None
    failed_calls: int = 0  # to settle it or to renew its lock
    context: Context = field(default_factory=copy_context)  # of its handler: log, trace

    def start(self) -> None:
        """Note that an attempt starts."""
        self.started, self.retry_at = time.monotonic(), None

    def log(self, level: int, text: str, trace: BaseException | None = None, **extra: Any) -> None:
        """Log about this message, in a copy of its context: its handler may be running there."""
        extra["message_id"] = self.message.message_id
        self.context.copy().run(log.log, level, text, extra=extra, exc_info=trace)


@dataclass(eq=False)
class InFlight:
    """The messages that were received and are not settled."""

    name: str  # of the consumer, for its log
    policy: RetryPolicy
    max_fresh: int = 4  # messages in their first attempt
    max_waiting: int = 32
    overdue_after: float = 300
    renew_every: float = 20
    of_dead_letters: bool = False
    _deliveries: list[Delivery] = field(default_factory=list, init=False)
    _balance: int = 0  # of first attempts: those that succeeded less those that failed
    _left: set[int | None] = field(default_factory=set)  # to be warned about once

    def __len__(self) -> int:
        return len(self._deliveries)

    def add(self, message: ServiceBusReceivedMessage) -> Delivery:
        """Add a message that was just received; its first attempt is due."""
        now = time.monotonic()
        self._deliveries.append(each := Delivery(message, now, now + self.renew_every))
        return each

    def has_room(self) -> bool:
        """Return whether another message may be received."""
        fresh = sum(each.started is not None and not each.attempt for each in self._deliveries)
        return fresh < self.max_fresh and not self._is_full()

    def has_overdue(self) -> bool:
        """Return whether an attempt has not returned in time; any thread may ask."""
        return any(self._is_overdue(each) for each in tuple(self._deliveries))

    def finish(self, each: Delivery, error: BaseException | None) -> None:
        """Decide about a message whose handler returned, or raised `error`."""
        now = time.monotonic()
        each.started, each.reported = None, False
        was_full = self._is_full()
        crowded = was_full and self._balance > each.balance
        if each.attempt == 0:
            self._balance += 1 if error is None else -1
            each.balance = self._balance
        held = now - each.received
        decision = decide(error, each.attempt, held, self.policy, crowded=crowded)
        if decision.action is Action.DEAD_LETTER and self.of_dead_letters:
            decision = Decision(Action.LEAVE)
        if decision.action is Action.WAIT:
            each.attempt += 1
            each.retry_at = now + decision.pause * random.uniform(1, 1.2)  # noqa: S311
        else:
            each.decision = decision
        if error is not None:
            self._log_outcome(each, decision, error)
        if self._is_full() and not was_full:
            log.error("%s: %d messages fail; no new one is taken", self.name, self.max_waiting)

    def service(self, receiver: ServiceBusReceiver) -> list[Delivery]:
        """Settle and renew due messages, and return those whose next attempt is due."""
        retries = sum(each.started is not None and each.attempt > 0 for each in self._deliveries)
        due: list[Delivery] = []
        max_retries = max(1, self.max_fresh // 2)
        for each in list(self._deliveries):
            now = time.monotonic()
            self._report_overdue(each)
            if each.decision:
                self._settle(receiver, each, each.decision)
            elif each.retry_at and now >= each.retry_at and retries + len(due) < max_retries:
                due.append(each)
            elif now >= each.renew_at:
                self._renew(receiver, each)
        return due

    def give_back(self) -> None:
        """Abandon the messages that wait for an attempt."""
        for each in self._deliveries:
            if each.started is None and each.decision is None:
                each.decision = Decision(Action.ABANDON)

    def _is_full(self) -> bool:
        waiting = sum(each.attempt > 0 and not each.decision for each in self._deliveries)
        return waiting >= self.max_waiting

    def _is_overdue(self, each: Delivery) -> bool:
        started = each.started
        return started is not None and time.monotonic() - started > self.overdue_after

    def _report_overdue(self, each: Delivery) -> None:
        if self._is_overdue(each) and not each.reported:
            each.reported = True
            late = f"a handler has not returned for {self.overdue_after:.0f} s"
            each.log(logging.ERROR, f"{self.name}: {late}, so this process is not alive")

    def _log_outcome(self, each: Delivery, decision: Decision, error: BaseException) -> None:
        level, trace = logging.WARNING, None
        if each.message.sequence_number in self._left:
            level = logging.DEBUG
        elif is_defect(error):
            level, trace = logging.ERROR, error
        text = f"{self.name}: {decision.action.name}: {describe(error)}"
        each.log(level, text, trace, pause=round(decision.pause, 1))
        if decision.action is Action.LEAVE:
            self._left.add(each.message.sequence_number)

    def _settle(self, receiver: ServiceBusReceiver, each: Delivery, decision: Decision) -> None:
        message, within = each.message, each.context.copy()  # with its trace, if any
        with self._dropped_if_lost(each):
            if decision.action is Action.COMPLETE:
                within.run(receiver.complete_message, message)
            elif decision.action is Action.DEAD_LETTER:
                why = decision.reason[:_MAX_TEXT], decision.description[:_MAX_TEXT]
                within.run(receiver.dead_letter_message, message, *why)
            elif decision.action is Action.ABANDON:
                within.run(receiver.abandon_message, message)
            self._deliveries.remove(each)

    def _renew(self, receiver: ServiceBusReceiver, each: Delivery) -> None:
        with self._dropped_if_lost(each):
            receiver.renew_message_lock(each.message, timeout=10)
            each.renew_at = time.monotonic() + self.renew_every

    @contextmanager
    def _dropped_if_lost(self, each: Delivery) -> Iterator[None]:
        try:
            yield
        except (MessageLockLostError, MessageAlreadySettled) as error:
            self._drop(each, "a lock was lost", error)
        except Exception as error:
            each.failed_calls += 1  # the link is reopened; a second failure is the message's own
            if each.failed_calls > 1:
                self._drop(each, "it cannot be settled", error)
            raise

    def _drop(self, each: Delivery, why: str, error: Exception) -> None:
        text = f"{self.name}: {why}, so the message comes again: {error}"
        each.log(logging.WARNING, text)
        self._deliveries.remove(each)


# --- Consumer: the thread and its link ------------------------------------------------------------

RECEIVE_TIMEOUT = 0.9  # seconds; what finishes meanwhile is settled afterwards
FAST_HANDLER = 0.25  # seconds in which most handlers return
RECONNECT_WHEN_IDLE = 600.0  # seconds without a message, after which the link is reopened
_HEARTBEAT = 120.0  # seconds within which the thread comes round


class Consumer:
    """Receives from one entity for as long as the process lives.

    At most `max_in_flight` messages are handled for the first time at once, and half as many again;
    `max_waiting` of them may wait for their next attempt. An attempt that takes longer than
    `overdue_after` (s) is reported, and `is_alive` is false until it returns.
    """

    def __init__(
        self,
        name: str,
        open_receiver: OpenReceiver,
        handle: Handler,
        retry_policy: RetryPolicy,
        *,
        max_in_flight: int = 4,
        max_waiting: int = 32,
        overdue_after: float = 300,
        renew_every: float = 20,  # a third of the entity's lock duration
        grace: float = 15,
        stopping: threading.Event | None = None,  # shared by consumers that stop together
        of_dead_letters: bool = False,  # messages stay where others would dead-letter them
    ) -> None:
        self._name = name
        self._open_receiver = open_receiver
        self._handle = handle
        self._grace = grace
        limits = max_in_flight, max_waiting, overdue_after, renew_every, of_dead_letters
        self._in_flight = InFlight(name, retry_policy, *limits)
        self._outcomes: SimpleQueue[tuple[Delivery, BaseException | None]] = SimpleQueue()
        self._stopping = stopping or threading.Event()
        self._attached = threading.Event()
        self._beat = time.monotonic()
        self._failures = 0  # of the link, in a row
        self._defective = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start to receive."""
        self._beat = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Receive nothing new, let running handlers finish within `grace`, and close the link."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._grace + 10)

    def is_alive(self, within: float = _HEARTBEAT) -> bool:
        """Return whether the thread comes round, the link opens and no attempt is overdue."""
        comes_round = self._thread.is_alive() and time.monotonic() - self._beat < within
        return comes_round and not self._defective and not self._in_flight.has_overdue()

    def prove(self) -> None:
        """Prove the right to receive by a link that stayed attached; raises TimeoutError."""
        if not self._attached.wait(2):
            raise TimeoutError(f"{self._name} has no link yet")

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._open_receiver() as receiver:
                    self._consume(receiver)
                    self._drain(receiver)
            except Exception as error:  # of the SDK, websocket-client, sockets, ...
                self._lose_link(error)

    def _consume(self, receiver: ServiceBusReceiver) -> None:
        last_message = time.monotonic()
        while not self._stopping.is_set():
            self._service(receiver)
            if not self._in_flight.has_room():
                self._collect(wait=0.2)
            elif self._receive(receiver) or self._in_flight:
                last_message = time.monotonic()
            elif time.monotonic() - last_message > RECONNECT_WHEN_IDLE:
                return

    def _service(self, receiver: ServiceBusReceiver) -> None:
        """Do everything that is due, apart from receiving."""
        self._beat = time.monotonic()
        self._collect(wait=0)
        for each in self._in_flight.service(receiver):
            self._start(each)

    def _receive(self, receiver: ServiceBusReceiver) -> bool:
        asked = time.monotonic()
        # One at a time: the SDK waits for a second message even when it has the first.
        messages = receiver.receive_messages(max_message_count=1, max_wait_time=RECEIVE_TIMEOUT)
        if not messages and time.monotonic() - asked < RECEIVE_TIMEOUT / 2:
            raise ConnectionError("the receiver ended without an error")
        self._attached.set()
        self._failures, self._defective = 0, False
        for message in messages:
            self._start(self._in_flight.add(message))
        if messages and time.monotonic() - asked > FAST_HANDLER:
            # It came alone, so it is settled at once instead of after the next receive. Where
            # messages queue, the thread does not wait for any of them.
            self._collect(wait=FAST_HANDLER)
        return bool(messages)

    def _start(self, each: Delivery) -> None:
        each.start()
        # Daemonic: a handler that hangs must not keep the process from ending.
        name = f"{self._name}-handler"
        threading.Thread(target=self._attempt, args=(each,), name=name, daemon=True).start()

    def _attempt(self, each: Delivery) -> None:
        try:
            each.context.run(self._handle, each.message)
        except BaseException as error:  # sys.exit() too: decide() sorts them
            self._outcomes.put((each, error))
        else:
            self._outcomes.put((each, None))

    def _collect(self, wait: float) -> None:
        """Decide about each message whose handler has returned."""
        with suppress(Empty):
            each, error = self._outcomes.get(timeout=wait) if wait else self._outcomes.get_nowait()
            while True:
                self._in_flight.finish(each, error)
                each, error = self._outcomes.get_nowait()

    def _drain(self, receiver: ServiceBusReceiver) -> None:
        """Give back waiting messages, and let running handlers finish within `grace`.

        A handler that still runs then keeps its message's lock until the process ends, a moment
        later: if the message were given back, it would be handled twice at once.
        """
        until = time.monotonic() + self._grace
        while self._in_flight and self._stopping.is_set():
            self._in_flight.give_back()
            self._service(receiver)
            if time.monotonic() > until:
                break
            self._collect(wait=0.2)

    def _lose_link(self, error: Exception) -> None:
        self._failures += 1
        defect = is_defect(error)  # such as a missing package
        self._defective = defect and self._failures >= 3
        level, trace = (logging.ERROR, error) if defect else (logging.WARNING, None)
        text = "%s lost its link and reopens it: %s"
        log.log(level, text, self._name, describe(error), exc_info=trace)
        self._back_off(min(30, 0.5 * 2 ** min(self._failures, 10)))

    def _back_off(self, seconds: float) -> None:
        until = time.monotonic() + seconds * random.uniform(0.7, 1.3)  # noqa: S311
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            self._beat = time.monotonic()
            self._stopping.wait(min(left, 1))
