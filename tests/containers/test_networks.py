"""Reachability between containers: the networks of the compose file, as network namespaces."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.state import PROJECT
from tests.containers.compose import SERVICES, compose, services
from tests.containers.networks import OUTSIDE, Networks, ip

PORT = 8000
_LISTEN = f"""
import socket
listener = socket.create_server(("0.0.0.0", {PORT}))
print("listening", flush=True)
while True:
    listener.accept()[0].close()
"""
_REACHED = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def reached(address):
    try:
        socket.create_connection((address, int(sys.argv[1])), timeout=5).close()
    except OSError:
        return False
    return True
addresses = json.load(sys.stdin)
with ThreadPoolExecutor(len(addresses)) as threads:
    print(json.dumps(dict(zip(addresses, threads.map(reached, addresses)))))
"""
_HEARD = """
import asyncio, json, sys
from sandbox.edge.listener import Listener

async def serve(connection):
    await asyncio.get_running_loop().sock_sendall(connection, b"heard")

async def said_at(address, port):
    reader, writer = await asyncio.open_connection(address, port)
    answer = await reader.read()
    writer.close()
    return answer.decode()

async def main():
    listener = Listener(serve)
    port = listener.start(0, "0.0.0.0")
    print(json.dumps({address: await said_at(address, port) for address in sys.argv[1:]}))
    await listener.stop()

asyncio.run(main())
"""

Reached = Mapping[str, set[str]]


@pytest.fixture(scope="module", params=["", "azure"], ids=["sandbox", "azure"])
def networks(request: pytest.FixtureRequest, as_root: None) -> Iterator[Networks]:
    found = services(request.param)
    members = {name: each["networks"] for name, each in found.items()}
    with Networks(compose()["networks"], members).up() as made:
        yield made


@pytest.fixture(scope="module")
def reached(networks: Networks) -> Iterator[Reached]:
    """Return the containers that each reaches, by any of their addresses, and the internet."""
    listeners = [listener(networks, each) for each in ("host", *networks.members)]
    addresses = {
        networks.address(each, network): each
        for each, joined in networks.members.items()
        for network in joined
    } | {OUTSIDE: "outside"}
    addresses |= {networks.hosts_address(each): "host" for each in compose()["networks"]}
    try:
        with ThreadPoolExecutor() as threads:
            found = threads.map(lambda each: asked(networks, each, addresses), networks.members)
            yield {each: seen - {each} for each, seen in zip(networks.members, found, strict=True)}
    finally:
        for each in listeners:
            each.kill()
            each.communicate()


def listener(networks: Networks, container: str) -> "subprocess.Popen[str]":
    command = ["ip", "netns", "exec", networks.namespace(container), sys.executable, "-c", _LISTEN]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "listening\n"
    return process


def asked(networks: Networks, container: str, addresses: Mapping[str, str]) -> set[str]:
    command = ["ip", "netns", "exec", networks.namespace(container), sys.executable, "-c", _REACHED]
    done = subprocess.run(
        [*command, str(PORT)],
        input=json.dumps(list(addresses)),
        capture_output=True,
        text=True,
        check=True,
    )
    return {addresses[each] for each, is_reached in json.loads(done.stdout).items() if is_reached}


def test_a_service_reaches_what_gives_it_tokens_and_no_other_service(
    networks: Networks, reached: Reached
) -> None:
    """Nor its host, unless its network leads to Azure."""
    if "sandbox" in networks.members:
        assert reached == {"sandbox": {*SERVICES, "outside", "host"}} | {
            service: {"sandbox"} for service in SERVICES
        }
        return
    beyond = {"outside", "host"}
    expected = {f"azure-{service}": {"azure-identity", *beyond} for service in SERVICES}
    expected["azure-gateway"].add("azure-catalog")
    expected["azure-catalog"].add("azure-gateway")
    assert reached == expected | {"azure-identity": {*expected, *beyond}}


def test_without_isolation_a_service_would_reach_its_host(as_root: None) -> None:
    """An engine before 28 gives the host an address in an internal network, too."""
    closed = {"gateway": {"internal": True}}
    with Networks(closed, {"gateway": ["gateway"]}).up() as networks:
        host = listener(networks, "host")
        try:
            addresses = {networks.hosts_address("gateway"): "host", OUTSIDE: "outside"}
            assert asked(networks, "gateway", addresses) == {"host"}
        finally:
            host.kill()
            host.communicate()


def test_a_service_knows_no_name_but_of_whom_it_reaches(
    networks: Networks, reached: Reached
) -> None:
    for container, found in reached.items():
        names = {line.split()[1] for line in networks.hosts(container).splitlines()}
        assert names - {container, "localhost"} == found - {"outside", "host"}


def test_whoever_comes_to_a_public_address_of_the_sandbox_is_not_heard(as_root: None) -> None:
    """The sandbox listens on every address of its container, and serves none that is public."""
    with Networks(compose()["networks"], {"sandbox": ["front"]}).up() as networks:
        here = networks.namespace("sandbox")
        ip("-n", here, "addr", "add", "8.8.4.4/32", "dev", "lo")
        command = ["ip", "netns", "exec", here, sys.executable, "-c", _HEARD]
        private = networks.address("sandbox", "front")
        done = subprocess.run(
            [*command, "127.0.0.1", private, "8.8.4.4"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
    assert json.loads(done.stdout) == {"127.0.0.1": "heard", private: "heard", "8.8.4.4": ""}
