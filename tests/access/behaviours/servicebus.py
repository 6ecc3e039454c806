"""Service Bus's answers to the developer, where a service depends on them."""

from tests.access.behaviours.bus import events, links, locks, messages, settling, tokens

BEHAVIOURS = (
    *tokens.BEHAVIOURS,
    *links.BEHAVIOURS,
    *messages.BEHAVIOURS,
    *events.BEHAVIOURS,
    *settling.BEHAVIOURS,
    *locks.BEHAVIOURS,
)
