"""What a connection writes to, whatever carries its bytes."""

from typing import Protocol


class Outlet(Protocol):
    """Where a connection's bytes go: a socket, or a WebSocket."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def close(self) -> None:
        """End when all is sent."""

    def abort(self) -> None:
        """End at once."""

    def pause_reading(self) -> None:
        """Let the client wait."""

    def resume_reading(self) -> None:
        """Let the client go on."""
