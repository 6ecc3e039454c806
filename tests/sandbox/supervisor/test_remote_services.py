import asyncio
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from sandbox.edge import Address
from sandbox.edge.listener import Listener
from sandbox.handover import as_exports, beside_a_proxy
from sandbox.state import State
from sandbox.supervisor.environment import kept_headers, new_headers
from sandbox.supervisor.remote_services import PORTS, AddressError, RemoteServices, keep_ports
from tests.conftest import keyless


async def _nothing(_: socket.socket) -> None:
    """Accept no connection."""


def called(name: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `name` lead to `address`, as a container's hosts file does."""

    def found(asked: str, *_: object) -> list[tuple[object, ...]]:
        assert asked == name
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize("address", ["172.18.0.2", "10.0.0.7", "192.168.1.3", "127.0.0.1"])
def test_a_name_in_a_private_network_is_listened_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    called("sandbox", address, monkeypatch)
    assert RemoteServices.reached_by("sandbox", tmp_path).name == "sandbox"


@pytest.mark.parametrize("address", ["8.8.8.8", "0.0.0.0"])  # noqa: S104
def test_a_public_address_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    called("sandbox", address, monkeypatch)
    with pytest.raises(AddressError, match=f"sandbox is {address}, which is not a private address"):
        RemoteServices.reached_by("sandbox", tmp_path)


def test_a_name_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AddressError, match=r"nowhere\.invalid is not a name of this machine"):
        RemoteServices.reached_by("nowhere.invalid", tmp_path)


def pems(folder: Path) -> Path:
    """Return the sandbox's authority, beside the file of all that are trusted."""
    (folder / "trust.pem").write_text("the machine's and the sandbox's")
    authority = folder / "ca.pem"
    authority.write_text("certificate")
    return authority


def test_what_a_service_has_to_know_is_for_its_owners_eyes_alone(tmp_path: Path) -> None:
    authority = pems(tmp_path)
    there = RemoteServices("sandbox", tmp_path)
    for _ in range(2):  # a second start writes over the first one's
        there.hand_over("gateway", authority, {"settings": {"NAME": "it's $HOME"}})
    files = list((tmp_path / "gateway").iterdir())
    assert {each.name for each in files} == {
        "ca.pem",
        "names.json",
        "settings",
        "sitecustomize.py",
        "trust.pem",
    }
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o400}
    assert stat.S_IMODE((tmp_path / "gateway").stat().st_mode) == 0o700
    assert there.authority("gateway").read_text() == "certificate"
    assert there.trust("gateway").read_text() == "the machine's and the sandbox's"


def test_a_shell_reads_each_value_as_it_was_written(tmp_path: Path) -> None:
    authority = pems(tmp_path)
    value = """it's "$HOME" and `id`\nand a line"""
    RemoteServices("sandbox", tmp_path).hand_over(
        "gateway", authority, {"settings": {"NAME": value}}
    )
    script = f". {tmp_path}/gateway/settings; printenv NAME"
    assert (
        subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
        == f"{value}\n"
    )


COMPANYS = dict.fromkeys(
    ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"),
    "http://proxy.example:3128",
) | {"no_proxy": "example"}


def sourced(lines: str) -> dict[str, str]:
    """Return the proxies of a shell in a company's container after it has sourced `lines`."""
    command = ["sh", "-ec", f"{lines}\nenv"]
    said = subprocess.run(command, env=COMPANYS, capture_output=True, text=True, check=True).stdout
    found = dict(line.split("=", 1) for line in said.splitlines())
    return {name: value for name, value in found.items() if name.lower().endswith("_proxy")}


def test_a_proxy_of_dockers_own_settings_does_not_lead_past_the_sandbox() -> None:
    ours = {"HTTPS_PROXY": "http://sandbox:8443", "NO_PROXY": "127.0.0.1"}
    assert sourced(as_exports(ours)) == ours
    assert sourced(as_exports({"NAME": "x"})) == COMPANYS


def test_a_companys_proxy_is_for_azure_and_not_for_what_gives_tokens() -> None:
    found = sourced(beside_a_proxy("azure-identity"))
    beside = dict.fromkeys(("NO_PROXY", "no_proxy"), "example,azure-identity,127.0.0.1,localhost")
    assert found == COMPANYS | beside


def test_a_second_sandbox_takes_other_ports_and_keeps_them(tmp_path: Path) -> None:
    state, there = State.open(tmp_path), RemoteServices("sandbox", tmp_path)
    first = there.listen_address(state)
    assert (first.identity_port, first.proxy_port, first.fallback) == (42356, 8443, True)
    assert (first.https_port, first.amqps_port) == (443, 5671)
    keep_ports(state, 50001, 50002)  # as where the two were taken
    again = there.listen_address(state)
    assert (again.identity_port, again.proxy_port, again.fallback) == (50001, 50002, False)


@pytest.mark.parametrize("content", ["{", "3", '{"identity": 1}', '{"identity": 1, "proxy": "x"}'])
def test_ports_that_cannot_be_read_are_no_new_ones(tmp_path: Path, content: str) -> None:
    state = State.open(tmp_path)
    (tmp_path / PORTS).write_text(content)
    with pytest.raises(ValueError, match=r"listen-ports\.json is broken.*need a restart"):
        RemoteServices("sandbox", tmp_path).listen_address(state)


def test_a_port_that_is_taken_is_another_or_an_error() -> None:
    async def run() -> None:
        first, second, third = (Listener(_nothing) for _ in range(3))
        port = first.start()
        assert second.start(port, fallback=True) != port
        with pytest.raises(OSError, match="in use"):
            third.start(port)
        await asyncio.gather(first.stop(), second.stop())

    asyncio.run(run())


def test_a_service_listens_where_its_image_says() -> None:
    assert RemoteServices("sandbox", Path()).service_address("catalog") == Address(8000, "catalog")


def test_headers_that_were_handed_over_outlive_a_run(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    first = kept_headers(state, ["gateway", "catalog"])
    again = kept_headers(state, ["gateway", "catalog", "notifier"])
    assert again == {**first, "notifier": again["notifier"]}
    assert len(set(again.values())) == 3
    assert new_headers(["gateway"]) != new_headers(["gateway"])


@pytest.mark.parametrize("content", ["{", "3", '["gateway"]'])
def test_headers_that_cannot_be_read_are_no_new_ones(tmp_path: Path, content: str) -> None:
    state = State.open(tmp_path)
    kept_headers(state, ["gateway"])
    (tmp_path / "identity-headers.json").write_text(content)
    with pytest.raises(ValueError, match=r"identity-headers\.json"):
        kept_headers(state, ["gateway"])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--listen", "localhost"], "--listen and --environments go together"),
        (["--environments", "{}"], "--listen and --environments go together"),
        (["--listen", "localhost", "--environments", "{}", "--detach"], "--detach waits"),
        (["--listen", "localhost", "--environments", "{}/none"], "is not a folder"),
        (
            ["--listen", "8.8.8.8", "--environments", "{}"],
            "which is not a private address",
        ),
    ],
)
def test_what_cannot_be_listened_on_is_one_sentence(
    tmp_path: Path, given: list[str], sentence: str
) -> None:
    arguments = [each.format(tmp_path) for each in given]
    done = keyless(tmp_path / "state", "up", *arguments)
    assert done.returncode != 0
    assert done.stderr.startswith("keyless: ")
    assert sentence in " ".join(done.stderr.split())
    assert not os.path.exists(tmp_path / "state" / "lock")
