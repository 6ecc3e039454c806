"""Functions of address ranges.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-cidr
"""

from collections.abc import Mapping
from ipaddress import ip_network

from infra.rehearsal.arm.function import Function


def _parse(text: str) -> dict[str, str | int]:
    network = ip_network(text, strict=False)
    few = network.num_addresses <= 2
    first = network.network_address if few else network.network_address + 1
    last = network.broadcast_address if few else network.broadcast_address - 1
    found: dict[str, str | int] = {
        "network": str(network.network_address),
        "netmask": str(network.netmask),
    }
    if network.version == 4:
        found["broadcast"] = str(network.broadcast_address)
    found |= {"firstUsable": str(first), "lastUsable": str(last), "cidr": network.prefixlen}
    return found


def _subnet(text: str, length: int, number: int) -> str:
    network = ip_network(text, strict=False)
    bits = length - network.prefixlen
    if not 0 <= bits <= network.max_prefixlen - network.prefixlen or not 0 <= number < 2**bits:
        raise ValueError(f"{text} has no subnet {number} of length {length}")
    size = 2 ** (network.max_prefixlen - length)
    return f"{network.network_address + number * size}/{length}"


def _host(text: str, number: int) -> str:
    network = ip_network(text, strict=False)
    if not 0 <= number < max(network.num_addresses - 2, 1):
        raise ValueError(f"{text} has no host {number}")
    return str(network.network_address + number + 1)


ADDRESSES: Mapping[str, Function] = {
    "cidrhost": Function(_host),
    "cidrsubnet": Function(_subnet),
    "parsecidr": Function(_parse),
}
