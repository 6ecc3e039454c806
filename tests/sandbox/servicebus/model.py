"""A queue as Azure's documentation tells it, in as few lines as it takes: the broker's model."""

from dataclasses import dataclass, field


@dataclass
class Item:
    """A message: `until` is the end of its lock, `due` the time at which it is enqueued."""

    body: int
    session: str | None
    state: str = "active"
    due: float = 0.0
    deliveries: int = 0
    until: float | None = None


@dataclass
class Model:
    """The messages of a queue by their sequence numbers, and the sessions that are held."""

    lock: float
    most: int
    now: float
    items: dict[int, Item] = field(default_factory=dict)
    last: int = 0
    held: dict[str, float] = field(default_factory=dict)

    def send(self, body: int, session: str | None, due: float = 0.0) -> int:
        self.last += 1
        state = "scheduled" if due > self.now else "active"
        self.items[self.last] = Item(body, session, state, due)
        return self.last

    def waiting(self, session: str | None, state: str = "active") -> list[int]:
        return [
            number
            for number, each in sorted(self.items.items())
            if (each.session, each.state, each.until) == (session, state, None)
        ]

    def receive(self, number: int) -> None:
        session = self.items[number].session
        self.items[number].until = self.held[session] if session else self.now + self.lock

    def settle(self, number: int, how: str) -> None:
        item = self.items[number]
        item.until = None
        if how == "complete":
            del self.items[number]
        elif how in {"abandon", "defer"}:
            item.deliveries += 1
            item.state = "deferred" if how == "defer" else item.state
            if how == "abandon" and item.deliveries >= self.most:
                item.state = "dead"
        elif how == "dead-letter":
            item.state = "dead"

    def release(self, session: str, how: str = "release") -> None:
        del self.held[session]
        for number, each in list(self.items.items()):
            if each.session == session and each.until is not None:
                self.settle(number, how)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        scheduled = [(each.due, n) for n, each in self.items.items() if each.state == "scheduled"]
        for due, number in sorted(scheduled):
            if due <= self.now:
                item = self.items.pop(number)
                self.send(item.body, item.session)
        for session in [each for each, until in self.held.items() if until <= self.now]:
            self.release(session, "abandon")
        for number, each in list(self.items.items()):
            if each.until is not None and each.until <= self.now:
                self.settle(number, "abandon")
