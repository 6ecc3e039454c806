"""The namespace's HTTPS port: AMQP over WebSocket in all its spellings, and nothing else."""

import asyncio
import http.client
from pathlib import Path

import aiohttp
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.servicebus import TransportType
from azure.servicebus.management import ServiceBusAdministrationClient

from tests.sandbox.servicebus.harness import Credential, Running, authority, trust
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
            return socket.protocol, (await socket.receive_bytes(timeout=5))[:8]

    assert asyncio.run(speak()) == (given, SASL)


def test_the_management_client_is_refused_with_a_sentence_and_on_record(
    bus: Running, tmp_path: Path
) -> None:
    authority().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    client = ServiceBusAdministrationClient(
        f"127.0.0.1:{bus.ports[OVER_HTTPS]}",
        Credential(PRINCIPALS["owner"]),
        connection_verify=str(tmp_path / "ca.pem"),
        retry_total=0,
    )
    with pytest.raises(
        (ClientAuthenticationError, HttpResponseError), match="does not manage"
    ) as error:
        client.get_topic("events")
    assert error.value.status_code == 401
    last = bus.records()[-1]
    assert (last.service, last.operation, last.identity) == ("bus", "Administration", "owner")
    assert last.reason == "the sandbox does not offer GET over HTTPS"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/"), ("GET", PATH), ("GET", "/a%0Ab")),
        *(("PUT", "/orders"), ("POST", "/orders/messages")),
    ],
)
def test_a_stranger_is_refused_with_a_sentence_and_on_record(
    bus: Running, method: str, path: str
) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", bus.ports[OVER_HTTPS], context=trust())
    connection.request(method, path, headers={"Authorization": "Bearer x"})
    answer = connection.getresponse()
    assert answer.status == 401
    assert b"<Detail>The sandbox does not manage Service Bus entities" in answer.read()
    connection.close()
    last = bus.records()[-1]
    assert (last.operation, last.identity) == ("Administration", "")
    assert last.reason == f"the sandbox does not offer {method} over HTTPS"


def test_a_token_in_a_path_is_not_on_record(bus: Running) -> None:
    token = Credential(PRINCIPALS["owner"]).get_token().token
    connection = http.client.HTTPSConnection("127.0.0.1", bus.ports[OVER_HTTPS], context=trust())
    connection.request("GET", f"/{token}")
    assert connection.getresponse().status == 401
    connection.close()
    assert token.partition(".")[0] not in bus.records()[-1].reason
