"""A consumer of Service Bus: one thread owns the link, handlers run beside it.

The SDK's clients are not thread-safe, so receiving, renewing locks and settling happen in one
thread. Each handler runs in a thread of its own, so that a busy one cannot starve the renewal of
locks. A message whose handler fails for now stays in flight, its lock renewed, and is tried again
after growing pauses: abandoning it would bring it back at once, and burn its delivery count. While
it waits it holds up no other message.
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

from azure.servicebus import ServiceBusReceivedMessage, ServiceBusReceiver
from azure.servicebus.exceptions import MessageAlreadySettled, MessageLockLostError

log = logging.getLogger(__name__)

Handler = Callable[[ServiceBusReceivedMessage], object]
OpenReceiver = Callable[[], AbstractContextManager[ServiceBusReceiver]]

RECEIVE_TIMEOUT = 0.9  # seconds; what is finished meanwhile is settled after it
FAST_HANDLER = 0.25  # seconds in which most handlers are done
RECONNECT_WHEN_IDLE = 600.0  # seconds without a message, after which the link is opened again
ALIVE = 120.0  # seconds within which the owner of the link comes round
ENOUGH = 3  # attempts before a message is given up in favour of others
LONGEST_TEXT = 4000  # characters of a dead letter's reason or description; Azure takes 4,096

# Errors of these packages, and of sockets, say that a dependency is unavailable. Add your own.
DEPENDENCIES = frozenset({"azure", "requests", "urllib3", "websocket"})
ABOUT_FILES = (
    FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError,
)  # fmt: skip


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


class Leave(Exception):
    """This message stays where it is: unsettled, it comes again when its lock runs out."""


@dataclass(frozen=True)
class Patience:
    """How long a message is tried in flight: the first pause, the longest, and all together (s)."""

    first: float = 1
    longest: float = 60
    total: float = 600


WITH_DEFECTS = Patience(first=5, longest=40, total=90)  # five attempts in 75 to 90 s


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
    """Tell an error that no waiting mends, a bug most often, from an unavailable dependency."""
    if isinstance(error, Permanent | Transient | Leave):
        return False
    if isinstance(error, (ValueError, TypeError, *ABOUT_FILES)):  # requests.InvalidURL is both
        return True
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return not (isinstance(error, OSError) or packages & DEPENDENCIES)


def describe(error: BaseException) -> str:
    """Return an error's text, with its type where it is not one of ours."""
    ours = isinstance(error, Permanent | Transient | Leave) and str(error)
    return ours or "".join(traceback.format_exception_only(error)).strip()


def decide(
    error: BaseException | None,
    attempt: int,
    held: float,
    patience: Patience,
    *,
    crowded: bool = False,
) -> Decision:
    """Decide about a message by what its handler raised; `held` is its time in flight (s).

    `crowded` says that no further message may wait, and that most others succeed: what fails then
    fails for a reason of its own, which no outage explains.
    """
    if error is None:
        return Decision(Action.COMPLETE)
    if isinstance(error, Permanent):
        return Decision(Action.DEAD_LETTER, 0, error.reason, error.description)
    if isinstance(error, Leave):
        return Decision(Action.LEAVE)
    defect = is_defect(error)
    patience = WITH_DEFECTS if defect else patience
    asked = error.retry_after if isinstance(error, Transient) else 0
    pause = max(asked, min(patience.longest, patience.first * 2 ** min(attempt, 30)))
    hopeless = crowded and attempt >= ENOUGH
    if held + pause <= patience.total and not hopeless:
        return Decision(Action.WAIT, pause)
    if defect or hopeless:
        told = "".join(traceback.format_exception(error))
        return Decision(Action.DEAD_LETTER, 0, type(error).__qualname__, told[-LONGEST_TEXT:])
    return Decision(Action.ABANDON)


@dataclass(eq=False)
class InFlight:
    """A message that was received and is not settled: being handled, waiting, or decided."""

    message: ServiceBusReceivedMessage
    taken: float
    renew_at: float
    attempt: int = 0
    balance: int = 0  # of the consumer, when the first attempt failed
    begun: float | None = None  # when the running attempt began
    reported: bool = False  # that this attempt is overdue
    retry_at: float | None = None
    decision: Decision | None = None
    refused: int = 0  # how often its settlement failed
    context: Context = field(default_factory=copy_context)  # of its handler: log, trace

    def log(
        self,
        level: int,
        text: str,
        *values: object,
        trace: BaseException | None = None,
        **extra: object,
    ) -> None:
        """Log about this message; in a copy, since its handler may be in the context right now."""
        extra["message_id"] = self.message.message_id
        self.context.copy().run(log.log, level, text, *values, extra=extra, exc_info=trace)


