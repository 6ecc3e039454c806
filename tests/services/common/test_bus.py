"""The bus pattern: the way through a proxy, and a sender that threads share."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme
from azure.core.credentials import AccessToken
from azure.servicebus import TransportType
from azure.servicebus._pyamqp.error import AMQPLinkError, ErrorCondition
from azure.servicebus._pyamqp.sender import SenderLink
from azure.servicebus.exceptions import MessageSizeExceededError, ServiceBusConnectionError

from services.common.bus import Publisher, SendError, await_credit, open_client, proxy_for

NAMESPACE = "example.servicebus.windows.net"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_proxy_the_client_speaks_amqp() -> None:
    assert proxy_for(NAMESPACE) is None
    assert open_client(NAMESPACE, Any)._config.transport_type is TransportType.Amqp  # type: ignore[arg-type]


def test_behind_a_proxy_the_client_speaks_amqp_over_websocket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    config = open_client(NAMESPACE, Any)._config  # type: ignore[arg-type]
    assert config.transport_type is TransportType.AmqpOverWebsocket
    assert config.http_proxy == {"proxy_hostname": "127.0.0.1", "proxy_port": 3128}


def test_a_host_that_the_environment_excepts_needs_no_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", ".windows.net")
    assert proxy_for(NAMESPACE) is None


def test_the_credentials_of_a_proxy_are_passed_on_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:p%40ss@proxy.example.com:8080")
    assert proxy_for(NAMESPACE) == {
        "proxy_hostname": "proxy.example.com",
        "proxy_port": 8080,
        "username": "me",
        "password": "p@ss",
    }


def test_the_client_trusts_what_the_machine_trusts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA().cert_pem
    authority.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context: Any = open_client(NAMESPACE, Any)._config.ssl_context  # type: ignore[arg-type]
    expected = ssl.PEM_cert_to_DER_cert(authority.bytes().decode())
    assert context.get_ca_certs(binary_form=True) == [expected]
    assert context.verify_mode is ssl.CERT_REQUIRED


class Silent:
    """A peer that accepts every connection, answers as asked, and then stays silent."""

    def __init__(self, answer: Callable[[socket.socket], object]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._held: list[object] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._held += [connection, self._answer(connection)]

    def close(self) -> None:
        self._listener.close()


class Anybody:
    """A credential whose token is never verified."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("nobody's", 2**31)


def says_nothing(_: socket.socket) -> None:
    """From the first byte on."""


