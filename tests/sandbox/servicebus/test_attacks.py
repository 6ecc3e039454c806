"""Attacks by strangers on a bus in its own process: the memory they take, other clients' waits.

Run with `-s` to see both. The test prints the times, and asserts only that the bus goes on.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from proton import Message

from sandbox.servicebus.amqp import encode
from tests.sandbox.servicebus.harness import Credential
from tests.sandbox.servicebus.peer import Peer
from tests.sandbox.servicebus.process import Process
from tests.sandbox.servicebus.raw import (
    HELLO,
    NULL,
    TRANSFER,
    ZERO,
    attach,
    flow,
    frame,
    on_channel,
    put_token,
    transfer,
    unfinished,
)
from tests.sandbox.servicebus.test_decode import frame_of, overlapping
from tests.sandbox.servicebus.world import PRINCIPALS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it reads a process's memory")

_MOST_MEMORY = 50
_MOST_AUDIT = 2
_NEVER = 20
_BEGIN = b"\x00\x53\x11"
_MEGABYTE = 1024 * 1024
_PAGE = 4096


@dataclass
class Attacked:
    """The bus under attack, and the attackers' connections."""

    bus: Process
    folder: Path
    connections: ExitStack = field(default_factory=ExitStack)

    def connect(self) -> socket.socket:
        """Return a connection that stays open until the attack is over."""
        made = socket.create_connection(("127.0.0.1", self.bus.port), timeout=2)
        return self.connections.enter_context(made)

    def say(self, *pieces: bytes) -> socket.socket:
        """Send it all on a new connection. The bus may hang up or stop reading."""
        made = self.connect()
        with suppress(OSError):
            made.settimeout(_NEVER)
            made.sendall(HELLO)
            while _BEGIN not in made.recv(65536):
                pass
            made.settimeout(2)
            for piece in pieces:
                made.sendall(piece)
        return made

    @property
    def memory(self) -> float:
        """Return the process's memory in megabytes."""
        statm = Path(f"/proc/{self.bus.pid}/statm").read_text()
        return int(statm.split()[1]) * _PAGE / _MEGABYTE

    @property
    def audit(self) -> float:
        """Return the size of the audit in megabytes."""
        return (self.folder / "audit.jsonl").stat().st_size / _MEGABYTE


def freezing_frames(bus: Attacked) -> None:
    """Send nested arrays whose siblings overlap, as a descriptor and as a message-format."""
    for content in (overlapping(20), overlapping(30)):
        bus.say(frame_of(content))
        bus.say(frame(TRANSFER, ZERO, NULL, NULL, content))


def links_without_a_token(bus: Attacked) -> None:
    """Open 250 links to `$cbs` on each of ten connections, each with 240 kB of a message."""
    for _ in range(10):
        links = (attach(handle, "$cbs", name=f"link {handle}") for handle in range(250))
        bus.say(*links, *(unfinished(each, each, 60_000) for each in range(250) for _ in range(4)))


def transfers_on_refused_links(bus: Attacked) -> None:
    """Send 120 MB on a link that was refused."""
    bus.say(attach(0, "orders"), *(unfinished(0, 0, 60_000) for _ in range(2000)))


def links_with_long_filters(bus: Attacked) -> None:
    """Open links of which proton keeps 60,000 values each, on ten connections."""
    values = encode.mapping([encode.symbol("a"), encode.sequence([NULL] * 60_000)])
    where = encode.string("orders")
    source = b"\x00\x53\x28" + encode.sequence((where, *[NULL] * 6, values))
    target = b"\x00\x53\x29" + encode.sequence((where,))
    modes = (b"\x50\x00", b"\x50\x00")
    for _ in range(10):
        bus.say(
            *(
                frame(0x12, encode.string(f"l{n}"), encode.uint(n), b"\x42", *modes, source, target)
                for n in range(10)
            )
        )


def attaches_with_long_addresses(bus: Attacked) -> None:
    """Attach 300 links, each with an address that fills its frame."""
    bus.say(*(attach(number, "x" * 13_000) for number in range(250)))
    bus.say(*(attach(number, "x" * 13_000) for number in range(50)))