class Consumer:
    """Receives from one entity for as long as the process lives.

    At most `in_hand` messages are handled for the first time at once, and half as many again;
    `waiting` of them may wait for their next attempt. An attempt that takes longer than `ceiling`
    (s) is reported, and `is_alive` is false until it returns.
    """

    def __init__(
        self,
        name: str,
        open_receiver: OpenReceiver,
        handle: Handler,
        patience: Patience,
        *,
        in_hand: int = 4,
        waiting: int = 32,
        ceiling: float = 300,
        renew_every: float = 20,  # a third of the entity's lock duration
        grace: float = 15,
        stopping: threading.Event | None = None,  # shared by consumers that stop together
        of_dead_letters: bool = False,  # what else would be dead-lettered is left where it is
    ) -> None:
        self._name = name
        self._open_receiver = open_receiver
        self._handle = handle
        self._patience = patience
        self._max_fresh = in_hand
        self._max_retries = max(1, in_hand // 2)
        self._max_waiting = waiting
        self._ceiling = ceiling
        self._renew_every = renew_every
        self._grace = grace
        self._of_dead_letters = of_dead_letters
        self._in_flight: list[InFlight] = []
        self._balance = 0  # of first attempts: those that succeeded less those that failed
        self._left: set[int | None] = set()  # they come again each minute: one warning will do
        self._outcomes: SimpleQueue[tuple[InFlight, BaseException | None]] = SimpleQueue()
        self._stopping = stopping or threading.Event()
        self._attached = threading.Event()
        self._beat = time.monotonic()
        self._failures = 0
        self._defective = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to receive."""
        self._beat = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Take no new message, let what runs finish within the grace time, close the link."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._grace + 10)

    def is_alive(self, within: float = ALIVE) -> bool:
        """Report whether it was started, comes round, opens its link and has no attempt overdue."""
        comes_round = self._thread.is_alive() and time.monotonic() - self._beat < within
        overdue = any(self._is_overdue(each) for each in tuple(self._in_flight))
        return comes_round and not self._defective and not overdue

    def prove(self) -> None:
        """Prove the right to receive by a link that stayed attached; raises TimeoutError."""
        if not self._attached.wait(2):
            raise TimeoutError(f"{self._name} has no link yet")

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._open_receiver() as receiver:
                    self._serve(receiver)
                    self._drain(receiver)
            except Exception as error:  # of the SDK, websocket-client, sockets, ...
                self._lose_link(error)

    def _lose_link(self, error: Exception) -> None:
        self._failures += 1
        defect = is_defect(error)  # a package that is missing, for one
        self._defective = defect and self._failures >= 3
        log.log(
            logging.ERROR if defect else logging.WARNING,
            "%s lost its link and opens it again: %s",
            self._name,
            describe(error),
            exc_info=error if defect else None,
        )
        self._back_off(min(30, 0.5 * 2 ** min(self._failures, 10)))

    def _back_off(self, seconds: float) -> None:
        until = time.monotonic() + seconds * random.uniform(0.7, 1.3)  # noqa: S311
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            self._beat = time.monotonic()
            self._stopping.wait(min(left, 1))

    def _serve(self, receiver: ServiceBusReceiver) -> None:
        last_message = time.monotonic()
        while not self._stopping.is_set():
            self._service(receiver)
            if not self._has_room():
                self._collect(wait=0.2)
            elif self._receive(receiver) or self._in_flight:
                last_message = time.monotonic()
            elif time.monotonic() - last_message > RECONNECT_WHEN_IDLE:
                return

    def _has_room(self) -> bool:
        fresh = sum(each.begun is not None and not each.attempt for each in self._in_flight)
        return fresh < self._max_fresh and self._waiting() < self._max_waiting

    def _waiting(self) -> int:
        return sum(each.attempt > 0 and not each.decision for each in self._in_flight)

    def _receive(self, receiver: ServiceBusReceiver) -> bool:
        asked = time.monotonic()
        # One at a time: the SDK waits for a second message even when it has the first.
        messages = receiver.receive_messages(max_message_count=1, max_wait_time=RECEIVE_TIMEOUT)
        if not messages and time.monotonic() - asked < RECEIVE_TIMEOUT / 2:
            raise ConnectionError("the receiver ended without an error")
        self._attached.set()
        self._failures, self._defective = 0, False
        for message in messages:
            now = time.monotonic()
            each = InFlight(message, taken=now, renew_at=now + self._renew_every)
            self._in_flight.append(each)
            self._begin(each)
        if messages and time.monotonic() - asked > FAST_HANDLER:
            # It came alone, so it is worth a moment to settle it at once instead of after the
            # next receive. Where messages queue, none is waited for.
            self._collect(wait=FAST_HANDLER)
        return bool(messages)

    def _begin(self, each: InFlight) -> None:
        each.begun, each.retry_at = time.monotonic(), None
        # Daemonic: a handler that hangs must not keep the process from ending.
        name = f"{self._name}-handler"
        threading.Thread(target=self._attempt, args=(each,), name=name, daemon=True).start()

    def _attempt(self, each: InFlight) -> None:
        try:
            each.context.run(self._handle, each.message)
        except BaseException as error:  # sys.exit() too: decide() sorts them
            self._outcomes.put((each, error))
        else:
            self._outcomes.put((each, None))

    def _service(self, receiver: ServiceBusReceiver) -> None:
        """Do everything that is due, apart from receiving."""
        self._beat = time.monotonic()
        self._collect(wait=0)
        retries = sum(each.begun is not None and each.attempt > 0 for each in self._in_flight)
        for each in list(self._in_flight):
            now = time.monotonic()
            self._report_overdue(each)
            if each.decision:
                self._settle(receiver, each, each.decision)
            elif each.retry_at and now >= each.retry_at and retries < self._max_retries:
                retries += 1
                self._begin(each)
            elif now >= each.renew_at:
                self._renew(receiver, each)

    def _is_overdue(self, each: InFlight) -> bool:
        begun = each.begun
        return begun is not None and time.monotonic() - begun > self._ceiling

    def _report_overdue(self, each: InFlight) -> None:
        if self._is_overdue(each) and not each.reported:
            each.reported = True
            text = "%s: a handler has not returned for %.0f s, so this process is not alive"
            each.log(logging.ERROR, text, self._name, self._ceiling)

    def _collect(self, wait: float) -> None:
        """Decide about each message whose handler has come back."""
        with suppress(Empty):
            each, error = self._outcomes.get(timeout=wait) if wait else self._outcomes.get_nowait()
            while True:
                self._decide(each, error)
                each, error = self._outcomes.get_nowait()

    def _decide(self, each: InFlight, error: BaseException | None) -> None:
        now = time.monotonic()
        each.begun, each.reported = None, False
        full = self._waiting() >= self._max_waiting
        crowded = full and self._balance > each.balance
        if each.attempt == 0:
            self._balance += 1 if error is None else -1
            each.balance = self._balance
        decision = decide(error, each.attempt, now - each.taken, self._patience, crowded=crowded)
        if decision.action is Action.DEAD_LETTER and self._of_dead_letters:
            decision = Decision(Action.LEAVE)
        if decision.action is Action.WAIT:
            each.attempt += 1
            each.retry_at = now + decision.pause * random.uniform(1, 1.2)  # noqa: S311
        else:
            each.decision = decision
        if error is not None:
            self._log_outcome(each, decision, error)
        if not full and self._waiting() >= self._max_waiting:
            log.error("%s: %d messages fail; no new one is taken", self._name, self._max_waiting)

    def _log_outcome(self, each: InFlight, decision: Decision, error: BaseException) -> None:
        what, why = decision.action.name, describe(error)
        level, trace = logging.WARNING, None
        if each.message.sequence_number in self._left:
            level = logging.DEBUG
        elif is_defect(error):
            level, trace = logging.ERROR, error
        pause = round(decision.pause, 1)
        each.log(level, "%s: %s: %s", self._name, what, why, trace=trace, pause=pause)
        if decision.action is Action.LEAVE:
            self._left.add(each.message.sequence_number)

    def _settle(self, receiver: ServiceBusReceiver, each: InFlight, decision: Decision) -> None:
        message, within = each.message, each.context.copy()  # of its trace, if there is one
        with self._dropping_if_lost(each):
            if decision.action is Action.COMPLETE:
                within.run(receiver.complete_message, message)
            elif decision.action is Action.DEAD_LETTER:
                why = decision.reason[:LONGEST_TEXT], decision.description[:LONGEST_TEXT]
                within.run(receiver.dead_letter_message, message, *why)
            elif decision.action is Action.ABANDON:
                within.run(receiver.abandon_message, message)
            self._in_flight.remove(each)

    def _renew(self, receiver: ServiceBusReceiver, each: InFlight) -> None:
        with self._dropping_if_lost(each):
            receiver.renew_message_lock(each.message, timeout=10)
            each.renew_at = time.monotonic() + self._renew_every

    @contextmanager
    def _dropping_if_lost(self, each: InFlight) -> Iterator[None]:
        try:
            yield
        except (MessageLockLostError, MessageAlreadySettled) as error:
            self._drop(each, "a lock was lost", error)
        except Exception as error:
            each.refused += 1  # the link is opened again; a second refusal is the message's own
            if each.refused > 1:
                self._drop(each, "it cannot be settled", error)
            raise

    def _drop(self, each: InFlight, why: str, error: Exception) -> None:
        text = "%s: %s, so the message comes again: %s"
        each.log(logging.WARNING, text, self._name, why, error)
        self._in_flight.remove(each)

    def _drain(self, receiver: ServiceBusReceiver) -> None:
        """Give back what waits, and let what runs finish within the grace time.

        What still runs then keeps its lock until the process ends, a moment later: given back, it
        would be handled twice at once.
        """
        until = time.monotonic() + self._grace
        while self._in_flight and self._stopping.is_set():
            for each in self._in_flight:
                if each.begun is None and each.decision is None:
                    each.decision = Decision(Action.ABANDON)
            self._service(receiver)
            if time.monotonic() > until:
                break
            self._collect(wait=0.2)
