"""Tokens on a connection: accepted or refused, the addresses they cover, their end."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AzureSasCredential
from azure.servicebus import ServiceBusMessage
from azure.servicebus.exceptions import ServiceBusError
from joserfc.jwk import RSAKey
from proton import Message
from proton.utils import LinkDetached

from sandbox.audit import Outcome
from sandbox.entra import VAULT, Issuer, SigningKey
from sandbox.servicebus import Limits
from tests.sandbox.servicebus.harness import Credential, Running, signing_key
from tests.sandbox.servicebus.peer import HOST, Peer, is_closed, lock_tokens, refusal
from tests.sandbox.servicebus.raw import FLOW, Raw, put_token, transfer
from tests.sandbox.servicebus.world import PRINCIPALS, TENANT

OWNER = PRINCIPALS["owner"]


@pytest.fixture
def peer(bus: Running) -> Iterator[Peer]:
    """Return a new connection."""
    with Peer(bus.plain_port) as peer:
        yield peer


def issued(
    key: SigningKey | None = None, tenant: str = TENANT, ago: float = 0, **options: object
) -> str:
    """Return a token for the owner, of another issuer or from another time if given."""
    issuer = Issuer(key or signing_key(), tenant, lambda: time.time() - ago)
    audience = str(options.get("audience", "https://servicebus.azure.net"))
    return issuer.issue(OWNER, audience, lifetime=3600).text


def test_half_of_the_credit_is_used_before_a_client_gets_more(bus: Running) -> None:
    """Azure's SDK waits for 50 ms after each frame while it opens a connection."""
    token = issued()
    with Raw(bus) as client:
        client.open_cbs()
        assert client.hear(FLOW).fields[5:7] == [0, 100]  # delivery-count, link-credit
        client.say(*(transfer(0, number, put_token(token)) for number in range(50)))
        assert client.hear(FLOW).fields[5:7] == [50, 100]


def stranger_key() -> SigningKey:
    return SigningKey.of(RSAKey.generate_key(2048))


