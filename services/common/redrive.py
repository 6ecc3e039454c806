"""Redrive: run a service's handler over its dead letters, by hand and with its own rights."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from contextvars import copy_context

from azure.servicebus import ServiceBusReceivedMessage, ServiceBusReceiver
from azure.servicebus.exceptions import MessageLockLostError

log = logging.getLogger(__name__)

Handler = Callable[[ServiceBusReceivedMessage], object]
Prepared = tuple[AbstractContextManager[ServiceBusReceiver], Handler]


def run(service: str, prepare: Callable[[], Prepared]) -> None:
    """Redrive, print the result, and exit: with 1 when dead letters are left.

    `prepare` returns a receiver of the dead letters, and their handler. When it raises ValueError,
    as for a missing setting, the exit gives its message.
    """
    try:
        dead_letters, handle = prepare()
    except ValueError as error:
        sys.exit(str(error))
    with dead_letters as receiver:
        handled, left = redrive(receiver, handle)
        locked = max(0, count(receiver) - left)
    others = f", {locked} locked by another receiver, such as the running service" if locked else ""
    print(f"{service}: {handled} dead letters handled, {left} left{others}")
    sys.exit(1 if left or locked else 0)


def redrive(receiver: ServiceBusReceiver, handle: Handler) -> tuple[int, int]:
    """Handle each dead letter once; return how many were completed, and how many are left.

    A message that fails stays locked until the end, so that it does not come again, and is then
    abandoned.
    """
    kept: dict[int | None, ServiceBusReceivedMessage] = {}
    completed = 0
    for message in _all_of(receiver):
        if message.sequence_number not in kept and _succeeds(receiver, handle, message):
            completed += 1
        else:
            kept[message.sequence_number] = message
    for message in kept.values():
        with suppress(MessageLockLostError):
            receiver.abandon_message(message)
    return completed, len(kept)


def count(receiver: ServiceBusReceiver) -> int:
    """Return the number of messages, locked ones included, by peeking."""
    found, last = 0, 0
    while messages := receiver.peek_messages(100, sequence_number=last + 1):
        found += len(messages)
        last = max(message.sequence_number or last + 1 for message in messages)
    return found


def _all_of(receiver: ServiceBusReceiver) -> Iterator[ServiceBusReceivedMessage]:
    while messages := receiver.receive_messages(max_message_count=1, max_wait_time=3):
        yield from messages


def _succeeds(
    receiver: ServiceBusReceiver, handle: Handler, message: ServiceBusReceivedMessage
) -> bool:
    context = copy_context()  # in which the handler binds facts for the log
    try:
        context.run(handle, message)
        receiver.complete_message(message)
    except Exception as error:  # the message stays, whatever the error
        context.run(log.warning, "Left: %s", str(error) or type(error).__name__)
        return False
    return True
