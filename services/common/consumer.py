"""A consumer of Service Bus: one thread owns the link, handlers run beside it.

The SDK's clients are not thread-safe, so receiving, renewing locks and settling happen in one
thread. Handlers run in a small pool, so that a busy one cannot starve the renewal of locks. A
message whose handler fails for now stays in hand, its lock renewed, and is tried again after
growing pauses: abandoning it would bring it back at once, and burn its delivery count.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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

WAIT = 0.9  # seconds that one receive waits; what is finished meanwhile is settled after it
MOMENT = 0.25  # seconds in which most handlers are done
QUIET = 600.0  # seconds without a message, after which the link is opened anew, just in case


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
    """How long a message waits in hand: the first pause, the longest, and all together (s)."""

    first: float = 1
    longest: float = 60
    total: float = 600


class Action(Enum):
    """What becomes of a message in hand."""

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


def decide(error: Exception | None, attempt: int, held: float, patience: Patience) -> Decision:
    """Decide about a message by what its handler raised; `held` is its time in hand (s).

    An error that is not one of ours counts as transient: most are, and a defect that is not ends
    in the dead-letter queue too, by the broker's own count.
    """
    if error is None:
        return Decision(Action.COMPLETE)
    if isinstance(error, Permanent):
        return Decision(Action.DEAD_LETTER, 0, error.reason, error.description)
    if isinstance(error, Leave):
        return Decision(Action.LEAVE)
    asked = error.retry_after if isinstance(error, Transient) else 0
    pause = max(asked, min(patience.longest, patience.first * 2 ** min(attempt, 30)))
    if held + pause > patience.total:
        return Decision(Action.ABANDON)
    return Decision(Action.WAIT, pause)


@dataclass(eq=False)
class Hand:
    """A message in hand: taken, being handled, waiting, or decided and not settled yet."""

    message: ServiceBusReceivedMessage
    taken: float
    renew_at: float
    attempt: int = 0
    retry_at: float | None = None
    decision: Decision | None = None
    context: Context = field(default_factory=copy_context)  # what its handler says of it to the log

    def log(self, level: int, text: str, *values: object, **extra: object) -> None:
        """Log about this message; a copy, since its handler may be in the context right now."""
        extra["message_id"] = self.message.message_id
        self.context.copy().run(log.log, level, text, *values, extra=extra)


class Consumer:
    """Receives from one entity for as long as the process lives."""

    def __init__(
        self,
        name: str,
        open_receiver: OpenReceiver,
        handle: Handler,
        patience: Patience,
        *,
        in_hand: int = 4,
        renew_every: float = 20,  # a third of the entity's lock duration
        grace: float = 15,
        stopping: threading.Event | None = None,  # shared by consumers that stop together
    ) -> None:
        self._name = name
        self._open_receiver = open_receiver
        self._handle = handle
        self._patience = patience
        self._in_hand = in_hand
        self._renew_every = renew_every
        self._grace = grace
        self._hands: list[Hand] = []
        self._left: set[int | None] = set()  # they come again each minute: one warning will do
        self._handled: SimpleQueue[tuple[Hand, Exception | None]] = SimpleQueue()
        self._stopping = stopping or threading.Event()
        self._attached = threading.Event()
        self._beat = time.monotonic()
        self._failures = 0
        self._pool = ThreadPoolExecutor(in_hand, thread_name_prefix=name)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to receive."""
        self._beat = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Take no new message, let what is in hand finish within the grace time, close the link."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._grace + 10)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def is_alive(self, within: float = 120) -> bool:
        """Whether the owner of the link has come round within so many seconds."""
        return time.monotonic() - self._beat < within

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
                self._failures += 1
                log.warning("%s lost its link and opens it again: %s", self._name, error)
                self._rest(min(30, 0.5 * 2 ** min(self._failures, 10)))

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds * random.uniform(0.7, 1.3)  # noqa: S311
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            self._beat = time.monotonic()
            self._stopping.wait(min(left, 1))

    def _serve(self, receiver: ServiceBusReceiver) -> None:
        last_message = time.monotonic()
        while not self._stopping.is_set():
            self._turn(receiver)
            if len(self._hands) >= self._in_hand:
                self._collect(wait=0.2)
            elif self._receive(receiver) or self._hands:
                last_message = time.monotonic()
            elif time.monotonic() - last_message > QUIET:
                return

    def _receive(self, receiver: ServiceBusReceiver) -> bool:
        asked = time.monotonic()
        # One at a time: the SDK waits for a second message even when it has the first.
        messages = receiver.receive_messages(max_message_count=1, max_wait_time=WAIT)
        if not messages and time.monotonic() - asked < WAIT / 2:
            raise ConnectionError("the receiver ended without an error")
        self._attached.set()
        self._failures = 0
        for message in messages:
            self._take(message)
        if messages and time.monotonic() - asked > MOMENT:
            # It came alone, so it is worth a moment to settle it at once instead of after the
            # next receive. Where messages queue, none is waited for.
            self._collect(wait=MOMENT)
        return bool(messages)

    def _take(self, message: ServiceBusReceivedMessage) -> None:
        now = time.monotonic()
        hand = Hand(message, taken=now, renew_at=now + self._renew_every)
        self._hands.append(hand)
        self._begin(hand)

    def _begin(self, hand: Hand) -> None:
        hand.retry_at = None
        self._pool.submit(self._attempt, hand)

    def _attempt(self, hand: Hand) -> None:
        try:
            hand.context.run(self._handle, hand.message)
        except Exception as error:  # decide() sorts them
            self._handled.put((hand, error))
        else:
            self._handled.put((hand, None))

    def _turn(self, receiver: ServiceBusReceiver) -> None:
        """Do everything that is due, apart from receiving."""
        self._beat = time.monotonic()
        self._collect(wait=0)
        for hand in list(self._hands):
            if hand.decision:
                self._settle(receiver, hand, hand.decision)
            elif hand.retry_at is not None and time.monotonic() >= hand.retry_at:
                self._begin(hand)
            elif time.monotonic() >= hand.renew_at:
                self._renew(receiver, hand)

    def _collect(self, wait: float) -> None:
        """Decide about each message whose handler has come back."""
        with suppress(Empty):
            hand, error = self._handled.get(timeout=wait) if wait else self._handled.get_nowait()
            while True:
                self._decide(hand, error)
                hand, error = self._handled.get_nowait()

    def _decide(self, hand: Hand, error: Exception | None) -> None:
        decision = decide(error, hand.attempt, time.monotonic() - hand.taken, self._patience)
        if decision.action is Action.WAIT:
            hand.attempt += 1
            hand.retry_at = time.monotonic() + decision.pause * random.uniform(1, 1.2)  # noqa: S311
        else:
            hand.decision = decision
        if error is not None:
            self._tell(hand, decision, error)

    def _tell(self, hand: Hand, decision: Decision, error: Exception) -> None:
        what, why = decision.action.name, str(error) or type(error).__name__
        known = hand.message.sequence_number in self._left
        level = logging.DEBUG if known else logging.WARNING
        hand.log(level, "%s: %s: %s", self._name, what, why, pause=round(decision.pause, 1))
        if decision.action is Action.LEAVE:
            self._left.add(hand.message.sequence_number)

    def _settle(self, receiver: ServiceBusReceiver, hand: Hand, decision: Decision) -> None:
        message, within = hand.message, hand.context.copy()  # of its trace, if there is one
        with self._dropping_if_lost(hand):
            if decision.action is Action.COMPLETE:
                within.run(receiver.complete_message, message)
            elif decision.action is Action.DEAD_LETTER:
                why = (decision.reason, decision.description)
                within.run(receiver.dead_letter_message, message, *why)
            elif decision.action is Action.ABANDON:
                within.run(receiver.abandon_message, message)
            self._hands.remove(hand)

    def _renew(self, receiver: ServiceBusReceiver, hand: Hand) -> None:
        with self._dropping_if_lost(hand):
            receiver.renew_message_lock(hand.message, timeout=10)
            hand.renew_at = time.monotonic() + self._renew_every

    @contextmanager
    def _dropping_if_lost(self, hand: Hand) -> Iterator[None]:
        try:
            yield
        except (MessageLockLostError, MessageAlreadySettled) as error:
            text = "%s: a lock was lost, so the message comes again: %s"
            hand.log(logging.WARNING, text, self._name, error)
            self._hands.remove(hand)

    def _drain(self, receiver: ServiceBusReceiver) -> None:
        """Let handlers finish within the grace time; give back what waits, and what is left."""
        until = time.monotonic() + self._grace
        while self._hands and self._stopping.is_set():
            late = time.monotonic() > until
            for hand in self._hands:
                if hand.decision is None and (late or hand.retry_at is not None):
                    hand.decision = Decision(Action.ABANDON)
            self._turn(receiver)
            self._collect(wait=0.2)
