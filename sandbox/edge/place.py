"""Where an app listens."""

from dataclasses import dataclass

from sandbox.edge.listener import LOOPBACK


@dataclass(frozen=True)
class Place:
    """A port of a host; as text, the address of its web site."""

    port: int
    host: str = LOOPBACK

    def __str__(self) -> str:
        return f"http://{self.host}:{self.port}"