def altered(token: str) -> str:
    """Return the token with another principal in it, under the old signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["oid"] = PRINCIPALS["stranger"].principal_id
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return ".".join((header, forged, signature))


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "expired": (lambda: issued(ago=7200), "ExpiredToken: The token is expired."),
    "not yet valid": (lambda: issued(ago=-3600), "InvalidToken: The token is not yet valid."),
    "of a stranger's key": (
        lambda: issued(key=stranger_key()),
        "InvalidSignature: The token has an invalid signature.",
    ),
    "altered": (
        lambda: altered(issued()),
        "InvalidSignature: The token has an invalid signature.",
    ),
    "for the vault": (
        lambda: issued(audience=VAULT),
        "InvalidAudience: The authorization header contains a token with a wrong audience.",
    ),
    "of another tenant": (
        lambda: issued(tenant="other"),
        "InvalidIssuer: Token issuer is invalid. TrackingId:",
    ),
    "no token": (lambda: "x", "Malformed authorization token. TrackingId:"),
    "nothing": (lambda: "", "Malformed authorization token. TrackingId:"),
}


UNKNOWN_TYPE = (
    "Property 'type' in the 'application-properties' section is either missing, has the wrong "
    "type, or has an unexpected value."
)


@pytest.mark.parametrize("case", REFUSED)
def test_a_token_that_proves_nothing_is_refused_in_azures_words(
    bus: Running, peer: Peer, case: str
) -> None:
    make, words = REFUSED[case]
    reply = peer.put(make())
    assert (reply.code, reply.description[: len(words)]) == (401, words)
    assert "TrackingId:" in reply.description
    assert bus.records()[-1].outcome is Outcome.REFUSED
    with pytest.raises(LinkDetached):
        peer.receiver("orders")


@pytest.mark.parametrize("kind", ["", "jwts", "aad", "amqp:swt", "servicebus.windows.net"])
def test_a_token_of_an_unknown_type_is_a_bad_request(bus: Running, peer: Peer, kind: str) -> None:
    reply = peer.put(issued(), kind=kind)
    assert (reply.code, reply.description) == (400, UNKNOWN_TYPE)
    assert bus.records()[-1].reason == "a token of an unknown type"
    assert peer.put(issued(), kind="JWT").code == 202


@pytest.mark.parametrize("kind", [{}, {"type": 5}, {"type": None}, {"type": ["jwt"]}])
def test_a_type_is_not_guessed(peer: Peer, kind: dict[str, Any]) -> None:
    properties = {"operation": "put-token", "name": f"sb://{HOST}/orders"}
    reply = peer.ask("$cbs", properties | kind, issued())
    assert (reply.code, reply.description) == (400, UNKNOWN_TYPE)


def test_a_shared_access_signature_is_refused(peer: Peer) -> None:
    signature = "SharedAccessSignature sr=x&sig=y&se=1&skn=RootManageSharedAccessKey"
    reply = peer.put(signature, kind="servicebus.windows.net:sastoken")
    assert reply.code == 401
    assert reply.description.startswith("LocalAuthDisabled: ")


def test_the_sdks_shared_access_signature_is_refused_for_what_it_is(bus: Running) -> None:
    """The SDK puts it with the type of a JWT."""
    signature = f"SharedAccessSignature sr=x&sig=y&se={int(time.time()) + 600}&skn=z"
    by_key: Any = AzureSasCredential(signature)
    with bus.client("owner", credential=by_key) as client, pytest.raises(ServiceBusError) as error:
        client.get_queue_receiver("orders").peek_messages()
    assert "LocalAuthDisabled: " in str(error.value.inner_exception)
    assert bus.records()[-1].reason == "a shared access signature"


def test_a_token_without_a_role_is_taken_and_refused_at_the_link(bus: Running, peer: Peer) -> None:
    assert peer.put_as("stranger").code == 202
    with pytest.raises(LinkDetached) as error:
        peer.receiver("orders")
    assert refusal(error.value)[0] == "amqp:unauthorized-access"
    assert bus.records()[-1].outcome is Outcome.DENIED
    assert "Azure Service Bus Data Receiver" in bus.records()[-1].missing


@pytest.mark.parametrize("address", ["orders", "orders/$management", "nowhere", ""])
def test_before_a_token_only_cbs_is_usable(peer: Peer, address: str) -> None:
    for attach in (peer.sender, peer.receiver):
        with pytest.raises(LinkDetached) as error:
            attach(address)
        assert refusal(error.value)[0] == "amqp:unauthorized-access"


@pytest.mark.parametrize(
    ("audience", "covers"),
    [
        (f"sb://{HOST}/orders", True),
        (f"amqps://{HOST}/ORDERS/", True),
        (f"sb://{HOST}", True),
        (f"sb://{HOST}/others", False),
        (f"sb://{HOST}/orders/$management", False),
    ],
)
def test_a_token_covers_its_audience_and_what_lies_below(
    peer: Peer, audience: str, *, covers: bool
) -> None:
    assert peer.put_as("owner", audience).code == 202
    if covers:
        peer.receiver("orders")
        peer.receiver("orders/$DeadLetterQueue")
    else:
        with pytest.raises(LinkDetached, match="No token was put for this resource"):
            peer.receiver("orders")


def test_a_token_for_another_host_is_refused(peer: Peer) -> None:
    assert peer.put_as("owner", "sb://other.servicebus.windows.net/orders").code == 404
    peer.put_as("owner", f"sb://{HOST}")
    with pytest.raises(LinkDetached, match="could not be found"):
        peer.receiver("amqps://other.servicebus.windows.net/orders")


def test_a_token_is_good_on_its_own_connection_only(bus: Running, peer: Peer) -> None:
    peer.put_as("owner", "orders")
    with Peer(bus.plain_port) as other, pytest.raises(LinkDetached):
        other.receiver("orders")


def test_another_principals_token_ends_the_links_that_it_does_not_allow(
    bus: Running, peer: Peer
) -> None:
    peer.put_as("orders-receiver", "orders")
    peer.put_as("others-receiver", "others")
    mine, other = peer.receiver("orders"), peer.receiver("others")
    with pytest.raises(LinkDetached):
        peer.put_as("orders-sender", "orders")
    condition = peer.wait_for_end(mine)
    assert condition.name == "amqp:link:detach-forced"
    assert "Code: RenewToken. Details: Unauthorized access. 'Listen' claim(s)" in (
        condition.description
    )
    assert "Resource: 'sb://sb-test.servicebus.windows.net/orders'.. TrackingId:" in (
        condition.description
    )
    last = bus.records()[-1]
    assert (last.operation, last.outcome, last.identity) == (
        "RenewToken",
        Outcome.DENIED,
        "orders-sender",
    )
    assert not is_closed(other)


def test_a_renewed_token_keeps_its_links_and_is_on_record(bus: Running, peer: Peer) -> None:
    peer.put_as("orders-receiver", "orders")
    receiver = peer.receiver("orders")
    before = len(bus.records())
    peer.put_as("orders-receiver", "orders")
    (record,) = bus.records()[before:]
    assert (record.operation, record.outcome) == ("RenewToken", Outcome.ALLOWED)
    peer.put("not a token", "orders")
    assert not is_closed(receiver)


def sender_by_a_short_token(peer: Peer) -> Any:
    """Attach before the token has expired: a busy machine takes longer than one second."""
    for path, lifetime in (("orders", 1), ("Orders", 5), ("oRders", 25)):
        peer.put_as("orders-sender", "orders", lifetime=lifetime)
        with suppress(LinkDetached):
            return peer.sender(path)
    raise AssertionError("no token lived long enough")


def test_an_expired_token_ends_the_links_that_live_by_it_and_no_other(peer: Peer) -> None:
    peer.put_as("owner", "others")
    other, mine = peer.sender("others"), sender_by_a_short_token(peer)
    condition = peer.wait_for_end(mine)
    assert condition.name == "amqp:link:detach-forced"
    assert "Code: RenewToken. Details: Unauthorized access. 'Send' claim(s)" in (
        condition.description
    )
    assert not is_closed(other)
    with pytest.raises(LinkDetached, match="No token was put"):
        peer.sender("ORDERS")  # under another name, since proton names links by their addresses


def test_the_sdk_renews_its_token_in_time_and_the_link_lives(bus: Running) -> None:
    credential = Credential(OWNER)
    with bus.client("owner", credential=credential) as client:
        with client.get_queue_sender("orders") as sender:
            sender.send_messages(ServiceBusMessage("a"))
            handler: Any = sender._handler
            handler._cbs_authenticator._refresh_window = 3600
            sender.send_messages(ServiceBusMessage("b"))
        assert credential.asked == 2
        assert bus.records()[-1].operation == "RenewToken"
        with client.get_queue_receiver("orders", receive_mode="receiveanddelete") as receiver:
            got = receiver.receive_messages(max_message_count=2, max_wait_time=5)
            assert [str(each) for each in got] == ["a", "b"]


def test_the_sdk_reports_an_expired_token(bus: Running) -> None:
    credential = Credential(OWNER, issuer=Issuer(signing_key(), TENANT, lambda: time.time() - 7200))
    with (
        bus.client("owner", credential=credential) as client,
        pytest.raises(ServiceBusError) as error,
    ):
        client.get_queue_receiver("orders").receive_messages(max_wait_time=1)
    assert "ExpiredToken: The token is expired" in str(error.value.inner_exception)


def test_one_links_right_is_not_anothers(bus: Running, peer: Peer) -> None:
    """A lock token of one queue settles nothing through the `$management` of another."""
    peer.put_as("owner", "orders")
    peer.put_as("others-receiver", "others")
    peer.sender("orders").send(Message("x"))
    receiver = peer.receiver("orders")
    receiver.receive()
    delivery = receiver.fetcher.unsettled[0]
    body = {"disposition-status": "completed", "lock-tokens": lock_tokens(delivery)}
    request = {"operation": "com.microsoft:update-disposition"}
    reply = peer.ask("others/$management", request, body)
    assert (reply.code, reply.condition) == (410, "com.microsoft:message-lock-lost")
    assert bus.held()["queues/orders"] == 1
    assert peer.ask("orders/$management", request, body).code == 200
    assert bus.held()["queues/orders"] == 0


def test_management_decides_each_action(bus: Running, peer: Peer) -> None:
    peer.put_as("orders-sender", "orders")
    peek = {"operation": "com.microsoft:peek-message"}
    body = {"from-sequence-number": 1, "message-count": 1}
    reply = peer.ask("orders/$management", peek, body)
    assert (reply.code, reply.condition) == (401, "amqp:unauthorized-access")
    assert "'Listen' claim(s)" in reply.description
    peer.put_as("orders-receiver", "orders")
    assert peer.ask("orders/$management", peek, body).code == 204
    reply = peer.ask("orders/$management", {"operation": "com.microsoft:schedule-message"}, {})
    assert (reply.code, reply.condition) == (401, "amqp:unauthorized-access")


def test_a_connection_that_proves_nothing_is_closed(tmp_path: Path) -> None:
    with Running(tmp_path, limits=Limits(token_wait=0.5)) as bus, Peer(bus.plain_port) as peer:
        peer.put("not a token")
        condition = peer.wait_for_close()
        assert condition.name == "amqp:connection:forced"
        assert "No valid token" in condition.description


def test_idle_links_and_unused_connections_are_ended(tmp_path: Path) -> None:
    limits = Limits(link_idle=0.5, connection_idle=2)
    with Running(tmp_path, limits=limits) as bus, Peer(bus.plain_port) as peer:
        peer.put_as("owner", "orders")
        condition = peer.wait_for_end(peer.receiver("orders"))
        assert condition.name == "amqp:link:detach-forced"
        assert "IdleTimerExpired: Idle timeout: 00:00:00" in condition.description
        condition = peer.wait_for_close()
        assert condition.name == "amqp:connection:forced"
        assert "is closed by container 'LinkTracker'" in condition.description
