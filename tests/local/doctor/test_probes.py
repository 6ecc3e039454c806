"""The probes of rights on Service Bus, through a proxy that is slow to open a connection."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from local.doctor.examine import acting, open_credential
from local.probes import Endpoints, Missing, Prober
from local.rights import RECEIVE, SEND, Right
from tests.local.doctor.ward import Ward

ALLOWED = {SEND: "gateway", RECEIVE: "thumbnailer"}
DENIED = {SEND: "thumbnailer", RECEIVE: "gateway"}


@dataclass
class SlowProxy:
    """Passes connections on to the sandbox's proxy, and leaves the first `silent` unanswered."""

    silent: int
    behind: tuple[str, int]
    accepted: list[socket.socket] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):  # the test has closed the listener
            while True:
                client, _ = listener.accept()
                self.accepted.append(client)
                if len(self.accepted) > self.silent:
                    server = socket.create_connection(self.behind)
                    for ends in ((client, server), (server, client)):
                        threading.Thread(target=copy, args=ends, daemon=True).start()


def copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError), target:
        while chunk := source.recv(65536):
            target.sendall(chunk)


@contextmanager
def slow_proxy(silent: int, behind: str) -> Iterator[tuple[SlowProxy, str]]:
    """Listen; yield the proxy and its address."""
    at = urlsplit(behind)
    assert at.hostname
    assert at.port
    proxy = SlowProxy(silent, (at.hostname, at.port))
    with ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=proxy.serve, args=(listener,), daemon=True)
        thread.start()
        yield proxy, f"http://127.0.0.1:{listener.getsockname()[1]}"
        for each in proxy.accepted:
            stack.callback(each.close)


Probe = Callable[[str, str, int], tuple[Missing | None, int]]


@pytest.fixture
def probe(ward: Ward) -> Probe:
    """Probe an action as a service through a proxy that ignores some connections.

    The probe returns the right if it is missing, and the number of connections.
    """

    def probe(action: str, who: str, silent: int) -> tuple[Missing | None, int]:
        variables, bus = ward.variables(who), ward.deployment.bus
        right = Right("any", f"{bus.id}/queues/photo-uploads", (action,), ())
        with slow_proxy(silent, variables["HTTPS_PROXY"]) as (proxy, address):
            through = variables | {"HTTPS_PROXY": address}
            with acting(through), closing(open_credential(through)) as credential:
                missing = Prober(credential, Endpoints("", "", bus.host)).missing(right)
        return missing, len(proxy.accepted)

    return probe


@pytest.mark.parametrize("action", [SEND, RECEIVE])
def test_a_connection_that_opens_late_is_tried_again(probe: Probe, action: str) -> None:
    missing, connections = probe(action, ALLOWED[action], 1)
    assert missing is None
    assert connections >= 2


@pytest.mark.parametrize("action", [SEND, RECEIVE])
def test_a_refusal_after_a_late_connection_stays_one(probe: Probe, action: str) -> None:
    missing, connections = probe(action, DENIED[action], 1)
    assert missing is not None
    assert missing.refused
    assert connections >= 2


@pytest.mark.parametrize("action", [SEND, RECEIVE])
def test_a_proxy_that_never_answers_is_given_up(probe: Probe, action: str) -> None:
    missing, connections = probe(action, ALLOWED[action], 1000)
    assert missing is not None
    assert (missing.refused, connections) == (False, 3)
    assert "timed out" in missing.why
