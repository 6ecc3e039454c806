import pytest

from sandbox.edge.host_header import Names, host_error

TUNNEL = Names(frozenset({"v.vault.azure.net"}), "443", {"store.blob.core.windows.net"})
PLAIN = Names(frozenset({"127.0.0.1", "localhost"}))


@pytest.mark.parametrize(
    "host", ["v.vault.azure.net", "V.VAULT.azure.net", "v.vault.azure.net:443"]
)
@pytest.mark.parametrize("target", ["/", "//a/../b%2F?x=#".rstrip("#"), "/?a=/b"])
def test_a_request_for_the_tunnels_own_host_is_served(target: str, host: str) -> None:
    assert host_error(target, [host], TUNNEL) is None


@pytest.mark.parametrize(
    ("status", "target", "hosts"),
    [
        (421, "/", ["store.blob.core.windows.net"]),
        (421, "/", ["Store.blob.core.windows.net:443"]),
        (400, "/", ["example.com"]),
        (400, "/", ["v.vault.azure.net."]),
        (400, "/", ["v.vault.azure.net:80"]),
        (400, "/", ["v.vault.azure.net:443:443"]),
        (400, "/", ["v.vault.azure.net, v.vault.azure.net"]),
        (400, "/", ["me@v.vault.azure.net"]),
        (400, "/", ["https://v.vault.azure.net"]),
        (400, "/", ["v.vault.azure.net/a"]),
        (400, "/", [""]),
        (400, "/", []),
        (400, "/", ["v.vault.azure.net", "v.vault.azure.net"]),
        (400, "https://v.vault.azure.net/", ["v.vault.azure.net"]),
        (400, "v.vault.azure.net:443", ["v.vault.azure.net"]),
        (400, "*", ["v.vault.azure.net"]),
        (400, "/a#?comp=list", ["v.vault.azure.net"]),
    ],
)
def test_any_other_is_not(status: int, target: str, hosts: list[str]) -> None:
    found = host_error(target, hosts, TUNNEL)
    assert found is not None
    assert found[0] == status


def test_loopback_is_known_at_any_port_and_nobody_else_by_name() -> None:
    assert host_error("/", ["localhost:8080"], PLAIN) is None
    assert host_error("/", ["127.0.0.1:80"], PLAIN) is None
    assert host_error("/", ["rebound.example:8080"], PLAIN) is not None
