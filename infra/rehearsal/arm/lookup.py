"""Lookup of a template's resources by symbol, id, name, or loop."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.rehearsal.arm.instances import Instance


class Lookup:
    """The resources of one template, by every name that a dependsOn or a reference may use.

    https://learn.microsoft.com/azure/azure-resource-manager/templates/resource-dependency#dependson
    """

    def __init__(self, instances: Sequence["Instance"]) -> None:
        self._found: dict[str, list[Instance]] = {}
        for each in instances:
            for name in dict.fromkeys(_names(each)):
                self._found.setdefault(name, []).append(each)

    def find(self, name: str) -> Sequence["Instance"]:
        """Return the resources of a symbol, id, name or loop, which may be several."""
        return self._found.get(_plain(name), ())


def _plain(name: str) -> str:
    return name.strip("/").lower()


def _names(instance: "Instance") -> Iterable[str]:
    # A loop's name stands for all of its turns, as its symbol does.
    if instance.declared.symbol:
        yield _plain(instance.declared.symbol)
        if instance.declared.turn is not None:
            yield f"{_plain(instance.declared.symbol)}[{instance.declared.turn}]"
    if instance.declared.loop:
        yield _plain(instance.declared.loop)
    yield _plain(instance.id)
    name = str(instance.name)
    yield _plain(name)
    # Without its place: as in Microsoft.Sql/servers/mine/databases/its, or type and whole name.
    _, mark, relative = instance.id.rpartition("/providers/")
    if mark:
        yield _plain(relative)
    yield _plain(f"{instance.type}/{name}")
