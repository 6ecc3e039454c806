"""How Service Bus answers the developer, where a service depends on it."""

from collections.abc import Callable

from tests.access.actor import Actor

BEHAVIOURS: tuple[Callable[[Actor], None], ...] = ()
