"""Messages that others have left in an environment: some wait, and one is dead-lettered."""

from tests.access.actor import Actor
from tests.access.own_messages import own_messages
from tests.access.sample import EVENTS, FOR_CATALOG, UPLOADS


def leave_messages(actor: Actor) -> None:
    """Leave some in the queue, in its dead letters, and for the notifier."""
    with own_messages(actor) as theirs:
        theirs.send(UPLOADS, *(theirs.message(each) for each in ("dead", "a", "b")))
        with theirs.receiver(UPLOADS) as receiver:
            receiver.dead_letter_message(theirs.take(receiver)[0])
        theirs.send(EVENTS, theirs.message(subject="photo.processed"))
        theirs.finish(FOR_CATALOG)