def sessions_without_a_token(bus: Attacked) -> None:
    """Open 4,000 sessions on each of three connections."""
    begun = frame(0x11, NULL, ZERO, encode.uint(1000), encode.uint(1000))
    for _ in range(3):
        bus.say(b"".join(on_channel(channel, begun) for channel in range(1, 4000)))


def peeks_without_credit(bus: Attacked) -> None:
    """Peek 300 times at a message of 240 kB without credit for replies, and 300 times with it."""
    with Peer(bus.bus.port) as feeder:
        feeder.put_as("owner", "orders")
        feeder.sender("orders").send(Message(bytes(240_000)))
    token = Credential(PRINCIPALS["owner"]).get_token().token
    peek = Message(
        id="1",
        properties={"operation": "com.microsoft:peek-message"},
        body={"from-sequence-number": 0, "message-count": 1},
        reply_to="link 3",
    )
    node = "orders/$management"
    proven = [attach(0, "$cbs"), attach(1, "$cbs", sends=False), transfer(0, 0, put_token(token))]
    for credit in (0, 1000):
        links = [attach(2, node), attach(3, node, sends=False), flow(3, credit)]
        asked = [transfer(2, number, peek) for number in range(1, 301)]
        bus.say(*proven, *links, *asked)


def requests_without_a_token(bus: Attacked) -> None:
    """Send 200 token requests of nothing but brackets on each of 20 connections at once."""
    pairs = encode.mapping([b"\xa1\x00", NULL] * 6_000)
    content = b"\x00\x53\x74" + pairs + b"\x00\x53\x77" + encode.string("no token")
    settled = (ZERO, encode.boolean(True))
    asked = b"".join(
        frame(TRANSFER, ZERO, encode.uint(n), encode.binary(b"t"), *settled, payload=content)
        for n in range(200)
    )
    links = attach(0, "$cbs") + attach(1, "$cbs", sends=False)
    with ThreadPoolExecutor(20) as pool:
        for _ in range(20):
            pool.submit(bus.say, links, asked)


def connections_without_a_token(bus: Attacked) -> None:
    """Open 400 connections that say hello."""
    for _ in range(400):
        bus.say()


ATTACKS: Mapping[str, Callable[[Attacked], None]] = {
    each.__name__: each
    for each in (
        freezing_frames,
        links_without_a_token,
        transfers_on_refused_links,
        links_with_long_filters,
        attaches_with_long_addresses,
        sessions_without_a_token,
        peeks_without_credit,
        requests_without_a_token,
        connections_without_a_token,
    )
}


@pytest.fixture
def attacked(tmp_path: Path) -> Iterator[Attacked]:
    """Return a bus for one attack only, so that no attack sees another's remains."""
    with Process(tmp_path) as bus:
        attacked = Attacked(bus, tmp_path)
        ask(bus.port)
        yield attacked
        attacked.connections.close()


def ask(port: int) -> None:
    """Put a token and open a link, as another client."""
    with Peer(port, timeout=_NEVER) as peer:
        peer.put_as("owner", "others")
        peer.sender("others")


@contextmanager
def others(port: int) -> Iterator[list[float]]:
    """Yield the seconds of another client's requests meanwhile, and of one after the attack."""
    waits: list[float] = []
    over = threading.Event()

    def go_on() -> None:
        while True:
            last, started = over.is_set(), time.monotonic()
            try:
                ask(port)
                waits.append(time.monotonic() - started)
            except Exception:
                waits.append(float("inf"))
            if last:
                return

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_takes_little_memory_and_others_go_on(attacked: Attacked, name: str) -> None:
    memory, audit = attacked.memory, attacked.audit
    with others(attacked.bus.port) as waits:
        ATTACKS[name](attacked)
    grown, written = attacked.memory - memory, attacked.audit - audit
    print(f"\n{name}: +{grown:.1f} MB, audit +{written:.2f} MB, others {max(waits):.2f} s at most")
    assert grown < _MOST_MEMORY
    assert written < _MOST_AUDIT
    assert max(waits) < _NEVER
