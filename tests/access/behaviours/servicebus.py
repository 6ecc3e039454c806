"""How Service Bus answers the developer, where a service depends on it."""

from tests.access.behaviours.bus import links, messages, settling, tokens

BEHAVIOURS = (
    *tokens.BEHAVIOURS,
    *links.BEHAVIOURS,
    *messages.BEHAVIOURS,
    *settling.BEHAVIOURS,
)
