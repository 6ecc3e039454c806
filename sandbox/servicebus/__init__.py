"""Azure Service Bus on a laptop: AMQP 1.0, tokens over CBS, every role assignment enforced.

Theory of operation
-------------------
The bus runs in one thread, on asyncio's loop. It takes no lock and awaits nothing while it works
on a frame, so the state between two callbacks is always consistent.

Bytes go down through `transport` and `connection` to `amqp.frames`, which cuts them into frames,
and `amqp.engine`, where proton turns frames into events. `client` reacts to the events. A link
that attaches is admitted in `admit`: authenticate, name, decide, serve. From then on its endpoint
(`endpoints`, `nodes`) takes messages and dispositions to the broker in `serve`, without another
decision; only `$management` has each action decided, once per token. `links` keeps the open links.
A link ends when its client detaches it, when its token expires, when a new token for its audience
does not allow it, or after ten idle minutes. It leaves its locks on messages: they run out by
themselves, as on Azure. Its session, with the locks in it, it releases at once.

A turn is all that happens between two commits: one transaction of SQLite. Each change calls
`CommitBatch.touch`, with the connection that has output about it. The first touch of a turn
schedules `ServiceBus._end_turn` with `call_soon`, so the turn takes in every callback that is
already waiting. Its end delivers messages to receivers with credit, commits, and then flushes the
connections in the batch. Until that flush, acknowledgements, deliveries and refusals stay in the
engines: nothing leaves before the commit that makes it true. A client may see a message twice,
but, short of a power cut, no acknowledgement of a message that is lost.

Receivers do not poll. A stored message, an unlocked one, and new credit each call
`Dispatcher.mark_ready` for their subqueue or session, and the turn's end visits only those. Time
works the same way: after each turn a sweep is due within 50 ms, and one that finds nothing sets a
timer for what is due next: a lock that ends, a message that expires or is enqueued, a receiver that
has waited in vain for a session. Each connection's idle limits are checked once a second, and its
tokens by a timer of their own.

Flow control works both ways. A connection reads on only while its client reads (`_MAX_UNREAD`),
delivers only up to `_WRITE_AHEAD`, and works off frames in slices, so that a flood on one
connection leaves the others their time. Links, sessions, partial messages and waiting replies
count against a quota (`limits`), which is small before the first token.

If the store fails, as on a full disk, the turn has not happened: every connection is aborted, the
transaction rolled back, and the broker read again from the last commit (`ServiceBus._recover`).
Clients reconnect and find their messages. If the audit fails, the connection that needed the
record is aborted, because nothing is allowed without one.
"""

from sandbox.servicebus.limits import Limits
from sandbox.servicebus.plane import ServiceBus
from sandbox.servicebus.serve.rules import RuleError, as_deployed
from sandbox.servicebus.serve.store import StoreError
from sandbox.servicebus.shared_socket import amqp_protocol

__all__ = ["Limits", "RuleError", "ServiceBus", "StoreError", "amqp_protocol", "as_deployed"]
