import asyncio
import socket

from sandbox.edge.listener import Listener


class Uvloops(asyncio.Transport):
    """A transport that takes no weak reference, as those of uvloop."""

    __slots__ = ("aborted", "closing")

    def __init__(self) -> None:
        self.aborted = self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        self.aborted = True


def test_open_connections_end_with_it_whatever_their_transport() -> None:
    made: list[Uvloops] = []

    async def run() -> None:
        served = asyncio.Semaphore(0)

        async def serve(connection: socket.socket) -> asyncio.Transport:
            connection.close()
            made.append(Uvloops())
            made[0].closing = True
            served.release()
            return made[-1]

        listener = Listener(serve)
        port = listener.start()
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port)):
                await served.acquire()
        await listener.stop()

    asyncio.run(run())
    assert [each.aborted for each in made] == [False, *[True] * 19]
