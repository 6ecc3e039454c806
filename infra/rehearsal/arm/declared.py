"""A resource as a template declares it, with its name and id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.rehearsal.arm.errors import RefusedError
from infra.rehearsal.arm.frames import Frame
from infra.rehearsal.arm.places import Identity, identity
from infra.rehearsal.values import Unknown

if TYPE_CHECKING:
    from infra.rehearsal.arm.templates import Template


@dataclass(frozen=True, eq=False)
class Declared:
    """One resource of a template, or one turn of a loop of them."""

    template: "Template"
    raw: Mapping[str, Any]
    frame: Frame
    symbol: str = ""
    loop: str = ""
    turn: int | Unknown | None = None

    @property
    def type(self) -> str:
        """The type as it is written, which for a child in its parent is the end of the whole."""
        # A type that is no resource of Azure contains its version.
        return str(self.raw.get("type", "")).partition("@")[0]

    @property
    def where(self) -> str:
        """Its label before its name is evaluated."""
        return f"{self.template.where}, {self.symbol or self.type}"

    def name(self) -> str | Unknown:
        """Evaluate its name. Raises TooMuchError."""
        frame = self.frame.within(where=self.where)
        found = self.template.work.evaluator.value(self.raw.get("name"), frame)
        if isinstance(found, str | Unknown):
            return found
        return str(found) if isinstance(found, int) else self.symbol

    def key(self, kind: str, name: str | Unknown) -> str:
        """Return its key, unique in the plan unless a resource is declared twice."""
        last = self.symbol or (str(name) if _nests(kind) else f"{kind.rpartition('/')[2]}:{name}")
        if self.turn is not None and self.symbol:
            last += f"[{'*' if isinstance(self.turn, Unknown) else self.turn}]"
        return "/".join((*self.template.path, last))

    def identity(self, kind: str, name: str | Unknown) -> Identity:
        """Return its id, from its full type and name. Raises TooMuchError."""
        other = self.raw.get("extension", self.raw.get("import"))
        if other is not None:
            return Identity(f"{other}:{self.where}", kind, "")
        nested = _nests(kind)
        place = self.template.place_of(self.raw, self.frame) if nested else self.template.place
        try:
            return identity(place, kind, str(name), "" if nested else self._extended())
        except RefusedError as error:
            if not isinstance(name, Unknown):
                self.template.work.refuse(self.where, error)
            return Identity(f"{place.id}/providers/{kind}/{name}", kind, place.id)

    def _extended(self) -> str:
        scope = self.template.work.evaluator.value(self.raw.get("scope"), self.frame)
        text = "" if scope is None else str(scope)
        # Relative to the place, as in Microsoft.Storage/storageAccounts/mine; "/" is the tenant.
        if not text or text.startswith("/") or isinstance(scope, Unknown):
            return text
        provider, *rest = text.split("/")
        try:
            kind = "/".join((provider, *rest[::2]))
            return identity(self.template.place, kind, "/".join(rest[1::2])).id
        except RefusedError:
            return f"{self.template.place.id}/providers/{text}"


def _nests(kind: str) -> bool:
    return kind.lower() == "microsoft.resources/deployments"