def opens_a_tunnel(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


def shakes_hands(connection: socket.socket) -> ssl.SSLSocket:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(NAMESPACE).configure_cert(context)
    return context.wrap_socket(connection, server_side=True)


AUTHORITY = trustme.CA()


@pytest.mark.parametrize(
    ("by_proxy", "answer"),
    [
        (False, says_nothing),
        (False, shakes_hands),
        (True, says_nothing),
        (True, opens_a_tunnel),
    ],
)
def test_a_send_ends_while_the_other_end_accepts_the_connection_and_is_silent(
    by_proxy: bool,
    answer: Callable[[socket.socket], object],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with closing(Silent(answer)) as silent:
        if by_proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{silent.port}")
        genuine = socket.create_connection
        here = ("127.0.0.1", silent.port)
        monkeypatch.setattr(socket, "create_connection", lambda _, *rest: genuine(here, *rest))
        client = open_client(NAMESPACE, Anybody())
        publisher = Publisher(lambda: client.get_queue_sender("queue"))
        failed: list[SendError] = []
        thread = threading.Thread(target=lambda: failed.append(error_of(publisher)), daemon=True)
        thread.start()
        thread.join(60)
    assert failed


def error_of(publisher: Publisher) -> SendError:
    with pytest.raises(SendError) as error:
        send(publisher)
    return error.value


class FakeSender:
    """A sender that breaks when two threads use it at once, as the SDK's does."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.sent: list[Any] = []
        self.closed = False
        self._busy = threading.Lock()

    def send_messages(self, message: Any, timeout: float) -> None:
        assert self._busy.acquire(blocking=False), "two threads in one sender"
        try:
            time.sleep(0.002)
            if self.faults:
                raise self.faults.pop(0)
            self.sent.append(message)
        finally:
            self._busy.release()

    def close(self) -> None:
        self.closed = True
        raise ServiceBusConnectionError(message="closing a lost link")


def send(publisher: Publisher, name: str = "one") -> None:
    publisher.send(b"{}", message_id=name, subject="photo.uploaded", content_type="text/plain")


def over(*senders: FakeSender) -> Publisher:
    left = list(senders)
    return Publisher(lambda: left.pop(0))  # type: ignore[arg-type,return-value]


def test_threads_that_post_in_parallel_use_the_sender_one_after_the_other() -> None:
    sender = FakeSender()
    publisher = over(sender)
    names = [str(number) for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: send(publisher, name), names))
    assert sorted(message.message_id for message in sender.sent) == sorted(names)


def test_a_message_carries_its_id_its_type_and_its_content_type() -> None:
    sender = FakeSender()
    send(over(sender))
    [message] = sender.sent
    assert (message.message_id, message.subject) == ("one", "photo.uploaded")
    assert message.content_type == "text/plain"


def test_a_sender_that_was_lost_is_opened_again_and_the_message_sent_again() -> None:
    lost, fresh = FakeSender(), FakeSender()
    publisher = over(lost, fresh)
    send(publisher, "before")
    lost.faults.append(ServiceBusConnectionError(message="detach-forced"))
    send(publisher, "after")
    assert lost.closed
    assert [message.message_id for message in fresh.sent] == ["after"]


@pytest.mark.parametrize("error", [OSError("refused"), ServiceBusConnectionError(message="away")])
def test_a_message_that_a_fresh_link_does_not_take_is_an_error(error: Exception) -> None:
    with pytest.raises(SendError):
        send(over(FakeSender(error), FakeSender()))


def test_an_error_without_words_is_told_by_its_name() -> None:
    with pytest.raises(SendError, match="TimeoutError"):
        send(over(FakeSender(TimeoutError()), FakeSender()))


def test_a_message_that_is_too_large_costs_no_link() -> None:
    sender = FakeSender(MessageSizeExceededError())
    with pytest.raises(SendError):
        send(over(sender))
    assert not sender.closed


def test_nobody_waits_for_ever_behind_a_sender_that_hangs() -> None:
    publisher = Publisher(FakeSender, timeout=0.05)  # type: ignore[arg-type]
    with publisher._lock, pytest.raises(SendError):
        send(publisher)


class FakeAttached:
    """An attached sender whose link hears one of these after a few turns."""

    def __init__(self, credit: int = 0, error: Exception | None = None) -> None:
        self._handler = self._link = self
        self.link_credit = self.current_link_credit = 10_000
        self._credit, self._error = credit, error
        self.turns = 0

    def create_message_batch(self) -> None:
        pass

    def do_work(self) -> bool:
        self.turns += 1
        if self.turns == 3:
            if self._error:
                raise self._error
            self.current_link_credit = self._credit
        return True

    def get_state(self) -> None:
        pass


def test_the_right_to_send_is_proved_when_credit_comes() -> None:
    sender = FakeAttached(credit=1000)
    await_credit(sender)  # type: ignore[arg-type]
    assert sender.turns == 3


def test_the_right_to_send_is_not_proved_by_a_link_that_is_refused_after_its_attach() -> None:
    refused = AMQPLinkError(ErrorCondition.UnauthorizedAccess, description="'Send' claim(s)")
    with pytest.raises(AMQPLinkError):
        await_credit(FakeAttached(error=refused))  # type: ignore[arg-type]


def test_the_sdk_shows_credit_where_it_is_looked_for() -> None:
    make: Any = SenderLink
    link = make(None, 0, "queue", network_trace=False, network_trace_params={})
    link._outgoing_flow = lambda: None
    assert link.current_link_credit == link.link_credit
    link._incoming_flow([None, 100, 0, 100, 0, 0, 50])  # delivery-count 0, link-credit 50
    assert link.current_link_credit == 50
