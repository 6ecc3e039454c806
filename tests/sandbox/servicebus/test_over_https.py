"""The namespace's HTTPS port: AMQP over WebSocket in all its spellings, and nothing else."""

import asyncio
import http.client

import aiohttp
import pytest
from azure.servicebus import TransportType

from tests.sandbox.servicebus.harness import Credential, Running, trust
from tests.sandbox.servicebus.raw import SASL
from tests.sandbox.servicebus.world import PRINCIPALS

PATH = "/$servicebus/websocket"
OVER_HTTPS = TransportType.AmqpOverWebsocket


@pytest.mark.parametrize("path", [PATH, f"{PATH}/"])
@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (["AMQPWSB10"], "AMQPWSB10"),
        (["amqp"], "amqp"),
        (["amqp", "AMQPWSB10"], "amqp"),
        (["mqtt", "amqp"], "amqp"),
        (["mqtt"], None),
        ([], None),
    ],
)
def test_a_websocket_gets_the_subprotocol_that_it_asks_for(
    bus: Running, path: str, asked: list[str], given: str | None
) -> None:
    async def speak() -> tuple[str | None, bytes]:
        url = f"https://127.0.0.1:{bus.ports[OVER_HTTPS]}{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, ssl=trust(), protocols=asked) as socket,
        ):
            await socket.send_bytes(SASL)
            return socket.protocol, (await socket.receive_bytes(timeout=30))[:8]

    assert asyncio.run(speak()) == (given, SASL)


def asked(bus: Running, method: str, path: str, token: str) -> tuple[int, bytes]:
    """Return the status and the body of a request."""
    connection = http.client.HTTPSConnection("127.0.0.1", bus.ports[OVER_HTTPS], context=trust())
    connection.request(method, path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/"), ("GET", PATH), ("DELETE", "/$Resources/queues")),
        *(("POST", "/orders/messages"), ("DELETE", "/orders/messages/head/")),
    ],
)
def test_another_api_is_refused_with_a_sentence_and_on_record(
    bus: Running, method: str, path: str
) -> None:
    token = Credential(PRINCIPALS["owner"]).get_token().token
    status, body = asked(bus, method, path, token)
    assert status == 401
    assert b"<Detail>The sandbox does not speak the REST API of messages" in body
    last = bus.records()[-1]
    assert (last.service, last.operation, last.identity) == ("bus", "Administration", "owner")
    assert last.reason == f"the sandbox does not offer {method} over HTTPS"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/"), ("GET", PATH), ("GET", "/a%0Ab")),
        *(("PUT", "/orders"), ("POST", "/orders/messages")),
    ],
)
def test_a_stranger_is_refused_whatever_it_asks_for(bus: Running, method: str, path: str) -> None:
    status, body = asked(bus, method, path, "x")
    assert status == 401
    assert b"<Detail>claim is empty.</Detail>" in body
    last = bus.records()[-1]
    assert (last.operation, last.identity) == ("Administration", "")
    assert last.reason == "the token is not a signed token"


def test_a_token_in_a_path_is_not_on_record(bus: Running) -> None:
    token = Credential(PRINCIPALS["owner"]).get_token().token
    connection = http.client.HTTPSConnection("127.0.0.1", bus.ports[OVER_HTTPS], context=trust())
    connection.request("GET", f"/{token}")
    assert connection.getresponse().status == 401
    connection.close()
    assert token.partition(".")[0] not in bus.records()[-1].reason
